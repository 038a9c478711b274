/** The types of paths over a state of 10,000 leaves: the type checker takes them, and still finds what is wrong. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const LEAVES = 10_000;
const from = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** An interface of 20 x 25 x 20 leaves, in groups of three levels. */
function bigInterface(): string {
  const level = (name: string, count: number, below: (at: number) => string) =>
    `{ ${Array.from({ length: count }, (_, at) => `${name}${at}: ${below(at)}`).join('; ')} }`;
  const leaves = level('leaf', 20, (at) => (at % 2 === 0 ? 'number' : 'string'));
  return `interface Big ${level('site', 20, () => level('room', 25, () => leaves))}`;
}

/** Uses of the types, those with an error in a comment of their own. */
const USES = `
import { createStore, type DeepKey } from '@aimdb/wasm/store';
const store = createStore<Big>({} as Big);
const celsius: number = store.get('site19.room24.leaf18');
store.set('site0.room0.leaf0', celsius);
store.set('site0.room0.leaf1', 'text');
store.setMany({ 'site1.room1.leaf0': 1, 'site2.room2.leaf1': 'x' });
store.subscribe('site3.room3', (room) => room.leaf0.toFixed());
// @ts-expect-error: no such path
store.get('site20.room0.leaf0');
// @ts-expect-error: no text
store.set('site0.room0.leaf0', 'x');
export function read<KEY extends DeepKey<Big>>(key: KEY): KEY {
  return key;
}
read('site19.room24.leaf19');
read('site19.room24');
// @ts-expect-error: no such path
read('site19.room25.leaf0');
`;

test(`${LEAVES} paths are checked without being too many`, { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'aimdb-paths-'));
  try {
    await writeFile(join(folder, 'big.ts'), `${bigInterface()}\n${USES}`);
    const options = {
      extends: from('../../../tsconfig.base.json'),
      compilerOptions: {
        noEmit: true,
        paths: { '@aimdb/wasm/store': [from('../../dist/store/index.d.ts')] },
      },
      include: ['*.ts'],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(options));
    const compiler = from('../../../node_modules/typescript/bin/tsc');
    const run = promisify(execFile)(process.execPath, [
      compiler,
      ...['-p', folder, '--extendedDiagnostics'],
    ]);
    const { stdout } = await run.catch((failed: { stdout: string }) => failed);
    expect(stdout).not.toContain('error TS');
    const [, checkTime] = /Check time:\s+(\S+)/.exec(stdout) ?? [];
    expect(checkTime).toBeDefined();
    console.info(`${LEAVES} paths checked in ${checkTime}`);
  } finally {
    await rm(folder, { recursive: true });
  }
});
