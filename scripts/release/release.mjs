/**
 * Makes a release: versions, changelog, tarballs, crates, and a look at each of them. Publishes nothing; a workflow does, on a tag.
 *
 *     node scripts/release/release.mjs             packs and checks what is here, as the version that is here
 *     node scripts/release/release.mjs 0.2.0       writes that version first: manifests, lockfiles, changelog
 *     … --out FOLDER                               where what is packed goes (target/release-out)
 *     … --names '{"npmScope":"@me","cratePrefix":"me-"}'   published names instead of those of release.json
 *
 * The packages must be built: `make release` does that.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { packCrates } from './crates.mjs';
import { readNames } from './names.mjs';
import { packPackages } from './packages.mjs';
import { ReleaseError, ROOT, tell } from './run.mjs';
import { needChangelog, needClean, versionNow, writeVersion } from './versions.mjs';

const OPTIONS = ['--out', '--names'];

function argumentsOf(given) {
  const found = { version: undefined, '--out': join(ROOT, 'target/release-out'), '--names': '{}' };
  for (let at = 0; at < given.length; at++) {
    const one = given[at];
    if (OPTIONS.includes(one)) {
      at += 1;
      if (given[at] === undefined) throw new ReleaseError(`${one} needs a value`);
      found[one] = given[at];
    } else if (one.startsWith('-') || found.version !== undefined) {
      throw new ReleaseError(`'${one}' is not known: a version, ${OPTIONS.join(', ')}`);
    } else found.version = one;
  }
  return {
    version: found.version,
    out: resolve(found['--out']),
    names: readNames(found['--names']),
  };
}

function main() {
  const { version, out, names } = argumentsOf(process.argv.slice(2));
  if (version !== undefined) {
    needClean();
    writeVersion(version);
  }
  const now = versionNow();
  needChangelog(now);
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  packPackages(out, names, now);
  packCrates(out, names, now);
  tell(`${now} is packed and checked in ${out}`);
  if (version !== undefined) {
    tell(
      `look at it, then: git commit -am "Release ${now}" && git tag v${now} && git push --follow-tags`,
    );
  }
}

try {
  main();
} catch (error) {
  if (!(error instanceof ReleaseError)) throw error;
  console.error(`[release] ${error.message}`);
  process.exitCode = 1;
}
