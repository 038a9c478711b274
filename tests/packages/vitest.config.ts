import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['matrix/*.test.ts'],
    globalSetup: ['harness/world.ts'],
    // A line for each row as it ends.
    reporters: ['verbose'],
    // Installing, building and a page need a core each, at times; a small machine has two.
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
