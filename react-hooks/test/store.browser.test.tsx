/** The hooks of a store: what a component shows, and how often it renders. */
import init, {
  createStore,
  createStreamGateway,
  PipelineError,
  type Store,
} from '@aimdb/wasm/store';
import { type ReactNode, StrictMode, useEffect } from 'react';
import { beforeAll, expect, test } from 'vitest';
import { render } from 'vitest-browser-react';
import { createStoreHooks, StoreProvider, useField, useStore } from '../src/store/index.js';

interface Data {
  form: { name: string; iban: string; tags: string[] };
  other: number;
}

const hooks = createStoreHooks<Data>();

beforeAll(() => init());

const data = (): Data => ({ form: { name: 'Ada', iban: '', tags: ['x'] }, other: 0 });

/** Renders below a provider and waits until it stands. */
function show(store: Store<Data>, children: ReactNode) {
  return render(<hooks.StoreProvider store={store}>{children}</hooks.StoreProvider>);
}

/** A component that shows what a hook gives, and counts its renders. */
function counting(useText: () => string) {
  const counter = { renders: 0 };
  function Counted() {
    const text = useText();
    counter.renders += 1;
    return <output>{text}</output>;
  }
  return [Counted, counter] as const;
}

/** Lets React do what it has to do. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

test('useStore shows a value, writes it, and renders for nothing else', async () => {
  const store = createStore(data());
  const setters = new Set<unknown>();
  const [Name, counter] = counting(() => {
    const [name, setName] = hooks.useStore('form.name');
    setters.add(setName);
    return name;
  });
  const screen = await show(store, <Name />);
  await expect.element(screen.getByRole('status')).toHaveTextContent('Ada');
  expect(counter.renders).toBe(1);
  const gateway = createStreamGateway(store);
  store.set('form.name', 'Ada');
  expect(gateway.ingest({ 'form.name': 'Ada', other: 0 })).toBe(0);
  store.set('form.iban', 'AT');
  store.set('other', 1);
  store.set('form', { name: 'Ada', iban: '', tags: [] });
  await settled();
  expect(counter.renders).toBe(1);
  const [set] = setters as Set<(name: string) => void>;
  set?.('Bob');
  await expect.element(screen.getByRole('status')).toHaveTextContent('Bob');
  gateway.ingest({ 'form.name': 'Eve' });
  await expect.element(screen.getByRole('status')).toHaveTextContent('Eve');
  expect([counter.renders, setters.size]).toEqual([3, 1]);
});

test('a transaction of many changes renders once', async () => {
  const store = createStore(data());
  const [Form, counter] = counting(() => {
    const [form] = hooks.useStore('form');
    const [other] = hooks.useStore('other');
    return `${form.name} ${form.iban} ${other}`;
  });
  const screen = await show(store, <Form />);
  store.setMany({ 'form.name': 'Bob', 'form.iban': 'AT', other: 1 });
  await expect.element(screen.getByRole('status')).toHaveTextContent('Bob AT 1');
  expect(counter.renders).toBe(2);
});

test('useField gives value, setter and concerns, the same object until one of them changes', async () => {
  const store = createStore(data());
  store.register({
    concerns: {
      'form.iban': {
        visible: { EXISTS: 'form.name' },
        label: { text: 'IBAN of {{form.name}}' },
        long: { GT: ['form.iban.length', 3] },
      },
    },
  });
  const fields = new Set<unknown>();
  const [Iban, counter] = counting(() => {
    const field = hooks.useField('form.iban');
    fields.add(field);
    return `${field.value}, ${field.concerns.label}, ${field.concerns.visible}`;
  });
  const screen = await show(store, <Iban />);
  const output = screen.getByRole('status');
  await expect.element(output).toHaveTextContent(', IBAN of Ada, true');
  store.setMany({ 'form.name': 'Bob', 'form.iban': 'AT' });
  await expect.element(output).toHaveTextContent('AT, IBAN of Bob, true');
  store.set('other', 1);
  store.set('form.tags', []);
  await settled();
  expect([counter.renders, fields.size]).toEqual([2, 2]);
});

test('useSelector renders when the selection is another, by the equality that is given', async () => {
  const store = createStore(data());
  const selections = new Set<unknown>();
  const [Tags, counter] = counting(() => {
    const tags = hooks.useSelector(
      (state) => state.form.tags.map((tag) => tag.toUpperCase()),
      (before, now) => before.join() === now.join(),
    );
    selections.add(tags);
    return tags.join();
  });
  const screen = await show(store, <Tags />);
  store.set('form.tags', ['X']);
  store.set('other', 1);
  await settled();
  expect([counter.renders, selections.size]).toEqual([1, 1]);
  store.set('form.tags', ['x', 'y']);
  await expect.element(screen.getByRole('status')).toHaveTextContent('X,Y');
  expect([counter.renders, selections.size]).toEqual([2, 2]);
});

test('a path or a store that changes shows the other one, and forgets the first', async () => {
  const [store, another] = [createStore(data()), createStore({ ...data(), other: 7 })];
  const counter = { renders: 0 };
  function Shown({ path }: { path: 'form.name' | 'other' }) {
    const [value] = hooks.useStore(path);
    counter.renders += 1;
    return <output>{value}</output>;
  }
  const page = (shown: Store<Data>, path: 'form.name' | 'other') => (
    <hooks.StoreProvider store={shown}>
      <Shown path={path} />
    </hooks.StoreProvider>
  );
  const screen = await render(page(store, 'form.name'));
  const output = screen.getByRole('status');
  await screen.rerender(page(store, 'other'));
  await expect.element(output).toHaveTextContent('0');
  await screen.rerender(page(another, 'other'));
  await expect.element(output).toHaveTextContent('7');
  const { renders } = counter;
  store.setMany({ 'form.name': 'Bob', other: 1 });
  another.set('form.name', 'Bob');
  await settled();
  expect(counter.renders).toBe(renders);
  another.set('other', 8);
  await expect.element(output).toHaveTextContent('8');
});

test('StrictMode and effects that write lose nothing', async () => {
  const store = createStore(data());
  function Writer() {
    const [other, setOther] = hooks.useStore('other');
    useEffect(() => {
      if (other < 3) setOther(other + 1);
    }, [other, setOther]);
    return <output>{other}</output>;
  }
  const screen = await render(
    <StrictMode>
      <hooks.StoreProvider store={store}>
        <Writer />
      </hooks.StoreProvider>
    </StrictMode>,
  );
  await expect.element(screen.getByRole('status')).toHaveTextContent('3');
  await screen.unmount();
  store.set('other', 9);
  expect(store.get('other')).toBe(9);
  store.dispose();
});

test('a write that is refused throws, and the component stays as it is', async () => {
  const store = createStore<Record<string, unknown>>({ text: 'x' });
  let refused: unknown;
  function Text() {
    const [text] = useStore('text');
    const { set } = useField('text.below');
    return (
      <button
        type="button"
        onClick={() => {
          try {
            set(1);
          } catch (error) {
            refused = error;
          }
        }}
      >
        {String(text)}
      </button>
    );
  }
  const screen = await render(
    <StoreProvider store={store}>
      <Text />
    </StoreProvider>,
  );
  await screen.getByRole('button').click();
  await expect.element(screen.getByRole('button')).toHaveTextContent('x');
  expect(refused).toBeInstanceOf(PipelineError);
  expect(refused).toMatchObject({ code: 'THROUGH_PRIMITIVE', path: 'text.below' });
});

test('providers of different hooks do not see each other', async () => {
  const [outer, inner] = [createStore({ ...data(), other: 1 }), createStore({ text: 'inner' })];
  const innerHooks = createStoreHooks<{ text: string }>();
  function Both() {
    const [other] = hooks.useStore('other');
    const [text] = innerHooks.useStore('text');
    return <output>{`${other} ${text}`}</output>;
  }
  const screen = await show(
    outer,
    <innerHooks.StoreProvider store={inner}>
      <Both />
    </innerHooks.StoreProvider>,
  );
  await expect.element(screen.getByRole('status')).toHaveTextContent('1 inner');
});
