/** The published client 0.1.1 as a client of our demo server: its users can point it at us. */
import { Server } from '@aimdb/e2e/server';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Client } from '../harness/client.js';

const SETPOINT = 'commands/setpoint/room1';
const follow = { [SETPOINT]: 'temperature' };
let server: Server;

beforeEach(async () => {
  server = await Server.start();
});
afterEach(() => server.kill());

test('it discovers every topic of the demo with its contract', async () => {
  const topics = await Client.discover(server.socket);
  const schemas = Object.fromEntries(topics.map((topic) => [topic.name, topic.schema_type]));
  expect(schemas).toEqual({
    'assets/gps/van1': 'gps_location',
    'commands/setpoint/room1': 'setpoint',
    'field/boiler/measure': 'field_measure',
    'field/boiler/setpoint': 'field_setpoint',
    'field/commands': 'field_command',
    'field/photos': 'field_photo',
    'field/pump/measure': 'field_measure',
    'field/pump/setpoint': 'field_setpoint',
    'field/readings': 'field_reading',
    'field/tank/level': 'field_measure',
    'field/tank/valve': 'field_valve',
    'hosts/local/cpu': 'host_cpu',
    'hosts/local/disk': 'host_disk',
    'hosts/local/memory': 'host_memory',
    'hosts/local/network': 'host_network',
    'sensors/humidity/vienna': 'humidity',
    'sensors/temperature/berlin': 'temperature',
    'sensors/temperature/room1': 'temperature',
    'sensors/temperature/vienna': 'temperature',
  });
});

test('it joins an exact topic late and gets its one value at once', async () => {
  const client = await Client.connect(server.socket, follow, [SETPOINT]);
  await client.untilValues(SETPOINT, 1);
  await client.settle();
  expect(client.celsius(SETPOINT)).toEqual([21]);
});

test('it follows wildcards: a value of each matching topic, then each in order', async () => {
  const records = {
    'sensors/temperature/vienna': 'temperature',
    'sensors/temperature/berlin': 'temperature',
    'sensors/humidity/vienna': 'humidity',
    'assets/gps/van1': 'gps_location',
  };
  const client = await Client.connect(server.socket, records, ['sensors/#', 'assets/*/van1']);
  for (const topic of Object.keys(records)) {
    const times = (await client.untilValues(topic, 3)).map((value) => value.timestamp);
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
  }
});

test('its write comes back to it once and reaches another', async () => {
  const writer = await Client.connect(server.socket, follow, ['commands/#']);
  const reader = await Client.connect(server.socket, follow, ['commands/setpoint/*']);
  for (const client of [writer, reader]) await client.untilCelsius(SETPOINT, 21);
  writer.write(SETPOINT, 23.5);
  for (const client of [writer, reader]) await client.untilCelsius(SETPOINT, 23.5);
  await writer.settle();
  expect(writer.celsius(SETPOINT)).toEqual([21, 23.5]);
});

test('its refused write changes nothing and costs it nothing', async () => {
  const client = await Client.connect(server.socket, follow, ['commands/#']);
  await client.untilCelsius(SETPOINT, 21);
  client.write(SETPOINT, 150);
  client.write('commands/unknown', 1);
  await client.settle();
  expect(client.celsius(SETPOINT)).toEqual([21]);
  client.write(SETPOINT, 22);
  await client.untilCelsius(SETPOINT, 22);
});

test('it finds its way back after the server was killed', async () => {
  const client = await Client.connect(server.socket, follow, ['commands/#']);
  client.write(SETPOINT, 25);
  await client.untilCelsius(SETPOINT, 25);
  await server.kill();
  await client.untilNotConnected();
  await server.comeBack();
  await client.until('connected');
  // The server began anew, with 21.
  await client.untilCelsius(SETPOINT, 21);
  client.write(SETPOINT, 26);
  await client.untilCelsius(SETPOINT, 26);
});
