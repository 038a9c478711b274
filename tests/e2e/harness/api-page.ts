/** Builds the bare pages once per run and serves them from a port of their own, apart from any AimDB server. */
import { fileURLToPath } from 'node:url';
import { build, preview } from 'vite';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    apiPage: string;
  }
}

const root = fileURLToPath(new URL('../page', import.meta.url));

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const common = { root, configFile: false, logLevel: 'warn' } as const;
  const input = ['index.html', 'storage.html', 'field.html', 'engines.html'].map(
    (page) => `${root}/${page}`,
  );
  const rolldownOptions = { input };
  await build({ ...common, build: { target: 'es2022', emptyOutDir: true, rolldownOptions } });
  const server = await preview({
    ...common,
    preview: { port: 0, host: '127.0.0.1', allowedHosts: ['field.test'] },
  });
  const address = server.resolvedUrls?.local[0];
  if (!address) throw new Error('the bare page has no address');
  project.provide('apiPage', address);
  return () => server.close();
}
