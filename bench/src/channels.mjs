/** Records beside channels, natively: a crate of its own, which prints a line of JSON for each row. */
import { execFileSync } from 'node:child_process';
import { print, resultOf } from './report.mjs';
import { root } from './sizes.mjs';

/** Takes as long as cargo needs to build it. */
export function channelRows() {
  const manifest = `${root}bench/channels/Cargo.toml`;
  const command = ['run', '--quiet', '--release', '--manifest-path', manifest];
  const output = execFileSync('cargo', command, { cwd: root, encoding: 'utf8' });
  return output
    .trim()
    .split('\n')
    .map((line) => {
      const row = JSON.parse(line);
      print(row);
      return resultOf(row);
    });
}
