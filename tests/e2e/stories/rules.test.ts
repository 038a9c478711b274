/** The page of rules: a form, a cart and a firehose, with the server gone and the network off. */
import { cpSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, expect, test } from 'vitest';
import {
  ALARM_ABOVE,
  CORNER_PATHS,
  CORNERS,
  FIELD_COUNT,
  PROBE_PATHS,
  SIDE,
  WATCHED_PATHS,
} from '../../../examples/rules-demo/src/firehose/field.js';
import { colorOf } from '../../../examples/rules-demo/src/firehose/palette.js';
import { Source } from '../../../examples/rules-demo/src/firehose/source.js';
import { storyTabs } from '../harness/chromium.js';
import { DASHBOARD_FILES, Server } from '../harness/server.js';

const tabs = storyTabs();
let server: Server;

afterEach(() => server.kill());

const untilReady = (page: Page) => page.getByRole('heading', { name: 'A firehose' }).waitFor();

/** Opens the page where the demo server has it. */
async function open(files = DASHBOARD_FILES): Promise<Page> {
  server = await Server.start(files);
  return tabs.open(`${server.page}rules/`);
}

/** Opens the page, and takes server and network away as soon as it stands. */
async function openAlone(): Promise<Page> {
  const page = await open();
  await untilReady(page);
  await page.context().setOffline(true);
  await server.kill();
  return page;
}

/** What a VAT number is called, by country. */
const VAT_LABEL = /UID number|MWST number|USt-IdNr/;

/** The newest entries of a log, newest first: what was written, and through which rules. */
async function newest(page: Page, log: string, count: number): Promise<string[]> {
  const entries = page.getByRole('article', { name: log }).getByRole('listitem');
  const texts = await entries.evaluateAll((items) =>
    items.map((item) => [...item.children].map((part) => part.textContent).join(' | ')),
  );
  return texts.slice(0, count);
}

test('the page asks for its own three files, and says so while the engine is on its way', async () => {
  const page = await open();
  await untilReady(page);
  const loaded = await page.evaluate(() =>
    performance.getEntriesByType('resource').map(({ name }) => name),
  );
  const own = loaded.map((url) =>
    url.replace(`${server.page}rules/`, '').replace(/-[\w-]{8}\./, '.'),
  );
  expect(own.sort()).toEqual(['assets/index.css', 'assets/index.js', 'assets/pipeline_bg.wasm']);

  let arrive = () => {};
  const arrival = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  await page.route('**/*.wasm', async (route) => {
    await arrival;
    await route.continue();
  });
  await page.reload();
  await page.getByRole('status').filter({ hasText: 'Loading the engine' }).waitFor();
  expect(await page.getByRole('heading', { level: 2 }).count()).toBe(0);
  arrive();
  await untilReady(page);
  expect(tabs.errors).toEqual([]);
});

test('an engine that cannot be loaded is an error that one sees, and may try again', async () => {
  const files = mkdtempSync(join(tmpdir(), 'aimdb-rules-'));
  try {
    cpSync(join(DASHBOARD_FILES, 'rules'), join(files, 'rules'), { recursive: true });
    const assets = join(files, 'rules/assets');
    const wasm = readdirSync(assets).find((name) => name.endsWith('.wasm')) ?? '';
    const [there, away] = [join(assets, wasm), join(files, 'away')];
    renameSync(there, away);
    const page = await open(files);
    const alert = page.getByRole('alert');
    await alert.getByText('the engine could not be loaded').waitFor();
    renameSync(away, there);
    await alert.getByRole('button', { name: 'Try again' }).click();
    await untilReady(page);
    expect(await alert.count()).toBe(0);
  } finally {
    rmSync(files, { recursive: true });
  }
});

test('fields of the form appear, follow, exclude each other and are cleared', async () => {
  const page = await openAlone();
  const form = page.getByRole('form', { name: 'Order' });
  const billing = form.getByRole('group', { name: 'Billing' });
  const delivery = form.getByRole('group', { name: 'Delivery' });

  // Condition, choice and clear: the VAT number.
  expect(await form.getByLabel(VAT_LABEL).count()).toBe(0);
  await form.getByRole('radio', { name: 'company' }).check();
  await form.getByLabel('UID number').fill('ATU12345678');
  await billing.getByLabel('Country').selectOption('Germany');
  expect(await form.getByLabel('USt-IdNr.').inputValue()).toBe('ATU12345678');
  await form.getByRole('radio', { name: 'private' }).check();
  expect(await form.getByLabel(VAT_LABEL).count()).toBe(0);
  expect(await newest(page, 'Changes of the order', 3)).toEqual([
    'checks.vatNumber = true',
    'customer.vatNumber = null | clear',
    'customer.kind = "private"',
  ]);
  await form.getByRole('radio', { name: 'company' }).check();
  expect(await form.getByLabel(VAT_LABEL).inputValue()).toBe('');

  // One-way pairs, and a region that belongs to its country.
  await billing.getByLabel('City').fill('Passau');
  expect(await delivery.getByLabel('City').inputValue()).toBe('Passau');
  await billing.getByLabel('Region').selectOption('Bavaria');
  expect(await delivery.getByLabel('Region').inputValue()).toBe('Bavaria');
  await billing.getByLabel('Country').selectOption('Austria');
  for (const address of [billing, delivery]) {
    expect(await address.getByLabel('Country').inputValue()).toBe('AT');
    expect(await address.getByLabel('Region').inputValue()).toBe('');
    const regions = await address.getByLabel('Region').getByRole('option').allTextContents();
    expect(regions).toEqual(['choose', 'Styria', 'Tyrol', 'Vienna']);
  }
  expect((await newest(page, 'Changes of the order', 4)).sort()).toEqual([
    'billing.country = "AT"',
    'billing.region = null | clear',
    'delivery.country = "AT" | sync',
    'delivery.region = null | sync | clear',
  ]);

  // Flip: either radio button switches the other off, and the pairs come and go with it.
  const [same, elsewhere] = [
    form.getByRole('radio', { name: 'deliver to the billing address' }),
    form.getByRole('radio', { name: 'deliver elsewhere' }),
  ];
  await elsewhere.check();
  expect(await same.isChecked()).toBe(false);
  expect(await newest(page, 'Changes of the order', 2)).toEqual([
    'delivery.isSameAsBilling = false | flip',
    'delivery.isElsewhere = true',
  ]);
  await delivery.getByLabel('City').fill('Linz');
  await billing.getByLabel('City').fill('Graz');
  expect(await delivery.getByLabel('City').inputValue()).toBe('Linz');
  await same.check();
  expect(await elsewhere.isChecked()).toBe(false);
  expect(await delivery.getByLabel('City').inputValue()).toBe('Graz');
  expect(await delivery.getByLabel('City').isEditable()).toBe(false);
  expect(tabs.errors).toEqual([]);
});

test('what a schema finds is shown and goes, and the order can be sent when all is well', async () => {
  const page = await openAlone();
  const form = page.getByRole('form', { name: 'Order' });
  const send = form.getByRole('button', { name: 'Send the order' });
  const email = form.getByLabel('E-mail');

  expect(await send.isDisabled()).toBe(true);
  await email.fill('office@');
  await email.blur();
  await form.getByText('Not an e-mail address.').waitFor();
  expect(await email.getAttribute('aria-invalid')).toBe('true');
  await email.fill('office@example.org');
  await expect.poll(() => form.getByText('Not an e-mail address.').count()).toBe(0);
  expect(await email.getAttribute('aria-invalid')).toBe('false');

  await form.getByLabel('Name').fill('Wetter & Co');
  await form.getByRole('group', { name: 'Billing' }).getByLabel('City').fill('Graz');
  expect(await form.getByText(/^Deliver to/).count()).toBe(0);
  await form.getByLabel('Date').fill('2026-12-01');
  await form.getByText('Deliver to Graz by 2026-12-01').waitFor();
  expect(await send.isDisabled()).toBe(false);

  // The schema of the VAT number looks at three fields: each of them can make it fail.
  await form.getByRole('radio', { name: 'company' }).check();
  expect(await send.isDisabled()).toBe(true);
  await form.getByLabel(VAT_LABEL).fill('ATU12345678');
  expect(await send.isDisabled()).toBe(false);
  await form.getByLabel(VAT_LABEL).blur();
  await form.getByLabel('Country').first().selectOption('Switzerland');
  await form.getByText('Does not fit the country.').waitFor();
  expect(await send.isDisabled()).toBe(true);
  await form.getByLabel('Country').first().selectOption('Austria');
  await send.click();
  await form.getByText('Sent: Deliver to Graz by 2026-12-01').waitFor();
  expect(tabs.errors).toEqual([]);
});

test('the cart adds up, one box stands for all, and rules come and go with lines', async () => {
  const page = await openAlone();
  const cart = page.getByRole('table', { name: 'Cart' });
  const box = (name: string) => cart.getByRole('checkbox', { name });
  const all = box('All selected');
  const sums = async () => [
    await cart.getByTestId('pieces').textContent(),
    await cart.getByTestId('sum').textContent(),
  ];
  const isHalf = () =>
    all.evaluate((input) => input instanceof HTMLInputElement && input.indeterminate);

  expect(await sums()).toEqual(['3', '€78.35']);
  await cart.getByLabel('Pieces of Barometer').fill('3');
  expect(await sums()).toEqual(['5', '€169.35']);
  expect(await newest(page, 'Changes of the cart', 4)).toEqual([
    'sumCents = 16935 | computation | listener',
    'lines.2.totalCents = 13650 | listener',
    'pieces = 5 | computation',
    'lines.2.quantity = 3',
  ]);

  // The box is what the lines have in common, and writes them all.
  expect([await all.isChecked(), await isHalf()]).toEqual([true, false]);
  await box('Thermometer selected').uncheck();
  expect([await all.isChecked(), await isHalf()]).toEqual([false, true]);
  expect(await sums()).toEqual(['4', '€149.45']);
  await all.check();
  expect(await box('Thermometer selected').isChecked()).toBe(true);
  expect(await sums()).toEqual(['5', '€169.35']);

  // What is sold out counts nowhere, and is not written.
  await box('Rain gauge sold out').check();
  expect(await sums()).toEqual(['4', '€156.40']);
  await all.uncheck();
  expect(await sums()).toEqual(['0', '€0.00']);
  expect(await box('Rain gauge selected').isChecked()).toBe(true);
  expect([await all.isChecked(), await isHalf()]).toEqual([false, false]);

  // A line that is added takes part, and one that is removed does not.
  await page.getByRole('button', { name: 'Add a line' }).click();
  expect(await sums()).toEqual(['1', '€89.00']);
  expect(await isHalf()).toBe(true);
  for (const name of ['Thermometer', 'Barometer', 'Rain gauge']) {
    await cart.getByRole('button', { name: `Remove ${name}` }).click();
  }
  expect(await cart.getByTestId('total').count()).toBe(1);
  expect([await all.isChecked(), await isHalf()]).toEqual([true, false]);
  expect(await sums()).toEqual(['1', '€89.00']);
  await cart.getByRole('button', { name: 'Remove Anemometer' }).click();
  expect(await sums()).toEqual(['0', '€0.00']);
  expect(tabs.errors).toEqual([]);
});

/** The feed a second time, here: what the page has to show after as many frames. */
class Replay {
  readonly source = new Source();
  /** Watched cells that changed since the count was last set. */
  renders = 0;

  at(path: string): number | undefined {
    const [, row, column] = path.split('.').map(Number);
    return this.source.values[(row ?? 0) * SIDE + (column ?? 0)];
  }

  watched(): (number | undefined)[] {
    return WATCHED_PATHS.map((path) => this.at(path));
  }

  run(frames: number, changedCount: number): void {
    this.renders = 0;
    for (let frame = 0; frame < frames; frame += 1) {
      const before = this.watched();
      this.source.advance(changedCount);
      this.renders += this.watched().filter((value, at) => value !== before[at]).length;
    }
  }
}

/** The part of the page with the feed. */
class Hose {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async total(engine: 'wasm' | 'twin', name: string): Promise<number> {
    const text = await this.page.getByTestId(`${engine}: ${name}`).textContent();
    return text === '–' ? 0 : Number(text?.replaceAll(',', ''));
  }

  /** Runs for at least so many frames; returns how many there are now. */
  async run(engine: 'wasm' | 'twin', atLeast: number): Promise<number> {
    await this.page.getByRole('button', { name: 'Start the feed' }).click();
    await expect
      .poll(() => this.total(engine, 'frames'), { timeout: 30_000 })
      .toBeGreaterThanOrEqual(atLeast);
    await this.page.getByRole('button', { name: 'Pause the feed' }).click();
    return this.total(engine, 'frames');
  }

  async text(testId: string): Promise<string | null> {
    return this.page.getByTestId(testId).textContent();
  }

  /** The colour of every pixel of the map. */
  async pixels(): Promise<number[][]> {
    const data = await this.page.getByRole('img', { name: 'Heat map' }).evaluate((canvas) => {
      if (!(canvas instanceof HTMLCanvasElement)) return [];
      const context = canvas.getContext('2d');
      return [...(context?.getImageData(0, 0, canvas.width, canvas.height).data ?? [])];
    });
    return Array.from({ length: data.length / 4 }, (_, at) => data.slice(at * 4, at * 4 + 3));
  }
}

/** Everything that the feed reaches shows what it has to. */
async function expectShown(hose: Hose, replay: Replay): Promise<void> {
  const cells = hose.page.getByRole('list', { name: 'Watched cells' }).getByRole('listitem');
  const watched = replay.watched();
  expect((await cells.allTextContents()).map(Number)).toEqual(watched);
  for (const corner of CORNERS) {
    expect(Number(await hose.text(corner))).toBe(replay.at(CORNER_PATHS[corner]));
  }
  const alarms = watched.filter((degrees = 0) => degrees > ALARM_ABOVE);
  expect(await hose.text('alarms')).toBe(String(alarms.length));
  const probes = new Set(PROBE_PATHS.map((path) => replay.at(path)));
  const [common] = probes;
  expect(await hose.text('probes')).toBe(probes.size === 1 ? `agree on ${common}°` : 'differ');
  const expected = Array.from(replay.source.values, (degrees) => [...colorOf(degrees)]);
  expect(await hose.pixels()).toEqual(expected);
}

for (const engine of ['wasm', 'twin'] as const) {
  test(`the firehose keeps exactly what changed, and shows it (${engine})`, async () => {
    const page = await openAlone();
    const hose = new Hose(page);
    const replay = new Replay();
    if (engine === 'twin') await page.getByRole('radio', { name: 'TypeScript twin' }).check();
    await expectShown(hose, replay);

    for (const [stop, changedCount, atLeast] of [
      ['1', 100, 120],
      ['0', 0, 60],
      ['2', 1_000, 60],
      ['3', FIELD_COUNT, 30],
      ['0', 0, 30],
    ] as const) {
      await page.getByLabel('Changes in a frame').fill(stop);
      const frames = await hose.run(engine, atLeast);
      replay.run(frames, changedCount);
      expect(await hose.total(engine, 'fields offered')).toBe(frames * FIELD_COUNT);
      expect(await hose.total(engine, 'fields kept')).toBe(frames * changedCount);
      expect(await hose.total(engine, 'renders of cells')).toBe(replay.renders);
      expect(await hose.text(`${engine}: dropped`)).toBe(`${100 - changedCount / 100}%`);
      await expectShown(hose, replay);
    }
    expect(await hose.text(`${engine}: ingest, average`)).toMatch(/^\d+\.\d\d ms$/);
    expect(tabs.errors).toEqual([]);
  });
}

test('totals go on after a pause, and begin anew with another share', async () => {
  const page = await openAlone();
  const hose = new Hose(page);
  const first = await hose.run('wasm', 10);
  const second = await hose.run('wasm', first + 10);
  expect(await hose.total('wasm', 'fields kept')).toBe(second * 100);
  await page.getByLabel('Changes in a frame').fill('2');
  expect(await hose.text('wasm: frames')).toBe('–');
  const third = await hose.run('wasm', 10);
  expect(await hose.total('wasm', 'fields kept')).toBe(third * 1_000);
  expect(tabs.errors).toEqual([]);
});
