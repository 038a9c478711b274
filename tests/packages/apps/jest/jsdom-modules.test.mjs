/** @jest-environment jsdom */
import { expect, jest, test } from '@jest/globals';
import { AimDbProvider, useRecord } from '@aimdb/react';
import { StoreProvider, useStore } from '@aimdb/react/store';
import { createStore, default as loadStores } from '@aimdb/wasm/store';
import { createElement, useEffect } from 'react';
import { createRoot } from 'react-dom/client';

const KEY = 'sensors.temperature.vienna';
const options = {
  records: { [KEY]: { schemaType: 'temperature', buffer: 'SingleLatest' } },
  bridge: { url: process.env.AIMDB_SERVER_URL, subscribeTopics: ['sensors/#'] },
};

function Vienna() {
  const celsius = useRecord(KEY, (value) => value.celsius);
  const [, set] = useStore('room.celsius');
  const [mean] = useStore('mean');
  useEffect(() => {
    if (celsius !== null) set(celsius);
  }, [celsius, set]);
  return createElement('p', null, mean);
}

test('a component shows three values', async () => {
  const complaints = ['error', 'warn'].map((kind) => jest.spyOn(console, kind));
  await loadStores();
  const store = createStore({ room: { celsius: null }, mean: null });
  store.register({ computations: [['AVG', 'mean', 'room.celsius']] });
  const container = document.body.appendChild(document.createElement('div'));
  const root = createRoot(container);
  root.render(
    createElement(
      StoreProvider,
      { store },
      createElement(AimDbProvider, { options }, createElement(Vienna)),
    ),
  );
  const seen = new Set();
  while (seen.size < 3) {
    if (container.textContent) seen.add(container.textContent);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  root.unmount();
  for (const complaint of complaints) expect(complaint).not.toHaveBeenCalled();
}, 30_000);
