/** Under which names what is here is published: those of the repository, but for what `release.json` says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ReleaseError, ROOT } from './run.mjs';

/** What the repository itself says. */
export const OURS = { npmScope: '@aimdb', cratePrefix: 'aimdb-' };

const GOOD = { npmScope: /^@[a-z0-9][a-z0-9._-]*$/, cratePrefix: /^[a-z][a-z0-9_-]*-$/ };

/** The names of `release.json`, and in their place those that were given. */
export function readNames(given) {
  const file = JSON.parse(readFileSync(join(ROOT, 'release.json'), 'utf8'));
  const names = { ...file, ...JSON.parse(given) };
  for (const [name, value] of Object.entries(names)) {
    const good = Object.hasOwn(GOOD, name) ? GOOD[name] : undefined;
    if (!good)
      throw new ReleaseError(`names: '${name}' is not known: ${Object.keys(GOOD).join(', ')}`);
    if (typeof value !== 'string' || !good.test(value)) {
      throw new ReleaseError(
        `names: ${name} must be like '${OURS[name]}', got ${JSON.stringify(value)}`,
      );
    }
  }
  const missing = Object.keys(GOOD).find((name) => !Object.hasOwn(names, name));
  if (missing) throw new ReleaseError(`release.json has no ${missing}`);
  return names;
}

/** A text with the packages of this repository under their published names. */
export function withScope(text, { npmScope }) {
  return text.replace(new RegExp(`${OURS.npmScope}/(?=(wasm|react)\\b)`, 'g'), `${npmScope}/`);
}

/** What a crate of this repository is published as. */
export function crateName(name, { cratePrefix }) {
  return cratePrefix + name.slice(OURS.cratePrefix.length);
}
