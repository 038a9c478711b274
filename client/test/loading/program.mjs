/**
 * A random program over records, for `engines.node.test.ts`: writes values at all edges of all kinds, and prints what came of each. It runs
 * once on each engine; what is printed must be the same to the bit.
 */
import { createHash } from 'node:crypto';
import init, { engineInfo, validate, WasmDb } from '@aimdb/wasm';

const [engine, seed] = process.argv.slice(2);

let state = (Number(seed) * 2654435761) >>> 0 || 1;
function below(limit) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % limit;
}
const oneOf = (choices) => choices[below(choices.length)];

const SCALARS = [
  'bool',
  'u8',
  'u16',
  'u32',
  'u64',
  'i8',
  'i16',
  'i32',
  'i64',
  'f32',
  'f64',
  'text',
  'bytes',
  'time',
  'json',
];

function kind(depth) {
  const choice = below(depth > 2 ? 6 : 10);
  if (choice < 6) return oneOf(SCALARS);
  if (choice === 6) return { list: kind(depth + 1) };
  if (choice === 7) return { map: kind(depth + 1) };
  if (choice === 8) return { nullable: kind(depth + 1) };
  return { object: { fields: fields(depth + 1) } };
}

function fields(depth) {
  return Array.from({ length: 1 + below(5) }, (_, at) => {
    const optional = below(4) === 0;
    return { name: `f${at}`, kind: kind(depth), ...(optional && { optional }) };
  });
}

/** A NaN with other bits than usual: no engine may let them through, nor fall over them. */
function oddNaN() {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setUint32(0, 0x7ff80000 | below(0x7ffff));
  bits.setUint32(4, state);
  return bits.getFloat64(0);
}

function number() {
  const edge = 2 ** oneOf([7, 8, 15, 16, 24, 31, 32, 52, 53, 62, 63, 64, 127, 128, 1000]);
  const near = oneOf([0, 1, -1, 0.5, -0.5]);
  const any = below(1000) / oneOf([1, 3, 7, 1e9, 1e-9]);
  const special = oneOf([
    Number.NaN,
    oddNaN(),
    Infinity,
    -Infinity,
    -0,
    5e-324,
    1.5e-45,
    3.4028236e38,
    1e308,
    0.1,
  ]);
  return oneOf([
    any,
    -any,
    edge + near,
    -(edge + near),
    edge * (1 - 2 ** -52),
    special,
    below(300),
  ]);
}

const TEXTS = [
  '',
  'a',
  'ä',
  '😀',
  '\ud800',
  'x'.repeat(300),
  '\u0000',
  'é'.repeat(90),
  'AQID',
  'AQ==',
  '\\"',
];

/** A value for a kind, which more often than not fits it. */
function value(of) {
  if (below(12) === 0)
    return oneOf([
      null,
      undefined,
      true,
      number(),
      oneOf(TEXTS),
      [],
      {},
      [number()],
      10n ** 20n,
      7n,
    ]);
  if (of === 'bool') return below(2) === 1;
  if (of === 'text' || of === 'bytes') return oneOf(TEXTS);
  if (of === 'json')
    return oneOf([null, number(), oneOf(TEXTS), [number()], { a: number(), b: [oneOf(TEXTS)] }]);
  if (typeof of === 'string') return number();
  if ('list' in of) return Array.from({ length: below(4) }, () => value(of.list));
  if ('map' in of)
    return Object.fromEntries(
      Array.from({ length: below(4) }, () => [oneOf(TEXTS), value(of.map)]),
    );
  if ('nullable' in of) return below(3) === 0 ? null : value(of.nullable);
  return object(of.object.fields);
}

function object(of) {
  const parts = of.filter(({ optional }) => !optional || below(2) === 0);
  return Object.fromEntries(parts.map((field) => [field.name, value(field.kind)]));
}

/** A text that tells every number from every other, and every thing that was thrown. */
function told(thing) {
  return JSON.stringify(thing, (_, part) => {
    if (typeof part === 'number') return Object.is(part, -0) ? '-0' : `${part}`;
    if (typeof part === 'bigint') return `${part}n`;
    if (part instanceof Error)
      return { ...part, message: part.message, code: part.code, cause: undefined };
    return part;
  });
}

function outcome(action) {
  try {
    return told({ did: action() });
  } catch (error) {
    return told(error);
  }
}

await init({ engine });
const lines = [];
const db = new WasmDb({ onError: (error) => lines.push(`error ${told(error)}`) });
for (let record = 0; record < 20; record++) {
  const contract = { name: `c${seed}_${record}`, version: 1, fields: fields(0) };
  const buffer = oneOf(['SingleLatest', { type: 'SpmcRing', capacity: 8 }]);
  const key = `r${record}`;
  lines.push(outcome(() => db.configureRecord(key, { contract, buffer })));
  for (let write = 0; write < 40; write++) {
    const given = object(contract.fields);
    lines.push(
      outcome(() => void db.set(key, given)),
      outcome(() => db.get(key)),
    );
    lines.push(outcome(() => db.history(key).at(-1)));
    if (below(10) === 0) lines.push(outcome(() => validate(JSON.stringify(given))));
    if (below(10) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  if (below(4) === 0) lines.push(outcome(() => db.removeRecord(key)));
}
// Much at once: the memory grows, and grows again.
db.configureRecord('big', {
  contract: { name: 'big', version: 1, fields: [{ name: 't', kind: 'text' }] },
  buffer: { type: 'SpmcRing', capacity: 4096 },
});
for (let n = 0; n < 3000; n++)
  db.set('big', { t: String.fromCharCode(97 + (n % 26)).repeat(below(9000)) });
lines.push(
  createHash('sha256')
    .update(told(db.history('big')))
    .digest('hex'),
);
const { kind: ran, memoryBytes } = engineInfo();
db.free();
const written = lines.filter((line) => line.startsWith('{"did"')).length;
process.stdout.write(JSON.stringify({ ran, written, grew: memoryBytes > 10_000_000, lines }));
