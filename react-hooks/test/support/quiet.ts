/** Any error or warning on the console fails the test that it is of, unless that has said that it will come. */
import { afterEach, beforeEach, expect } from 'vitest';

const METHODS = ['error', 'warn'] as const;
const platform = { error: console.error, warn: console.warn };
let said: string[] = [];
let foretold: RegExp[] = [];

/** Of the messages that this fits there is to be at least one. */
export function foretell(message: RegExp): void {
  foretold.push(message);
}

beforeEach(() => {
  said = [];
  foretold = [];
  for (const method of METHODS) {
    console[method] = (...parts: unknown[]) => {
      const text = parts.map(String).join(' ');
      said.push(text);
      if (!foretold.some((message) => message.test(text))) platform[method](...parts);
    };
  }
});

afterEach(() => {
  Object.assign(console, platform);
  const isForetold = (text: string) => foretold.some((message) => message.test(text));
  expect(said.filter((text) => !isForetold(text))).toEqual([]);
  for (const message of foretold) expect(said.some((text) => message.test(text))).toBe(true);
});
