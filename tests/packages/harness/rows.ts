/** The rows of a family as tests: each app is installed once, and its rows run one after the other. */
import { cp } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import type { Builds, Check, InTab, Place, Runs, Serves } from '../places/place.js';
import { type App, install } from './apps.js';
import { run, whileServing } from './command.js';
import { whileFilesAreServed } from './files.js';
import { type Tabs, tabs, threeValues } from './tab.js';

const isNight = process.env.AIMDB_PACKAGES_ALL === '1';

export function rows(places: readonly Place[]): void {
  const browser = tabs();
  const apps = new Map<App, Place[]>();
  for (const place of places) apps.set(place.app, [...(apps.get(place.app) ?? []), place]);
  for (const [app, rowsOfApp] of apps) {
    const isNeeded = isNight || rowsOfApp.some((place) => !place.isSlow);
    describe.runIf(isNeeded)(app.name, () => {
      let folder: string;
      beforeAll(async () => {
        folder = await install(app, inject('tarballs'));
      });
      for (const place of rowsOfApp) {
        test.runIf(isNight || !place.isSlow)(place.name, async () => {
          const looked = look(place.check, folder, browser);
          if (place.broken === undefined) await looked;
          else await expect(looked, place.broken.why).rejects.toThrow(place.broken.fails);
        });
      }
    });
  }
}

function look(check: Check, folder: string, browser: Tabs): Promise<void> {
  if (check.kind === 'runs') return lookAtRun(check, folder);
  return check.kind === 'serves'
    ? lookAtServer(check, folder, browser)
    : lookAtBuild(check, folder, browser);
}

async function lookAtServer(check: Serves, folder: string, browser: Tabs): Promise<void> {
  const environment = { AIMDB_SERVER_URL: inject('socket'), ...check.environment };
  for (const command of check.first ?? []) await run(folder, command, environment);
  await whileServing(folder, check.command, environment, async (address, log) => {
    await lookAtPage(check, address, browser).catch((error: Error) => {
      throw new Error(`${error.message}\n--- ${check.command.join(' ')}\n${log()}`);
    });
  });
}

async function lookAtBuild(check: Builds, folder: string, browser: Tabs): Promise<void> {
  const environment = { AIMDB_SERVER_URL: inject('socket'), ...check.environment };
  for (const command of check.commands) await run(folder, command, environment);
  const served = join(folder, check.folder);
  for (const file of check.copies ?? []) await cp(join(folder, file), join(served, basename(file)));
  await whileFilesAreServed(served, (address) => lookAtPage(check, address, browser), check);
}

async function lookAtPage(check: InTab, address: string, browser: Tabs): Promise<void> {
  const query = new URLSearchParams({ server: inject('socket') });
  const see = check.see ?? ((page, errors) => threeValues(page, errors, { tells: check.tells }));
  await browser.look(`${address}${check.path ?? '/'}?${query}`, see, check.before);
}

async function lookAtRun(check: Runs, folder: string): Promise<void> {
  const environment = { AIMDB_SERVER_URL: inject('socket'), ...check.environment };
  let printed = '';
  for (const command of check.commands) printed = await run(folder, command, environment);
  expect(printed).toMatch(check.prints);
}
