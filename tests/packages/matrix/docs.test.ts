/** docs/install.md has the table that the matrix runs. */
import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { places, table } from '../places/index.js';

const FILE = new URL('../../../docs/install.md', import.meta.url);
const TABLE = /(?<=<!-- the table of tests\/packages -->\n)[\s\S]*?(?=\n<!-- its end -->)/;

test('the table in docs/install.md is the one that is tried (npm run -w @aimdb/places docs writes it)', async () => {
  const text = await readFile(FILE, 'utf8');
  expect(text).toMatch(TABLE);
  if (process.env.AIMDB_WRITE_TABLE === '1')
    await writeFile(
      FILE,
      text.replace(TABLE, () => table()),
    );
  else expect(TABLE.exec(text)?.[0]).toBe(table());
});

test('a row has a name of its own, and its app is one of exact versions', () => {
  const names = places.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { app } of places) {
    for (const version of Object.values(app.packages)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  }
});

test('apps of one name are one app, since they share a folder', () => {
  const apps = new Map(places.map(({ app }) => [app.name, app]));
  for (const { app } of places) expect(apps.get(app.name)).toBe(app);
});
