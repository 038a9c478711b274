/** What the page asks for. A story edits this file while the page is open. */
import type { AimDbOptions } from '@aimdb/react';

/** The address of the story's server; a server render has none, and needs none. */
const url = new URLSearchParams(globalThis.location?.search).get('server') ?? 'ws://127.0.0.1:9/ws';

export const options: AimDbOptions = {
  records: {
    'sensors.temperature.vienna': { schemaType: 'temperature', buffer: 'SingleLatest' },
    'notes.mine': { schemaType: 'setpoint', buffer: 'SingleLatest', truth: 'local' },
  },
  bridge: { url, subscribeTopics: ['sensors/#'], backoffMinMs: 50, backoffMaxMs: 200 },
};
