/**
 * Candidates of one row, side by side in one process.
 *
 * Every round runs each candidate once, in random order, and ratios are formed inside the round, so
 * that a busy neighbour or a drifting clock moves both sides. Time is the processor's own count for
 * this process, and in a page what passed. An identical copy of a candidate measures 1.00 to 1.25: less is noise.
 */

/** What a unit is in nanoseconds. */
const UNITS = { ns: 1, us: 1e3 };

/** In a page there is the clock alone. */
const cpuNs = () => {
  if (typeof process === 'undefined') return performance.now() * 1e6;
  const { user, system } = process.cpuUsage();
  return (user + system) * 1e3;
};

/**
 * A row: `cases` maps a name to a function that makes `{ run(n), ops?, check() }`, where `run`
 * performs n batches of `ops` operations and `check` tells whether the work was really done.
 *
 * `warm` is how long each candidate runs before it counts, in milliseconds, so that all of it is
 * compiled for good; `ms` is the length of one slice. A result's `ratio` is to the `floor`; where the
 * row names an `opponent`, `versus` is to that.
 */
export async function measure(
  { name, unit = 'ns', floor, opponent, goal, cases },
  { rounds = 15, ms = 12, warm = 400 } = {},
) {
  const runners = [];
  for (const [label, make] of Object.entries(cases)) {
    runners.push(await warmed(label, await make(), ms, warm));
  }
  for (let round = 0; round < rounds; round++) {
    for (const runner of shuffled(runners)) await slice(runner);
  }
  for (const { label, candidate } of runners) {
    if (!candidate.check()) throw new Error(`${name}: ${label} did not do the work`);
    candidate.end?.();
  }
  const samplesOf = (wanted) => runners.find(({ label }) => label === wanted)?.samples;
  const results = runners.map(({ label, samples }) => ({
    label,
    value: median(samples) / UNITS[unit],
    ratio: ratio(samples, samplesOf(floor)),
    ...(opponent && { versus: ratio(samples, samplesOf(opponent)) }),
  }));
  return { name, unit, floor, opponent, goal, results };
}

/** The median of the ratios of each round. */
const ratio = (samples, base) => median(samples.map((sample, round) => sample / base[round]));

async function warmed(label, candidate, ms, warm) {
  const runner = { label, candidate, count: 1, samples: [] };
  const until = performance.now() + warm;
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

export const median = (numbers) => {
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
