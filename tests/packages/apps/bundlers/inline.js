/** The same page, with both engines in its JavaScript. */
import init from '@aimdb/wasm/inline';
import initStores from '@aimdb/wasm/store/inline';

await Promise.all([init(), initStores()]);
await import('./main.js');
