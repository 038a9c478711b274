import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['stories/*.test.ts'],
    globalSetup: ['harness/api-page.ts'],
    // Each story has its own server and pages; one at a time keeps a small machine honest.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
