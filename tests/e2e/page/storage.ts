/** A page with nothing but the storage of the device, for stories that drive it from outside. */
import * as storage from '@aimdb/wasm/storage';

Object.assign(globalThis, { storage });
document.title = 'ready';
