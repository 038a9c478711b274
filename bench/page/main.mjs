/** Measures the rows of records in a page, as `src/browser.mjs` asks for it. */
import { recordRows } from '../src/candidates.mjs';
import { measure } from '../src/harness.mjs';

globalThis.measureRecords = async (only, settings) => {
  const rows = recordRows().filter(({ name }) => name.includes(only));
  const measured = [];
  for (const row of rows) measured.push(await measure(row, settings));
  return measured;
};
