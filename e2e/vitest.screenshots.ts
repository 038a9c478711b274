import { mergeConfig } from 'vitest/config';
import stories from './vitest.config.js';

export default mergeConfig(stories, {
  test: { include: ['scripts/screenshots.ts'], testTimeout: 180_000 },
});
