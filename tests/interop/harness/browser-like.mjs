/**
 * What the published client expects of its surroundings and Node 20 lacks: a WebSocket, a window whose
 * timer it retries with, and a `fetch` that reads the wasm file beside a module. Import it first.
 */
import { readFile } from 'node:fs/promises';
import { WebSocket } from 'ws';

const fetchOverNetwork = globalThis.fetch;

/**
 * @param {string | URL | Request} source
 * @param {RequestInit} [options]
 */
async function fetchFilesToo(source, options) {
  const address = source instanceof Request ? source.url : String(source);
  if (!address.startsWith('file:')) return await fetchOverNetwork(source, options);
  const headers = { 'content-type': 'application/wasm' };
  return new Response(new Uint8Array(await readFile(new URL(address))), { headers });
}

/**
 * A listener that throws is reported and ends nothing, as in a browser. The published client's does:
 * after `disconnect()` the socket's close event finds its closure gone.
 */
class BrowserLikeSocket extends WebSocket {
  /**
   * @override
   * @param {any} type
   * @param {any} listener
   * @param {any} [options]
   */
  addEventListener(type, listener, options) {
    const reporting = (/** @type {Event} */ event) => {
      try {
        listener(event);
      } catch (error) {
        console.error(error);
      }
    };
    super.addEventListener(type, reporting, options);
  }
}

/** The client asks whether the global object is one. */
function Window() {}
Object.defineProperty(Window, Symbol.hasInstance, {
  value: (/** @type {unknown} */ object) => object === globalThis,
});

Object.assign(globalThis, {
  WebSocket: BrowserLikeSocket,
  fetch: fetchFilesToo,
  window: globalThis,
  Window,
});
