/** One program, once with the published package and once with ours: only the import changes. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Server } from '@aimdb/e2e/server';
import { afterEach, beforeEach, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
let server: Server;

beforeEach(async () => {
  server = await Server.start();
});
afterEach(() => server.kill());

test.each([
  { name: 'the published package', conditions: ['--conditions=published'] },
  { name: '@aimdb/wasm', conditions: [] },
])('the program runs on $name', async ({ conditions }) => {
  const program = [
    ...conditions,
    '--import',
    './harness/browser-like.mjs',
    'programs/thermostat.mjs',
  ];
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [...program, server.socket], {
    cwd: root,
    timeout: 30_000,
  });
  // The published client says on the same output what it does.
  const printed = stdout.split('\n').filter((line) => line && !line.startsWith('['));
  expect(printed).toEqual([
    'topic assets/gps/van1',
    'topic commands/setpoint/room1',
    'topic field/boiler/measure',
    'topic field/boiler/setpoint',
    'topic field/commands',
    'topic field/photos',
    'topic field/pump/measure',
    'topic field/pump/setpoint',
    'topic field/readings',
    'topic field/tank/level',
    'topic field/tank/valve',
    'topic hosts/local/cpu',
    'topic hosts/local/disk',
    'topic hosts/local/memory',
    'topic hosts/local/network',
    'topic sensors/humidity/vienna',
    'topic sensors/temperature/berlin',
    'topic sensors/temperature/room1',
    'topic sensors/temperature/vienna',
    'connected',
    'setpoint 21',
    'setpoint 23.5',
    'a temperature of "warm" is refused',
    'the record holds 23.5',
  ]);
});
