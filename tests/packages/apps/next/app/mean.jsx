'use client';

import { useRecord } from '@aimdb/react';
import loadStores, { createStore } from '@aimdb/wasm/store';
import { useEffect, useState } from 'react';

/** What a store makes of the record, whose engine is a second module. */
export function Mean() {
  const celsius = useRecord('sensors.temperature.vienna', (value) => value.celsius);
  const [store, setStore] = useState(null);
  const [mean, setMean] = useState(null);
  useEffect(() => {
    loadStores().then(() => {
      const made = createStore({ room: { celsius: null }, mean: null });
      made.register({ computations: [['AVG', 'mean', 'room.celsius']] });
      made.subscribe('mean', setMean);
      setStore(made);
    });
  }, []);
  useEffect(() => {
    if (celsius !== null) store?.set('room.celsius', celsius);
  }, [celsius, store]);
  return <p id="mean">{mean}</p>;
}
