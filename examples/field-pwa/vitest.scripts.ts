import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['scripts/*.ts'], testTimeout: 300_000 } });
