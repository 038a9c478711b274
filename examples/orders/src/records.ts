/** What this page knows from the start: the shop's orders. Devices are adopted from the server. */
import { defineRecords } from '@aimdb/wasm';
import { createAimDbHooks } from '@aimdb/react';
import order from '../contracts/order.json';

export const contracts = [order];

export const records = defineRecords({
  'orders.shop': { schemaType: 'order', buffer: { type: 'SpmcRing', capacity: 50 } },
});

// A misspelt key, or a value of another contract, does not compile.
export const { AimDbProvider, useBridge, useRecordHistory, useSetRecord } =
  createAimDbHooks<typeof records>();
