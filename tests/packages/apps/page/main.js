/** Shows a record of the server, and what a store makes of it: both wasm modules must be found. No JSX, so that nothing need be configured. */

import { AimDbProvider, useRecord } from '@aimdb/react';
import { StoreProvider, useStore } from '@aimdb/react/store';
import loadStores, { createStore } from '@aimdb/wasm/store';
import { createElement, StrictMode, useEffect } from 'react';
import { createRoot } from 'react-dom/client';

const KEY = 'sensors.temperature.vienna';
const url = new URLSearchParams(location.search).get('server');
const options = {
  records: { [KEY]: { schemaType: 'temperature', buffer: 'SingleLatest' } },
  bridge: { url, subscribeTopics: ['sensors/#'] },
};

function Vienna() {
  const celsius = useRecord(KEY, (value) => value.celsius);
  const [, set] = useStore('room.celsius');
  const [mean] = useStore('mean');
  useEffect(() => {
    if (celsius !== null) set(celsius);
  }, [celsius, set]);
  return [
    createElement('p', { id: 'value', key: 'value' }, celsius),
    createElement('p', { id: 'mean', key: 'mean' }, mean),
  ];
}

async function main() {
  await loadStores();
  const store = createStore({ room: { celsius: null }, mean: null });
  store.register({ computations: [['AVG', 'mean', 'room.celsius']] });
  createRoot(document.querySelector('#root')).render(
    createElement(
      StrictMode,
      null,
      createElement(
        StoreProvider,
        { store },
        createElement(AimDbProvider, { options }, createElement(Vienna)),
      ),
    ),
  );
}

main();
