/** Runs a file of pipeline vectors and prints what fails: `npm run vectors -- FILE`. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { runFile } from './cases.js';

process.exitCode = main(process.argv[2]);

function main(given: string | undefined): number {
  if (given === undefined) {
    console.error('give the file of vectors');
    return 2;
  }
  // npm changes the directory; what a person types is relative to where they are.
  const path = resolve(process.env.INIT_CWD ?? process.cwd(), given);
  try {
    const { passed, failures } = runFile(JSON.parse(readFileSync(path, 'utf8')));
    for (const { id, expected, got } of failures) {
      console.log(`${id}\n  expected ${expected}\n  got      ${got}`);
    }
    console.log(`${passed} passed, ${failures.length} failed`);
    return failures.length === 0 ? 0 : 1;
  } catch (error) {
    console.error(`${path}: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
}
