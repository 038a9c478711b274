/** What was measured as rows of results.json, as lines to read and as tables of RESULTS.md. */

const round = (number) => Math.round(number * 100) / 100;
const short = (number) => (Math.abs(number) < 100 ? String(round(number)) : count(number));
const count = (number) => Math.round(number).toLocaleString('en');

/** A timed row: ours, the twin, and all others beside the floor. */
export function resultOf({ name, unit, floor, opponent, goal, results }) {
  const of = (wanted) => results.find(({ label }) => label === wanted);
  const figures = ({ value, ratio, versus, spread }) => ({
    value: round(value),
    ratio: round(ratio),
    ...(spread && { spread: spread.map(round) }),
    ...(opponent && { versus: round(versus) }),
  });
  const peers = results.filter(({ label }) => ![floor, 'ours', 'twin'].includes(label));
  return {
    name,
    unit,
    ours: round(of('ours').value),
    floor: round(of(floor).value),
    ...(of('twin') && { twin: figures(of('twin')) }),
    peers: Object.fromEntries(peers.map((result) => [result.label, figures(result)])),
    ratio: round(of('ours').ratio),
    ...(of('ours').spread && { spread: of('ours').spread.map(round) }),
    ...(goal && { goal: judged(goal, unit, results) }),
  };
}

/** A goal in words, and whether it is reached: a time, a ratio to the floor, to the opponent or to a peer. */
function judged(goal, unit, results) {
  const ours = results.find(({ label }) => label === 'ours');
  if ('value' in goal) {
    return { text: `< ${count(goal.value)} ${unit}`, isReached: ours.value < goal.value };
  }
  if ('versus' in goal) {
    const all = results.filter(({ label }) => label.startsWith('ours'));
    const isReached = all.every(({ versus }) => versus <= goal.versus);
    return { text: `${goal.versus}x of the twin`, isReached };
  }
  if ('peer' in goal) {
    const peer = results.find(({ label }) => label === goal.peer);
    return { text: `not slower than ${goal.peer}`, isReached: ours.ratio <= peer.ratio };
  }
  return { text: `${goal.ratio}x`, isReached: ours.ratio <= goal.ratio };
}

const verdict = ({ goal }) => (goal ? (goal.isReached ? 'reached' : 'falls short') : '');

/** Prints a timed row with all that was measured. */
export function print({ name, unit, floor, opponent, results }, time = 'of CPU time') {
  const beside = opponent ? `, y = to "${opponent}"` : '';
  const what = unit === 'bytes' ? unit : `${unit} ${time}`;
  console.log(`\n## ${name} [${what}, median; x = ratio to "${floor}" inside a round${beside}]`);
  for (const { label, value, ratio, versus } of [...results].sort((a, b) => a.ratio - b.ratio)) {
    const figures = `${value.toFixed(1).padStart(11)}  x${ratio.toFixed(2).padStart(9)}`;
    console.log(`${figures}${opponent ? `  y${versus.toFixed(2).padStart(6)}` : ''}  ${label}`);
  }
}

/** A table of timed rows: `columns` are the peers with a column of their own. */
export function timedTable(rows, columns = []) {
  const peer = (row, label) => (row.peers[label] ? `${short(row.peers[label].ratio)}x` : '');
  const others = ({ peers }) =>
    Object.entries(peers)
      .filter(([label]) => !columns.includes(label))
      .map(([label, figures]) => `${label} ${short(figures.ratio)}x${within(figures)}`)
      .join('; ');
  const line = (row) => [
    row.name,
    `${short(row.floor)} ${row.unit}`,
    `${short(row.ratio)}x${within(row)} (${short(row.ours)} ${row.unit})${ofTwin(row)}`,
    row.twin ? `${short(row.twin.ratio)}x` : '',
    ...columns.map((label) => peer(row, label)),
    others(row),
    row.goal?.text ?? '',
    verdict(row),
  ];
  const head = ['work', 'floor', 'ours', 'twin', ...columns, 'besides', 'goal', ''];
  return table(head, rows.map(line));
}

/** From the lowest to the highest ratio of a round, where they are told. */
const within = ({ spread }) => (spread ? `, ${spread.map(short).join(' to ')}` : '');

/** Where the twin is the opponent, its ratio is formed inside a round. */
function ofTwin({ twin, peers, ratio }) {
  if (twin?.versus === undefined) return '';
  const besides = Object.entries(peers).filter(([label]) => label.startsWith('ours'));
  const words = besides.map(([label, { versus }]) => `${label.slice('ours, '.length)} ${versus}`);
  return `, of the twin ${round(ratio / twin.ratio)}${words.map((word) => `, ${word}`).join('')}`;
}

/** A table of rows that are no times: bytes, and what the crate measures of itself. */
export function plainTable(rows) {
  const line = (row) => [
    row.name,
    `${short(row.ours)} ${row.unit}`,
    row.allocations === undefined ? '' : `${row.allocations} allocations`,
    row.floor === undefined || row.floor === null ? '' : `${short(row.floor)} ${row.unit}`,
    Object.entries(row.peers ?? {})
      .map(([label, bytes]) => `${label} ${short(bytes)}`)
      .join('; '),
    row.goal?.text ?? '',
    verdict(row),
  ];
  return table(['what', 'ours', '', 'floor', 'besides', 'goal', ''], rows.map(line));
}

/** Columns in which nothing stands are left out. */
function table(head, lines) {
  const used = Array.from(head, (_, at) => at === 0 || lines.some((line) => line[at] !== ''));
  const row = (cells) => `| ${cells.filter((_, at) => used[at]).join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...lines.map(row)].join('\n');
}

/** The text with each table between its markers replaced. */
export function refreshed(text, tables) {
  return Object.entries(tables).reduce((before, [name, lines]) => {
    const [start, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
    const [from, to] = [before.indexOf(start), before.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`RESULTS.md has no place for the table "${name}"`);
    return `${before.slice(0, from + start.length)}\n\n${lines}\n\n${before.slice(to)}`;
  }, text);
}
