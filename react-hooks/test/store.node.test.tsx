/** A server render of what a store holds. */
import init, { createStore } from '@aimdb/wasm/store';
import { renderToString } from 'react-dom/server';
import { expect, test } from 'vitest';
import {
  createStoreHooks,
  StoreProvider,
  useField,
  useSelector,
  useStore,
} from '../src/store/index.js';

function Page() {
  const [name] = useStore('form.name');
  const { value, concerns } = useField('form.iban');
  const count = useSelector((state) => Object.keys(state).length);
  return <p>{`${name}, ${value}, ${concerns.label}, ${count}`}</p>;
}

test('shows what the store holds', async () => {
  await init();
  const store = createStore<Record<string, unknown>>({ form: { name: 'Ada', iban: 'AT' } });
  store.register({ concerns: { 'form.iban': { label: { text: 'IBAN of {{form.name}}' } } } });
  const html = renderToString(
    <StoreProvider store={store}>
      <Page />
    </StoreProvider>,
  );
  expect(html).toBe('<p>Ada, AT, IBAN of Ada, 1</p>');
});

test('without its provider a hook says what is missing', () => {
  const { useStoreInstance } = createStoreHooks();
  function Lost() {
    useStoreInstance();
    return null;
  }
  expect(() => renderToString(<Lost />)).toThrow('StoreProvider');
});
