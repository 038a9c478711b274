/**
 * A hub over real sockets that does what a test tells it: each path is a room with topics of its
 * own, and a POST to `/<room>/<command>` drops connections, sends any text, and so on.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { type WebSocket, WebSocketServer } from 'ws';

declare module 'vitest' {
  interface ProvidedContext {
    /** `127.0.0.1:<port>` */
    hub: string;
  }
}

interface Frame {
  type: string;
  id?: number | string;
  topic?: string;
  topics?: string[];
  payload?: { celsius?: number };
}

class Room {
  readonly sockets = new Map<WebSocket, Set<string>>();
  readonly topics = new Map<string, { payload: unknown; seq: number }>();
  /** Frames of clients, as they came. */
  readonly heard: string[] = [];
  isClosed = false;
  isSilent = false;

  join(socket: WebSocket): void {
    this.sockets.set(socket, new Set());
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => {});
    socket.on('message', (data) => {
      this.heard.push(String(data));
      if (!this.isSilent) this.answer(socket, JSON.parse(String(data)) as Frame);
    });
  }

  answer(socket: WebSocket, frame: Frame): void {
    const say = (answer: object) => socket.send(JSON.stringify(answer));
    const patterns = this.sockets.get(socket);
    const { id } = frame;
    switch (frame.type) {
      case 'ping':
        say({ type: 'pong', hello: { v: 1, server: 'test' } });
        break;
      case 'subscribe':
        for (const pattern of frame.topics ?? []) patterns?.add(pattern);
        say({ type: 'subscribed', topics: frame.topics });
        for (const [topic, value] of this.topics) {
          if (frame.topics?.some((pattern) => matches(pattern, topic))) {
            say({ type: 'snapshot', topic, ...value });
          }
        }
        break;
      case 'unsubscribe':
        for (const pattern of frame.topics ?? []) patterns?.delete(pattern);
        break;
      case 'write':
        if ((frame.payload?.celsius ?? 0) > 50) {
          const message = 'celsius: expected at most 50';
          say({
            type: 'error',
            code: 'WRITE_ERROR',
            topic: frame.topic,
            message,
            id,
            reason: 'range',
          });
        } else {
          say({ type: 'ack', id });
          this.publish(frame.topic ?? '', frame.payload, socket, id as number);
        }
        break;
      case 'list_topics':
        say({
          type: 'topic_list',
          id,
          topics: [{ name: 'a/b', schema_type: 'temperature' }, { name: 'c' }],
        });
        break;
      case 'query':
        say({
          type: 'query_result',
          id,
          records: [{ topic: 'a/b', payload: { celsius: 1.5 }, ts: 7 }],
          total: 3,
        });
    }
  }

  publish(topic: string, payload: unknown, writer?: WebSocket, by?: number): void {
    const seq = (this.topics.get(topic)?.seq ?? 0) + 1;
    this.topics.set(topic, { payload, seq });
    for (const [socket, patterns] of this.sockets) {
      if (![...patterns].some((pattern) => matches(pattern, topic))) continue;
      const own = socket === writer ? { by } : {};
      socket.send(JSON.stringify({ type: 'data', topic, payload, ts: 1, seq, ...own }));
    }
  }

  /** What a test commands. */
  command(name: string, body: string): string {
    if (name === 'publish') {
      const { topic, payload } = JSON.parse(body) as { topic: string; payload: unknown };
      this.publish(topic, payload);
    }
    for (const socket of this.sockets.keys()) {
      if (name === 'send') socket.send(body);
      if (name === 'binary') socket.send(Buffer.from(body));
      if (name === 'drop' || name === 'close') socket.terminate();
    }
    if (name === 'close' || name === 'open') this.isClosed = name === 'close';
    if (name === 'silence') this.isSilent = true;
    return JSON.stringify(this.heard);
  }
}

function matches(pattern: string, topic: string): boolean {
  return pattern.endsWith('#') ? `${topic}/`.startsWith(pattern.slice(0, -1)) : pattern === topic;
}

export default async function setup(project: TestProject): Promise<() => void> {
  const rooms = new Map<string, Room>();
  const room = (name: string): Room => {
    const known = rooms.get(name) ?? new Room();
    rooms.set(name, known);
    return known;
  };
  const server = createServer(async (request, response) => {
    const [, name = '', command = ''] = (request.url ?? '').split('/');
    response.setHeader('access-control-allow-origin', '*');
    response.end(room(name).command(command, await text(request)));
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    const joined = room((request.url ?? '').slice(1));
    if (joined.isClosed) socket.destroy();
    else sockets.handleUpgrade(request, socket, head, (opened) => joined.join(opened));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  project.provide('hub', `127.0.0.1:${(server.address() as AddressInfo).port}`);
  return () => {
    for (const client of sockets.clients) client.terminate();
    server.close();
  };
}

async function text(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}
