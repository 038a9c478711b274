/** What is put off to the end of a turn: its order, and where the errors of it go. */
import { expect, test } from 'vitest';
import { oncePerTurn, soon } from '../src/turn.js';
import { freshDatabases, LATEST, turn, warm } from './support/db.js';

const database = freshDatabases();

/** Uncaught errors, and rejections that nobody looks at, while `work` runs and for a turn after it. */
async function uncaught(work: () => void): Promise<{ errors: unknown[]; rejections: unknown[] }> {
  const [errors, rejections] = [[] as unknown[], [] as unknown[]];
  const isNode = typeof globalThis.process?.on === 'function';
  const stop = isNode ? inNode(errors, rejections) : inPage(errors, rejections);
  work();
  await turn();
  await turn();
  stop();
  return { errors, rejections };
}

function inPage(errors: unknown[], rejections: unknown[]): () => void {
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    errors.push(event.error);
  };
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    rejections.push(event.reason);
  };
  addEventListener('error', onError, { capture: true });
  addEventListener('unhandledrejection', onRejection, { capture: true });
  return () => {
    removeEventListener('error', onError, { capture: true });
    removeEventListener('unhandledrejection', onRejection, { capture: true });
  };
}

function inNode(errors: unknown[], rejections: unknown[]): () => void {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const others = events.map((event) => process.listeners(event as 'uncaughtException'));
  for (const event of events) process.removeAllListeners(event);
  process.on('uncaughtException', (error) => errors.push(error));
  process.on('unhandledRejection', (reason) => rejections.push(reason));
  return () => {
    for (const [at, event] of events.entries()) {
      process.removeAllListeners(event);
      for (const other of others[at] ?? []) process.on(event as 'uncaughtException', other);
    }
  };
}

test('tasks run in the order in which they were asked for, among the microtasks of others', async () => {
  const ran: string[] = [];
  const note = (name: string) => () => void ran.push(name);
  const often = oncePerTurn(note('often'));
  queueMicrotask(note('before'));
  soon(note('soon'));
  often();
  Promise.resolve().then(note('promise'));
  often();
  queueMicrotask(note('after'));
  soon(note('last'));
  expect(ran).toEqual([]);
  await turn();
  expect(ran).toEqual(['before', 'soon', 'often', 'promise', 'after', 'last']);
});

test('what is asked for while it runs runs once more, after what was asked for before', async () => {
  const ran: number[] = [];
  const often = oncePerTurn(() => {
    ran.push(ran.length);
    if (ran.length < 3) {
      often();
      often();
    }
  });
  often();
  await turn();
  expect(ran).toEqual([0, 1, 2]);
});

test('what a task throws is an uncaught error and no rejection, and the next one runs', async () => {
  const [first, second] = [new Error('first'), new Error('second')];
  let runs = 0;
  const often = oncePerTurn(() => {
    runs += 1;
    throw second;
  });
  const told = await uncaught(() => {
    soon(() => {
      throw first;
    });
    often();
    soon(often);
  });
  expect(told).toEqual({ errors: [first, second, second], rejections: [] });
  expect(runs).toBe(2);
});

test('a subscriber, a listener of records and one of changes that throw are told of, and the others are called', async () => {
  const db = database({ a: LATEST });
  const heard: string[] = [];
  const codes: string[] = [];
  db.onError(({ code }) => codes.push(code));
  const fail = () => {
    throw new Error('x');
  };
  const told = await uncaught(() => {
    db.subscribe('a', fail);
    db.subscribe('a', () => heard.push('value'));
    db.record('a').onChange(fail);
    db.record('a').onChange(() => heard.push('change'));
    db.onRecords(fail);
    db.onRecords(() => heard.push('records'));
    db.set('a', warm(1));
    db.configureRecord('b', LATEST);
  });
  expect(told).toEqual({ errors: [], rejections: [] });
  expect(codes).toEqual(['CALLBACK_THREW', 'CALLBACK_THREW', 'CALLBACK_THREW']);
  expect([...heard].sort()).toEqual(['change', 'records', 'value']);
});

test('what the listener of errors throws is an uncaught error', async () => {
  const db = database({ a: LATEST });
  const lost = new Error('lost');
  const reported: unknown[] = [];
  const { reportError } = globalThis;
  globalThis.reportError = (error) => reported.push(error);
  db.onError(() => {
    throw lost;
  });
  db.subscribe('a', () => {
    throw new Error('x');
  });
  db.set('a', warm(1));
  await turn();
  globalThis.reportError = reportError;
  expect(reported).toEqual([lost]);
});
