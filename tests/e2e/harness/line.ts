/** A line to the server that can be cut, and somebody at its other end who goes on. */
import { once } from 'node:events';
import { connect, createServer, type Server as Listener, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Server } from './server.js';

/** Passes bytes both ways, until it is cut. */
export class Line {
  #listener: Listener;
  #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(serverPort: number) {
    this.#listener = createServer((socket) => {
      if (this.#isCut) return void socket.destroy();
      const onward = connect(serverPort, '127.0.0.1');
      for (const [end, other] of [
        [socket, onward],
        [onward, socket],
      ] as const) {
        this.#sockets.add(end);
        end.on('error', () => other.destroy());
        end.on('close', () => other.destroy());
        end.pipe(other);
      }
    });
  }

  static async to(server: Server): Promise<Line> {
    const line = new Line(Number(new URL(server.page).port));
    await new Promise<void>((resolve) => line.#listener.listen(0, '127.0.0.1', resolve));
    return line;
  }

  get socket(): string {
    const { port } = this.#listener.address() as { port: number };
    return `ws://127.0.0.1:${port}/ws`;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#listener.close();
  }
}

/** Somebody else: writes a topic, and waits until the server has it. */
export async function writeElsewhere(
  server: Server,
  topic: string,
  payload: object,
): Promise<void> {
  const socket = new WebSocket(server.socket);
  const heard = (wanted: string) =>
    new Promise<void>((resolve) =>
      socket.on('message', (text) => {
        if (JSON.parse(String(text)).type === wanted) resolve();
      }),
    );
  await once(socket, 'open');
  const greeted = heard('pong');
  const hello = { v: 6, client: `other-${Math.random().toString(36).slice(2)}` };
  socket.send(JSON.stringify({ type: 'ping', hello }));
  await greeted;
  const taken = heard('ack');
  socket.send(JSON.stringify({ type: 'write', topic, payload, id: 1, after: 0 }));
  await taken;
  socket.close();
}
