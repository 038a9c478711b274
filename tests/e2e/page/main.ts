/** A bare page with the engine on `window`, for stories that look below the dashboard. */
import init, * as aimdb from '@aimdb/wasm';

await init();
Object.assign(window, { aimdb });
document.title = 'ready';
