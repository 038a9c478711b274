/**
 * Candidates of one row, side by side in one process.
 *
 * Every round runs each candidate once, in random order, and ratios are formed inside the round, so
 * that a busy neighbour or a drifting clock moves both sides. Time is the processor's own count for
 * this process. An identical copy of a candidate measures 1.00 to 1.25: less is noise.
 */

/** Each candidate runs this long before it counts, so that all of it is compiled for good. */
const WARM_MS = 400;

const cpuNs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1e3;
};

/**
 * A row: `cases` maps a name to a function that makes `{ run(n), ops?, check() }`, where `run`
 * performs n batches of `ops` operations and `check` tells whether the work was really done.
 */
export async function measure({ name, unit = 'ns', floor, cases }, { rounds = 15, ms = 12 } = {}) {
  const runners = [];
  for (const [label, make] of Object.entries(cases)) {
    runners.push(await warm(label, await make(), ms));
  }
  for (let round = 0; round < rounds; round++) {
    for (const runner of shuffled(runners)) await slice(runner);
    const base = runners.find((runner) => runner.label === floor).samples.at(-1);
    for (const runner of runners) runner.ratios.push(runner.samples.at(-1) / base);
  }
  for (const { label, candidate } of runners) {
    if (!candidate.check()) throw new Error(`${name}: ${label} did not do the work`);
    candidate.end?.();
  }
  const results = runners.map(({ label, samples, ratios }) => ({
    label,
    value: median(samples),
    ratio: median(ratios),
  }));
  return { name, unit, floor, results };
}

async function warm(label, candidate, ms) {
  const runner = { label, candidate, count: 1, samples: [], ratios: [] };
  const until = performance.now() + WARM_MS;
  while (performance.now() < until) await candidate.run(1);
  for (;;) {
    const start = cpuNs();
    await candidate.run(runner.count);
    if (cpuNs() - start >= ms * 0.5e6) return runner;
    runner.count *= 2;
  }
}

async function slice(runner) {
  const { candidate, count } = runner;
  const start = cpuNs();
  await candidate.run(count);
  runner.samples.push((cpuNs() - start) / (count * (candidate.ops ?? 1)));
}

const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

function shuffled(list) {
  const copy = [...list];
  for (let last = copy.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [copy[last], copy[other]] = [copy[other], copy[last]];
  }
  return copy;
}
