/** Which React the suites of this project run over: an alias that is not taken would test one of them twice. */
/// <reference types="vite/client" />
import { version } from 'react';
import { version as versionOfDom } from 'react-dom';
import { expect, test } from 'vitest';

test('the React of the project is the one that is used', () => {
  expect([version, versionOfDom].map((text) => text.split('.')[0])).toEqual([
    import.meta.env.AIMDB_REACT,
    import.meta.env.AIMDB_REACT,
  ]);
});
