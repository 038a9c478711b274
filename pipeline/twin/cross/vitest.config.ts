import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['cross/*.cross.ts'], testTimeout: 600_000, disableConsoleIntercept: true },
});
