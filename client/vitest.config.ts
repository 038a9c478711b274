import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

const executablePath = process.env.AIMDB_CHROMIUM ?? '/usr/bin/chromium';

// The same tests run in Node and in Chromium, over the built package and the real engine.
const EVERYWHERE = 'test/**/*.test.ts';
const NODE_ONLY = 'test/**/*.node.test.ts';
const BROWSER_ONLY = 'test/**/*.browser.test.ts';
/** What does not run on the engine of records, or chooses it by itself. */
const OTHER_ENGINES = [
  'test/{store,storage,json-schema,loading}/**',
  'test/**/{types,circles,codes,fresh}.node.test.ts',
];

/** Vitest writes into what it is given: each project has its own. */
const browser = (name: string) => ({
  enabled: true,
  headless: true,
  screenshotFailures: false,
  provider: playwright({
    launchOptions: { executablePath, args: ['--no-sandbox', '--disable-gpu'] },
  }),
  instances: [{ browser: 'chromium' as const, name: `${name} (chromium)` }],
});

export default defineConfig({
  test: {
    globalSetup: ['test/support/fresh.ts', 'test/support/hub.ts', 'test/support/doors.ts'],
    projects: [
      ...(['wasm', 'js'] as const).flatMap((engine) => {
        const name = (place: string) => (engine === 'wasm' ? place : `${place}-${engine}`);
        const others = engine === 'wasm' ? [] : OTHER_ENGINES;
        const provide = { engine };
        return [
          {
            extends: true as const,
            test: {
              name: name('node'),
              include: [EVERYWHERE],
              exclude: [BROWSER_ONLY, ...others],
              environment: 'node',
              provide,
            },
          },
          {
            extends: true as const,
            test: {
              name: name('chromium'),
              include: [EVERYWHERE],
              exclude: [NODE_ONLY, ...others],
              browser: browser(name('chromium')),
              provide,
            },
          },
        ];
      }),
    ],
  },
});
