/** What of the built package a server component sees, and that the React of the project is the one that is used. */
import { readFileSync } from 'node:fs';
import { version } from 'react';
import { version as versionOfServer } from 'react-dom/server';
import { expect, test } from 'vitest';
import manifest from '../package.json' with { type: 'json' };

test.each(Object.entries(manifest.exports))(
  '%s begins with the directive for the client',
  (_, entry) => {
    if (typeof entry === 'string') return;
    for (const file of [entry.import.default, entry.require.default]) {
      const built = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
      expect(built.split('\n')[0], file).toMatch(/^(['"])use client\1;$/);
    }
  },
);

test('the React of the project is the one that is used', () => {
  expect([version, versionOfServer].map((text) => text.split('.')[0])).toEqual([
    process.env.AIMDB_REACT,
    process.env.AIMDB_REACT,
  ]);
});
