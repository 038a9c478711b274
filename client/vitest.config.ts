import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

const executablePath = process.env.AIMDB_CHROMIUM ?? '/usr/bin/chromium';

// The same tests run in Node and in Chromium, over the built package and the real engine.
const EVERYWHERE = 'test/**/*.test.ts';
const NODE_ONLY = 'test/**/*.node.test.ts';
const BROWSER_ONLY = 'test/**/*.browser.test.ts';

export default defineConfig({
  test: {
    globalSetup: ['test/support/fresh.ts', 'test/support/hub.ts', 'test/support/doors.ts'],
    projects: [
      {
        extends: true,
        test: { name: 'node', include: [EVERYWHERE], exclude: [BROWSER_ONLY], environment: 'node' },
      },
      {
        extends: true,
        test: {
          name: 'chromium',
          include: [EVERYWHERE],
          exclude: [NODE_ONLY],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { executablePath, args: ['--no-sandbox', '--disable-gpu'] },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
