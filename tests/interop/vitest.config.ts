import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['stories/*.test.ts'],
    setupFiles: ['harness/browser-like.mjs'],
    // The published client logs each topic that it has no record for.
    silent: 'passed-only',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
