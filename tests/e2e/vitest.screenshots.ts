import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['scripts/screenshots.ts'], testTimeout: 180_000 },
});
