/** A test's own room of the hub, in Node and in a browser. */
import type { BridgeOptions, WebSocketConstructor } from '@aimdb/wasm';
import { inject } from 'vitest';

let rooms = 0;

export class Room {
  readonly #name = `room-${typeof window}-${Math.random()}-${rooms++}`;

  get url(): string {
    return `ws://${inject('hub')}/${this.#name}`;
  }

  /** Commands the hub; gives the frames that it heard so far. */
  async #command(name: string, body = ''): Promise<string[]> {
    const address = `http://${inject('hub')}/${this.#name}/${name}`;
    const response = await fetch(address, { method: 'POST', body });
    return (await response.json()) as string[];
  }

  publish(topic: string, payload: unknown): Promise<unknown> {
    return this.#command('publish', JSON.stringify({ topic, payload }));
  }
  send(text: string): Promise<unknown> {
    return this.#command('send', text);
  }
  sendBinary(text: string): Promise<unknown> {
    return this.#command('binary', text);
  }
  /** Ends the connections that there are. */
  drop(): Promise<unknown> {
    return this.#command('drop');
  }
  /** Ends the connections and takes no new ones until `open`. */
  close(): Promise<unknown> {
    return this.#command('close');
  }
  open(): Promise<unknown> {
    return this.#command('open');
  }
  /** Answers nothing any more. */
  silence(): Promise<unknown> {
    return this.#command('silence');
  }
  heard(): Promise<string[]> {
    return this.#command('heard');
  }
}

/** The platform's socket, or that of the package `ws` in Node. */
const ws = 'ws';
export const PlatformSocket: WebSocketConstructor =
  typeof window === 'undefined'
    ? ((await import(/* @vite-ignore */ ws)) as { WebSocket: WebSocketConstructor }).WebSocket
    : WebSocket;

/** Quick retries, and a socket everywhere. */
export const QUICK: BridgeOptions = {
  backoffMinMs: 20,
  backoffMaxMs: 50,
  WebSocket: PlatformSocket,
};
