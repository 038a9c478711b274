import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

const executablePath = process.env.AIMDB_CHROMIUM ?? '/usr/bin/chromium';

export default defineConfig({
  // A cold cache must not make vite reload the page in the middle of a test.
  optimizeDeps: { include: ['react', 'react-dom/client', 'react/jsx-dev-runtime'] },
  test: {
    globalSetup: ['test/support/fresh.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'chromium',
          include: ['test/*.browser.test.tsx'],
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
      {
        extends: true,
        test: { name: 'server', include: ['test/*.node.test.tsx'], environment: 'node' },
      },
    ],
  },
});
