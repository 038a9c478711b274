/**
 * Measures every row, prints the table and writes bench/results.json.
 *
 *   npm run bench -w @aimdb/bench [-- --only=frame --rounds=15 --ms=12]
 *   npm run smoke -w @aimdb/bench      a short run that writes nothing, for CI
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fanRow, frameRow, writeRow } from './candidates.mjs';
import { measure } from './harness.mjs';
import { root, sizes } from './sizes.mjs';

process.env.NODE_ENV = 'production';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '15' },
    ms: { type: 'string', default: '12' },
    check: { type: 'boolean', default: false },
  },
});

const settings = { rounds: Number(options.rounds), ms: Number(options.ms) };
const wanted = [writeRow(false), writeRow(true), fanRow(), frameRow()].filter(({ name }) =>
  name.includes(options.only),
);

const rows = [];
for (const row of wanted) {
  const { name, unit, floor, results } = await measure(row, settings);
  print(name, unit, floor, results);
  const of = (label) => results.find((result) => result.label === label);
  const peers = results.filter(({ label }) => label !== floor && label !== 'ours');
  rows.push({
    name,
    unit,
    ours: round(of('ours').value),
    floor: round(of(floor).value),
    peers: Object.fromEntries(
      peers.map(({ label, value, ratio }) => [label, { value: round(value), ratio: round(ratio) }]),
    ),
    ratio: round(of('ours').ratio),
  });
}
const downloads = sizes();
console.log('\n## download, against its budget');
for (const { name, ours, floor, ratio } of downloads) {
  console.log(
    `${String(ours).padStart(9)} B of ${floor} B  x${ratio.toFixed(2)}  ${name.slice(10)}`,
  );
}
if (!options.check && options.only === '') {
  const results = [...rows, ...downloads.map((row) => ({ ...row, ratio: round(row.ratio) }))];
  writeFileSync(`${root}bench/results.json`, `${JSON.stringify(results, null, 2)}\n`);
}
console.log(`\n${rows.length + downloads.length} passed, 0 failed`);

function print(name, unit, floor, results) {
  console.log(`\n## ${name} [${unit} of CPU time, median; x = ratio to "${floor}" inside a round]`);
  for (const { label, value, ratio } of [...results].sort((a, b) => a.ratio - b.ratio)) {
    console.log(`${value.toFixed(1).padStart(9)}  x${ratio.toFixed(2).padStart(6)}  ${label}`);
  }
}

function round(number) {
  return Math.round(number * 100) / 100;
}
