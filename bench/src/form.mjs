/** The rules of the 500-field form, written out by hand over arrays: what the engine is measured against. */

/** For each path, at which place of the rules it is named, or -1. */
function placesOf(paths, named) {
  const places = new Map(named.map((path, at) => [path, at]));
  return Int32Array.from(paths, (path) => places.get(path) ?? -1);
}

/** A form with `write(values)`, which returns what reads the outcome, as a report is read. */
export function formByHand({ paths, limit }, { sync, conditions, listeners }) {
  const state = new Float64Array(paths.length);
  const mirrors = new Float64Array(sync.length);
  const holds = new Uint8Array(conditions.length);
  const mirrorOf = placesOf(
    paths,
    sync.map(([path]) => path),
  );
  const conditionOf = placesOf(
    paths,
    conditions.map(({ GT: [path] }) => path),
  );
  const sectionOf = Int32Array.from(paths, (path) =>
    listeners.findIndex((listener) => path.startsWith(`${listener.paths[0]}.`)),
  );
  const changed = new Uint32Array(paths.length + sync.length);
  const toldCounts = new Uint32Array(listeners.length);

  /** Writes one value that differs; returns 1 or -1 where a condition turned, or else 0. */
  const flipOf = (at, value) => {
    state[at] = value;
    toldCounts[sectionOf[at]] += 1;
    if (mirrorOf[at] >= 0) mirrors[mirrorOf[at]] = value;
    const condition = conditionOf[at];
    if (condition < 0 || holds[condition] === Number(value > limit)) return 0;
    holds[condition] ^= 1;
    return holds[condition] === 1 ? 1 : -1;
  };
  return {
    get: (at) => state[at],
    mirror: (at) => mirrors[at],
    holds: (at) => holds[at] === 1,
    write(values) {
      let count = 0;
      let flips = 0;
      toldCounts.fill(0);
      for (let at = 0; at < values.length; at++) {
        if (Object.is(state[at], values[at])) continue;
        flips += flipOf(at, values[at]);
        changed[count++] = at;
        if (mirrorOf[at] >= 0) changed[count++] = at;
      }
      return (sums) => {
        for (let at = 0; at < count; at++) sums.values += state[changed[at]];
        sums.changes += count;
        for (const told of toldCounts) sums.told += told;
        sums.flips += flips;
      };
    },
  };
}
