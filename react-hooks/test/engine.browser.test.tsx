/** Where a provider finds the engine. First in its page: the engine is loaded once. */
import type { AimDbError, WasmSource } from '@aimdb/wasm';
import { expect, test } from 'vitest';
import { render } from 'vitest-browser-react';
import { AimDbProvider, useAimDb } from '../src/index.js';
import { RECORDS } from './database.js';

const FILE = new URL('../../client/wasm/engine_bg.wasm', import.meta.url);

function Keys() {
  return <output>{useAimDb()?.keys().length ?? 'making'}</output>;
}

test('the engine is loaded from the place that is named, and from another one when that was wrong', async () => {
  const told: string[] = [];
  const asked: string[] = [];
  const page = (wasm: WasmSource) => (
    <AimDbProvider
      options={{ records: RECORDS }}
      wasm={wasm}
      keepMs={0}
      onError={(error: AimDbError) => told.push(error.code)}
      errorFallback={(error, retry) => (
        <button type="button" onClick={retry}>
          {(error as AimDbError).code}
        </button>
      )}
    >
      <Keys />
    </AimDbProvider>
  );
  const { fetch } = globalThis;
  globalThis.fetch = (place, ...rest) => {
    asked.push(String(place));
    return fetch(place, ...rest);
  };
  // No module, whoever answers.
  const screen = await render(page(new Uint8Array([0, 1, 2, 3])));
  await expect.element(screen.getByRole('button')).toHaveTextContent('INIT_FAILED');
  await screen.rerender(page(FILE));
  expect(told).toEqual(['INIT_FAILED']);
  await screen.getByRole('button').click();
  await expect.element(screen.getByRole('status')).toHaveTextContent('3');
  expect(asked).toEqual([FILE.href]);
  globalThis.fetch = fetch;
});
