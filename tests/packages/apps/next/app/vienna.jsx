'use client';

import { useRecord } from '@aimdb/react';

export function Vienna() {
  const celsius = useRecord('sensors.temperature.vienna', (value) => value.celsius);
  return <p id="value">{celsius ?? 'no value yet'}</p>;
}
