/**
 * Bundles the stores that ours is measured beside, as an application would: without a bundler several
 * of them run their development build.
 */
import { defineConfig } from 'vite';

export default defineConfig({
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    lib: { entry: 'src/peers.mjs', formats: ['es'], fileName: () => 'peers.mjs' },
    outDir: 'out',
    minify: false,
  },
});
