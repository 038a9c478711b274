import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

const executablePath = process.env.AIMDB_CHROMIUM ?? '/usr/bin/chromium';

const react18 = fileURLToPath(new URL('../tests/react-18/node_modules', import.meta.url));

/** The same suites over each React. */
const REACTS = [
  { version: '19', alias: [] },
  {
    version: '18',
    alias: [{ find: /^(react|react-dom)(\/.*)?$/, replacement: `${react18}/$1$2` }],
  },
];

const projects = REACTS.flatMap(({ version, alias }): TestProjectInlineConfiguration[] => [
  {
    resolve: { alias },
    cacheDir: `node_modules/.vite-react-${version}`,
    // A cold cache must not make vite reload the page in the middle of a test.
    optimizeDeps: {
      include: ['react', 'react-dom/client', 'react/jsx-runtime', 'react/jsx-dev-runtime'],
    },
    test: {
      name: `react-${version}`,
      include: ['test/*.browser.test.tsx'],
      setupFiles: ['test/support/quiet.ts'],
      env: { AIMDB_REACT: version },
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({
          launchOptions: { executablePath, args: ['--no-sandbox', '--disable-gpu'] },
        }),
        instances: [{ browser: 'chromium', name: `chromium-react-${version}` }],
      },
    },
  },
  {
    resolve: { alias },
    test: {
      name: `server-react-${version}`,
      include: ['test/*.node.test.tsx'],
      // The types are those of 19 for both.
      exclude: version === '19' ? [] : ['test/types.node.test.tsx'],
      setupFiles: ['test/support/quiet.ts'],
      env: { AIMDB_REACT: version },
      environment: 'node',
    },
  },
]);

export default defineConfig({ test: { globalSetup: ['test/support/fresh.ts'], projects } });
