/**
 * A network between pages and their server that a story can break: a TCP proxy.
 *
 * Guarantees: what passes is what was sent, in order, up to a cut; a storm is the same for the same seed, as far as
 * the clocks of two machines allow. Does not: know WebSockets, but for the page of a captive portal.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { mulberry } from './random.js';

export type Direction = 'up' | 'down';

/** Bytes that wait in a stalled direction before the sender is not read any more. */
const HELD_BYTES_MAX = 256 * 1024;
/** How often a slow line lets something through. */
const SLOW_EVERY_MS = 20;

/** What the network does to bytes, until it heals. */
interface Weather {
  readonly stalled: Set<Direction>;
  delayMs: number;
  bytesPerSecond: number;
  /** After so many bytes, in the middle of whatever they belong to, the connection is cut. */
  cutAfterBytes: number;
}

const CLEAR = { delayMs: 0, bytesPerSecond: Infinity, cutAfterBytes: Infinity };

/** One direction of one connection. */
class Pump {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #direction: Direction;
  readonly #weather: Weather;
  #held: Buffer = Buffer.alloc(0);
  #isAtEnd = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(from: Socket, to: Socket, direction: Direction, weather: Weather) {
    this.#from = from;
    this.#to = to;
    this.#direction = direction;
    this.#weather = weather;
    from.on('data', (bytes) => {
      this.#held = Buffer.concat([this.#held, bytes]);
      if (this.#held.length > HELD_BYTES_MAX) from.pause();
      this.flow(weather.delayMs);
    });
    from.on('end', () => {
      this.#isAtEnd = true;
      this.flow();
    });
    from.on('close', () => clearTimeout(this.#timer));
  }

  /** Lets through what may pass, after a while if one is named. */
  flow(afterMs = 0): void {
    if (this.#timer !== undefined) return;
    if (afterMs > 0) {
      this.#flowAfter(afterMs);
      return;
    }
    const { stalled, bytesPerSecond, cutAfterBytes } = this.#weather;
    if (stalled.has(this.#direction)) return;
    const isSlow = bytesPerSecond < Infinity;
    const atOnce = isSlow ? Math.ceil((bytesPerSecond * SLOW_EVERY_MS) / 1000) : Infinity;
    const bytes = this.#held.subarray(0, Math.min(atOnce, cutAfterBytes, this.#held.length));
    this.#held = this.#held.subarray(bytes.length);
    if (this.#held.length <= HELD_BYTES_MAX) this.#from.resume();
    this.#weather.cutAfterBytes -= bytes.length;
    if (bytes.length > 0 && this.#to.writable) this.#to.write(bytes);
    if (this.#weather.cutAfterBytes <= 0 && bytes.length > 0) {
      // What was written has to leave first.
      setTimeout(() => this.#to.destroy(), SLOW_EVERY_MS);
      this.#from.resetAndDestroy();
    } else if (this.#held.length > 0) this.#flowAfter(SLOW_EVERY_MS);
    else if (this.#isAtEnd) this.#to.end();
  }

  #flowAfter(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.flow();
    }, ms);
  }
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  readonly pumps: readonly Pump[];
}

export class Chaos {
  readonly #port: number;
  readonly #server: Server;
  readonly #weather: Weather = { stalled: new Set(), ...CLEAR };
  readonly #links = new Set<Link>();
  #isRefusing = false;
  #portal: string | null = null;
  /** Connections that were opened, also those that came to nothing. */
  opened = 0;

  private constructor(port: number) {
    this.#port = port;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  }

  /** A network before the server that listens on this port of this machine. */
  static async before(port: number): Promise<Chaos> {
    const chaos = new Chaos(port);
    chaos.#server.listen(0, '127.0.0.1');
    await once(chaos.#server, 'listening');
    return chaos;
  }

  /** Where the server's socket is behind this network. */
  get socket(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/ws`;
  }

  // ---- what it can do

  /** Ends all connections without a word (RST). */
  cut(): void {
    for (const { client, server } of this.#links) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  /** Cuts each connection after so many more bytes. */
  cutWithin(bytes: number): void {
    this.#weather.cutAfterBytes = bytes;
  }

  /** One direction is at its end (FIN); the other one goes on. */
  halfClose(direction: Direction): void {
    for (const { client, server } of this.#links) {
      if (direction === 'up') server.end();
      else client.end();
    }
  }

  /** Nothing passes in this direction, and nobody is told. */
  stall(direction: Direction): void {
    this.#weather.stalled.add(direction);
  }

  delay(ms: number): void {
    this.#weather.delayMs = ms;
  }

  slow(bytesPerSecond: number): void {
    this.#weather.bytesPerSecond = bytesPerSecond;
  }

  /** New connections are cut as they come. */
  refuse(): void {
    this.#isRefusing = true;
  }

  /** Bytes that nobody sent. */
  garbage(direction: Direction, bytes: Buffer): void {
    for (const { client, server } of this.#links) {
      const to = direction === 'up' ? server : client;
      if (to.writable) to.write(bytes);
    }
  }

  /** Cuts all connections, and answers new ones as the login page of a hotel does. */
  portal(status: 200 | 302): void {
    const body = '<!doctype html><title>Welcome</title><p>Room number?</p>';
    const line =
      status === 200 ? '200 OK' : '302 Found\r\nLocation: http://portal.invalid/login?from=ws';
    this.#portal = `HTTP/1.1 ${line}\r\nContent-Type: text/html\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
    this.cut();
  }

  /** From now on everything passes, also what was held. */
  heal(): void {
    Object.assign(this.#weather, CLEAR);
    this.#weather.stalled.clear();
    this.#isRefusing = false;
    this.#portal = null;
    for (const { pumps } of this.#links) for (const pump of pumps) pump.flow();
  }

  /** Does one thing after the other from a seed, for so long; then heals. Gives what it did. */
  async storm(seed: number, forMs: number): Promise<string[]> {
    const random = mulberry(seed);
    const below = (limit: number) => Math.floor(random() * limit);
    const direction = (): Direction => (random() < 0.5 ? 'up' : 'down');
    const things: Record<string, () => void> = {
      cut: () => this.cut(),
      cutWithin: () => this.cutWithin(1 + below(600)),
      halfClose: () => this.halfClose(direction()),
      stall: () => this.stall(direction()),
      delay: () => this.delay(20 + below(300)),
      slow: () => this.slow(200 + below(4_000)),
      refuse: () => {
        this.refuse();
        this.cut();
      },
      garbage: () =>
        this.garbage(
          direction(),
          Buffer.from(Array.from({ length: 1 + below(40) }, () => below(256))),
        ),
      portal: () => this.portal(random() < 0.5 ? 200 : 302),
    };
    const names = Object.keys(things);
    const did: string[] = [];
    for (const end = Date.now() + forMs; Date.now() < end; ) {
      const name = names[below(names.length)] as string;
      things[name]?.();
      did.push(name);
      await new Promise((resolve) => setTimeout(resolve, 30 + below(500)));
      // Bad weather comes and goes, and sometimes stays on for the next thing.
      if (random() < 0.7) this.heal();
      await new Promise((resolve) => setTimeout(resolve, below(400)));
    }
    this.heal();
    return did;
  }

  async stop(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  // ---- inside

  #accept(client: Socket): void {
    this.opened += 1;
    client.on('error', () => {});
    if (this.#isRefusing) return void client.resetAndDestroy();
    if (this.#portal !== null) {
      const answer = this.#portal;
      client.once('data', () => client.end(answer));
      return;
    }
    const server = connect({ port: this.#port, host: '127.0.0.1', allowHalfOpen: true });
    const pumps = [
      new Pump(client, server, 'up', this.#weather),
      new Pump(server, client, 'down', this.#weather),
    ];
    const link = { client, server, pumps };
    this.#links.add(link);
    server.on('error', () => client.destroy());
    for (const [end, other] of [
      [client, server],
      [server, client],
    ] as const) {
      end.on('close', () => {
        this.#links.delete(link);
        other.destroy();
      });
    }
  }
}
