/** What a browser downloads: the files of each package as built, gzipped. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** A row a budget; `make size` fails beyond the same budgets. */
export function sizes() {
  const budgets = JSON.parse(readFileSync(`${root}xtask/budgets.json`, 'utf8'));
  return Object.values(budgets).map(({ what, files, gzip_bytes_max: limit }) => {
    const ours = files.flatMap(matching).reduce((sum, file) => sum + gzipped(file), 0);
    return {
      name: `download, ${what}`,
      unit: 'B gzipped',
      ours,
      floor: limit,
      peers: {},
      ratio: ours / limit,
      goal: { text: `${limit} B`, isReached: ours <= limit },
    };
  });
}

const gzipped = (file) => gzipSync(readFileSync(root + file), { level: 9 }).length;

/** The files that a pattern such as `dist/*.js` stands for. */
function matching(pattern) {
  if (!pattern.includes('*')) return [pattern];
  const ending = basename(pattern).slice(1);
  const folder = dirname(pattern);
  const names = readdirSync(root + folder).filter((name) => name.endsWith(ending));
  return names.map((name) => `${folder}/${name}`);
}
