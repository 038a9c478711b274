/**
 * The server's fan-out and what an idle connection costs it: our binary, a floor and a peer, measured by the
 * crate in bench/fanout. Takes as long as cargo needs to build them.
 */
import { execFileSync } from 'node:child_process';
import { median } from './harness.mjs';
import { root } from './sizes.mjs';

const GOALS = { 1: { ratio: 1.25 }, 32: { ratio: 1.5 } };
const IDLE_BYTES_MAX = 2048;
/** A run that shows that every hub hands out what it should, with builds that take little time. */
const SHORT = {
  profile: 'dev',
  options: ['--clients', '40', '--idle', '40', '--rounds', '1', '--ms', '1', '--starts', '1'],
};
const WHOLE = { profile: 'release', options: [] };

/** Rows as `measure` gives them, each sample of ours beside that of the floor in the same round. */
export function fanoutRows({ isShort }) {
  const { profile, options } = isShort ? SHORT : WHOLE;
  const target = `${root}${process.env.CARGO_TARGET_DIR ?? 'target'}`;
  const cargo = (command, ...more) =>
    execFileSync('cargo', [command, '--quiet', '--profile', profile, ...more], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, CARGO_TARGET_DIR: target },
    });
  const crate = ['--locked', '--manifest-path', 'bench/fanout/Cargo.toml'];
  cargo('build', '--package', 'aimdb-server');
  cargo('build', ...crate);
  const server = `${target}/${profile === 'dev' ? 'debug' : profile}/aimdb-server`;
  const output = cargo('run', ...crate, '--', server, ...options);
  const rows = output.trim().split('\n').map(parsed);
  if (rows.length === 0) throw new Error('the fan-out printed no rows');
  return rows;
}

function parsed(line) {
  const { what, clients, burst, results } = JSON.parse(line);
  const count = clients.toLocaleString('en');
  if (what === 'memory') {
    const goal = { value: IDLE_BYTES_MAX };
    const name = `resident memory of an idle connection, of ${count}`;
    return { name, unit: 'bytes', floor: 'floor', goal, results: judged(results) };
  }
  const bursts = burst === 1 ? 'one message at a time' : `bursts of ${burst}`;
  const name = `a message to one of ${count} clients, ${bursts}`;
  return { name, unit: 'ns', floor: 'floor', goal: GOALS[burst], results: judged(results) };
}

/** Medians, and the ratios of the rounds from the lowest to the highest. */
function judged(results) {
  const { samples: floor } = results.find(({ label }) => label === 'floor');
  return results.map(({ label, samples }) => {
    const ratios = samples.map((sample, round) => sample / floor[round]);
    return {
      label,
      value: median(samples),
      ratio: median(ratios),
      spread: [Math.min(...ratios), Math.max(...ratios)],
    };
  });
}
