/** Concerns: conditions, choices, texts and validations that follow the state. */
import type { Concerns, ValidationResult } from '@aimdb/wasm/store';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { heard, overEveryEngine, turn } from './support/stores.js';

const valid = { status: 'valid', issues: [] };
const pending = { status: 'pending', issues: [] };
const invalid = (message: string, path = '') => ({
  status: 'invalid',
  issues: [{ message, path }],
});

/** A promise, and the way to settle it. */
function deferred<T>() {
  let settle: (value: T) => void = () => {};
  let fail: (reason: unknown) => void = () => {};
  const promise = new Promise<T>((resolve, reject) => {
    settle = resolve;
    fail = reject;
  });
  return { promise, settle, fail };
}

type Outcome = { issues?: { message: string }[] };

/** A schema that answers when the test says so. */
function slowSchema() {
  const runs: (ReturnType<typeof deferred<Outcome>> & { value: unknown })[] = [];
  const validate = (value: unknown) => {
    const run = { ...deferred<Outcome>(), value };
    runs.push(run);
    return run.promise;
  };
  return { runs, schema: { '~standard': { validate } } };
}

overEveryEngine('concerns', (make) => {
  const FORM = { form: { iban: '', name: 'Ada', kind: 'a', age: 10 } };

  test('are there from the registration on, and follow the state', () => {
    const { store } = make(FORM);
    store.register({
      concerns: {
        'form.iban': {
          visible: { GTE: ['form.age', 18] },
          short: ['form.name', 'Ada'],
          placeholder: { IF: { IS_EMPTY: 'form.iban' }, THEN: 'type it', ELSE: '' },
          size: { MATCH: 'form.kind', CASES: { a: 1, b: 2 }, DEFAULT: 0 },
          label: { text: 'IBAN of {{form.name}}' },
        },
      },
    });
    expect(store.getConcerns('form.iban')).toEqual({
      visible: false,
      short: true,
      placeholder: 'type it',
      size: 1,
      label: 'IBAN of Ada',
    });
    store.setMany({ 'form.age': 18, 'form.name': 'Bob', 'form.iban': 'AT', 'form.kind': 'z' });
    expect(store.getConcerns('form.iban')).toEqual({
      visible: true,
      short: false,
      placeholder: '',
      size: 0,
      label: 'IBAN of Bob',
    });
    expect(store.getConcerns('form.name')).toEqual({});
  });

  test('are frozen, and the same object until one of them changes', () => {
    const { store } = make(FORM);
    store.register({ concerns: { form: { adult: { GTE: ['form.age', 18] } } } });
    const { calls, hear } = heard<Concerns>();
    const stop = store.subscribeConcerns('form', hear);
    const first = store.getConcerns('form');
    expect(Object.isFrozen(first)).toBe(true);
    store.set('form.age', 11);
    expect(store.getConcerns('form')).toBe(first);
    store.set('form.age', 20);
    expect(calls).toEqual([{ adult: true }]);
    expect(store.getConcerns('form')).toBe(calls[0]);
    stop();
    store.set('form.age', 1);
    expect(calls).toHaveLength(1);
  });

  test('that change and change back within one transaction are not told', () => {
    const { store } = make({ a: 0, b: 0 });
    store.register({
      concerns: { a: { on: ['a', 1] } },
      listeners: [{ paths: ['b'], fn: () => ({ a: 0 }) }],
    });
    const { calls, hear } = heard<Concerns>();
    store.subscribeConcerns('a', hear);
    const before = store.getConcerns('a');
    store.setMany({ a: 1, b: 1 });
    expect(store.get('a')).toBe(0);
    expect(calls).toEqual([]);
    expect(store.getConcerns('a')).toBe(before);
  });

  test('of several registrations come together, and the newest counts', () => {
    const { store } = make({ a: 1 });
    const first = store.register({ concerns: { a: { x: { text: 'first' }, y: { EXISTS: 'a' } } } });
    const second = store.register({ concerns: { a: { x: { text: 'second {{a}}' } } } });
    expect(store.getConcerns('a')).toEqual({ x: 'second 1', y: true });
    store.set('a', 2);
    expect(store.getConcerns('a')).toEqual({ x: 'second 2', y: true });
    second.dispose();
    expect(store.getConcerns('a')).toEqual({ x: 'first', y: true });
    first.dispose();
    expect(store.getConcerns('a')).toEqual({});
  });

  test('sleep while their anchor is missing', () => {
    const { store } = make<{ row?: { n: number } | undefined }>({});
    let runs = 0;
    const validate = () => {
      runs += 1;
      return {};
    };
    store.register({
      anchor: 'row',
      concerns: {
        row: { big: { GT: ['row.n', 1] }, validation: { schema: { '~standard': { validate } } } },
      },
    });
    expect(store.getConcerns('row')).toEqual({ big: false, validation: pending });
    expect(runs).toBe(0);
    store.set('row', { n: 2 });
    expect(store.getConcerns('row')).toEqual({ big: true, validation: valid });
    expect(runs).toBe(1);
  });
});

overEveryEngine('validators', (make) => {
  const AGE = { user: { age: 30, name: 'Ada' }, limit: 40 };

  test.each([
    ['Zod', z.number().min(18, 'too young')],
    ['Valibot', v.pipe(v.number(), v.minValue(18, 'too young'))],
  ])('run a schema of %s at registration and when the value changes', (_, schema) => {
    const { store } = make(AGE);
    const { calls, hear } = heard<Concerns>();
    store.register({ concerns: { 'user.age': { validation: { schema } } } });
    store.subscribeConcerns('user.age', hear);
    expect(store.getConcerns('user.age')).toEqual({ validation: valid });
    expect(Object.isFrozen(store.getConcerns('user.age').validation?.issues)).toBe(true);
    store.set('user.age', 3);
    store.set('user.age', 4);
    store.set('user.age', 20);
    expect(calls.map(({ validation }) => validation)).toEqual([invalid('too young'), valid]);
  });

  test.each([
    ['Zod', z.object({ list: z.array(z.object({ n: z.number('no number') })) })],
    ['Valibot', v.object({ list: v.array(v.object({ n: v.number('no number') })) })],
  ])('say where below the value %s found an issue', (_, schema) => {
    const { store } = make<Record<string, unknown>>({ a: { list: [{ n: 1 }, { n: 'x' }] } });
    store.register({ concerns: { a: { validation: { schema } } } });
    expect(store.getConcerns('a').validation).toEqual(invalid('no number', 'list.1.n'));
    store.set('a.list.1.n', 2);
    expect(store.getConcerns('a').validation).toEqual(valid);
  });

  test('read the paths they name, by path, and run when any of them changes', () => {
    const { store } = make(AGE);
    const seen: unknown[] = [];
    const schema = z
      .object({ 'user.age': z.number(), limit: z.number() })
      .refine((read) => seen.push(read) > 0 && read['user.age'] <= read.limit, 'over the limit');
    store.register({
      concerns: { user: { validation: { schema, reads: ['user.age', 'limit'] } } },
    });
    store.set('user.name', 'Bob');
    store.setMany({ limit: 20, 'user.age': 25 });
    expect(store.getConcerns('user').validation).toEqual(invalid('over the limit'));
    expect(seen).toEqual([
      { 'user.age': 30, limit: 40 },
      { 'user.age': 25, limit: 20 },
    ]);
  });

  test('run once a transaction, after the listeners', () => {
    const { store } = make({ a: 0, b: 0 });
    const seen: unknown[] = [];
    const schema = z.number().refine((value) => seen.push(value) > 0);
    store.register({
      concerns: { b: { validation: { schema } } },
      listeners: [{ paths: ['a'], fn: ([change]) => ({ b: Number(change?.value) * 10 }) }],
    });
    store.setMany({ a: 1, b: 1 });
    expect(seen).toEqual([0, 10]);
  });

  test.each([
    ['Zod', z.string().refine(async (value) => value !== 'taken', 'is taken')],
    [
      'Valibot',
      v.pipeAsync(
        v.string(),
        v.checkAsync(async (value) => value !== 'taken', 'is taken'),
      ),
    ],
  ])('that are asynchronous in %s are pending until they answer', async (_, schema) => {
    const { store } = make({ name: 'free' });
    const { calls, hear } = heard<ValidationResult | undefined>();
    store.register({ concerns: { name: { validation: { schema } } } });
    store.subscribeConcerns('name', ({ validation }) => hear(validation));
    await turn();
    store.set('name', 'taken');
    expect(store.getConcerns('name').validation).toEqual(pending);
    await turn();
    expect(calls).toEqual([valid, pending, invalid('is taken')]);
  });

  test('drop what an older run answers, in whatever order answers come', async () => {
    const { store, errors } = make({ a: 0 });
    const { runs, schema } = slowSchema();
    store.register({ concerns: { a: { validation: { schema } } } });
    store.set('a', 1);
    store.set('a', 2);
    expect(runs.map(({ value }) => value)).toEqual([0, 1, 2]);
    runs[1]?.settle({ issues: [{ message: 'one' }] });
    await turn();
    expect(store.getConcerns('a').validation).toEqual(pending);
    runs[2]?.settle({ issues: [{ message: 'two' }] });
    await turn();
    runs[0]?.fail(new Error('nobody waits for this'));
    await turn();
    expect(store.getConcerns('a').validation).toEqual(invalid('two'));
    expect(errors).toEqual([]);
  });

  test('that were disposed of in the transaction that wakes them do not run', () => {
    const { store } = make({ a: 0 });
    const { runs, schema } = slowSchema();
    const registration = store.register({ concerns: { a: { validation: { schema } } } });
    store.register({ listeners: [{ paths: ['a'], fn: () => registration.dispose() }] });
    store.set('a', 1);
    expect(runs.map(({ value }) => value)).toEqual([0]);
  });

  test('that were disposed of are not heard any more', async () => {
    const { store, errors } = make({ a: 0 });
    const { runs, schema } = slowSchema();
    const registration = store.register({ concerns: { a: { validation: { schema } } } });
    const kept = slowSchema();
    store.register({ concerns: { a: { validation: { schema: kept.schema } } } });
    registration.dispose();
    runs[0]?.fail(new Error('late'));
    await turn();
    expect(store.getConcerns('a')).toEqual({ validation: pending });
    store.dispose();
    kept.runs[0]?.settle({ issues: [] });
    await turn();
    expect(errors).toEqual([]);
  });

  test('that throw are an issue and an error, and stop nobody', async () => {
    const { store, errors } = make({ a: 0, b: 0 });
    const cause = new Error('broken');
    const schemas = [
      () => {
        throw cause;
      },
      () => Promise.reject(cause),
      () => undefined as never,
      () => Promise.resolve(undefined as never),
    ];
    for (const validate of schemas) {
      store.register({
        concerns: { a: { validation: { schema: { '~standard': { validate } } } } },
      });
      await turn();
      const { status, issues = [] } = store.getConcerns('a').validation ?? {};
      expect([status, issues.length]).toEqual(['invalid', 1]);
    }
    expect(errors.map(({ code, path }) => [code, path])).toEqual(
      Array(4).fill(['VALIDATOR_THREW', 'a']),
    );
    expect(errors.slice(0, 2).map((error) => error.cause)).toEqual([cause, cause]);
    store.register({ concerns: { b: { validation: { schema: z.number() } } } });
    store.setMany({ a: 1, b: 1 });
    expect(store.getConcerns('b').validation).toEqual(valid);
    await turn();
  });
});
