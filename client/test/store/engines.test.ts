/** What is particular to the engine in WebAssembly: several share one memory, and names come from either side. */
import init, { WasmEngine } from '@aimdb/wasm/store';
import { beforeAll, expect, test } from 'vitest';

beforeAll(() => init());

/** Enough to make the memory grow, whatever it was. */
function grow(): WasmEngine {
  const engine = new WasmEngine();
  const keys = Array.from({ length: 60_000 }, (_, at) => [`key${at}`, `text ${at}`]);
  engine.process([['', Object.fromEntries(keys)]]);
  return engine;
}

test('an engine is none the worse for the growth of another', () => {
  const engine = new WasmEngine();
  const ids = engine.numbers.intern(['x.one', 'x.two']);
  engine.numbers.process(ids, Float64Array.of(1, 2));
  const report = engine.process([['x.one', 3]]);
  const others = [grow()];
  expect(report.changes).toEqual([{ path: 'x.one', value: 3, lineage: 0, sender: undefined }]);
  engine.process([['y.new', 7]]);
  expect(engine.state).toEqual({ x: { one: 3, two: 2 }, y: { new: 7 } });
  others.push(grow());
  engine.numbers.process(ids, Float64Array.of(5, 6));
  others.push(grow());
  expect(engine.state).toEqual({ x: { one: 5, two: 6 }, y: { new: 7 } });
  others.push(grow());
  engine.register({ sync: [['x.one', 'x.three']] });
  expect(engine.get('x.three')).toBe(5);
  for (const other of [...others, engine]) other.free();
});

test('paths that only rules name are known by their right names', () => {
  const engine = new WasmEngine();
  engine.register({ sync: [['form.a', 'mirror.a']] });
  const { changes } = engine.process([['form.a', 1]]);
  expect(changes.map(({ path }) => path)).toEqual(['form.a', 'mirror.a']);
  expect(engine.get('mirror.a')).toBe(1);
  engine.free();
});

test('a key with a dot is no path of two segments', () => {
  const engine = new WasmEngine();
  const dotted = { 'a.b': { c: 1, d: 1 }, a: { b: { c: 2, d: 2 } } };
  engine.register({ sync: [['x', 'y']] });
  engine.process([['x', dotted]]);
  expect(engine.state).toEqual({ x: dotted, y: dotted });
  engine.process([
    ['x.a.b.c', 3],
    ['x.a.b.d', 4],
  ]);
  const changed = { ...dotted, a: { b: { c: 3, d: 4 } } };
  expect(engine.state).toEqual({ x: changed, y: changed });
  engine.process([
    ['x', { ...dotted, more: 1 }],
    ['x.a.b.c', 5],
  ]);
  const again = { ...dotted, a: { b: { c: 5, d: 2 } }, more: 1 };
  expect(engine.state).toEqual({ x: again, y: again });
  engine.free();
});

test('a feed may ask for a path that the batch before has freed', () => {
  const engine = new WasmEngine();
  engine.process([['a.gone', 1]]);
  engine.process([['a', {}]]);
  const ids = engine.numbers.intern(['b.other', 'a.gone']);
  expect(engine.numbers.process(ids, Float64Array.of(1, 2)).keptCount).toBe(2);
  expect(engine.state).toEqual({ a: { gone: 2 }, b: { other: 1 } });
  engine.free();
});
