/** The types of the hooks under every TypeScript that they are held to. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { COMPILERS, compile } from '../../tests/compilers/compile.js';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

test.each(Object.keys(COMPILERS))(
  'right uses and all entries compile with TypeScript %s, and wrong uses do not',
  { timeout: 60_000 },
  async (version) => {
    const files = [here('hooks.types.tsx'), here('../dist/store/index.d.ts')];
    const { errors } = await compile(version, files, { jsx: 'react-jsx' });
    expect(errors).toEqual([]);
  },
);
