/**
 * Measures every row, prints figures and tables, and writes bench/results.json and the tables of
 * bench/RESULTS.md.
 *
 *   npm run bench -w @aimdb/bench [-- --only=frame --rounds=15 --ms=12 --warm=400]
 *   npm run smoke -w @aimdb/bench      a short run that writes nothing, for CI
 *
 * `--sections=records,chromium` measures and writes these alone, of those that `sections` names. `--only` takes the rows
 * whose name contains it, or with `server` those of the server, and writes nothing.
 * `--check` writes nothing either, leaves out the pipeline's native benchmark, lets the server serve a handful,
 * and fails where a goal of the heap is not reached: those do not depend on how busy the machine is.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measuredInChromium } from './browser.mjs';
import { recordRows } from './candidates.mjs';
import { channelRows } from './channels.mjs';
import { fanoutRows } from './fanout.mjs';
import { measure } from './harness.mjs';
import { memoryRows } from './memory.mjs';
import { nativeRows } from './native.mjs';
import { pipelineRows } from './pipeline.mjs';
import { plainTable, print, refreshed, resultOf, timedTable } from './report.mjs';
import { root, sizes } from './sizes.mjs';
import { storeRows } from './stores.mjs';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    sections: { type: 'string', default: '' },
    rounds: { type: 'string', default: '15' },
    ms: { type: 'string', default: '12' },
    warm: { type: 'string', default: '400' },
    check: { type: 'boolean', default: false },
  },
});
const settings = {
  rounds: Number(options.rounds),
  ms: Number(options.ms),
  warm: Number(options.warm),
};
const isWhole = options.only === '';

/** Each section of the results: how it is measured, and its table. Native first: cargo may have to build it, and may fail. */
const sections = {
  native: [() => (isWhole && !options.check ? nativeRows() : []), plainTable],
  channels: [() => (isWhole && !options.check ? channelRows() : []), timedTable],
  server: [() => (isWhole || options.only === 'server' ? serverRows() : []), timedTable],
  records: [() => timed(recordRows()), timedTable],
  chromium: [inChromium, timedTable],
  pipeline: [() => timed(pipelineRows()), timedTable],
  stores: [
    () => timed(storeRows()),
    (rows) => timedTable(rows, ['zustand', 'valtio', 'jotai', 'mobx', 'preact signals']),
  ],
  memory: [() => (isWhole ? memoryRows() : []), plainTable],
  downloads: [sizes, plainTable],
};
const wanted = options.sections === '' ? Object.keys(sections) : options.sections.split(',');
const unknown = wanted.filter((name) => !(name in sections));
if (unknown.length > 0) {
  throw new Error(`no section ${unknown}; there are ${Object.keys(sections)}`);
}
const results = {};
const tables = {};
for (const name of wanted) {
  const [rows, table] = sections[name];
  results[name] = await rows();
  tables[name] = table(results[name]);
}
for (const [name, lines] of Object.entries(tables)) {
  if (results[name].length > 0) console.log(`\n# ${name}\n\n${lines}`);
}
if (isWhole && !options.check) {
  const file = `${root}bench/results.json`;
  const before = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, `${JSON.stringify({ ...before, ...results }, null, 2)}\n`);
  const text = `${root}bench/RESULTS.md`;
  writeFileSync(text, refreshed(readFileSync(text, 'utf8'), tables));
}

const isFailed = ({ goal }) => options.check && !goal.isReached;
const failed = (results.memory ?? []).filter(isFailed);
for (const { name, ours, unit } of failed) console.log(`FAILED: ${name}: ${ours} ${unit}`);
const count = Object.values(results).flat().length;
console.log(`\n${count - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length > 0 ? 1 : 0;

function serverRows() {
  return fanoutRows({ isShort: options.check }).map((row) => {
    print(row);
    return resultOf(row);
  });
}

async function inChromium() {
  const rows = await measuredInChromium(options.only, settings);
  return rows.map((row) => {
    print(row, 'that passed');
    return resultOf(row);
  });
}

async function timed(rows) {
  const measured = [];
  for (const row of rows.filter(({ name }) => name.includes(options.only))) {
    const results = await measure(row, settings);
    print(results);
    measured.push(resultOf(results));
  }
  return measured;
}
