/**
 * The fast path of a contract whose fields are all numbers and booleans: its fields cross in the
 * scratch area, without text, without objects on the other side, and without `eval`.
 *
 * It decides nothing: whatever is not plainly right takes the general path, whose refusals have the
 * exact words.
 */
import { SLOTS_MAX } from '../numbers.js';
import type { Scratch } from './scratch.js';
import type { FieldDescription, SchemaDescription } from '../types.js';

/** The kinds that are one number. */
const SCALARS = /^(bool|time|[iu](8|16|32|64)|f(32|64))$/;

/** Stands for "no number": a field that must be there. No default is infinite. */
const REQUIRED = Number.POSITIVE_INFINITY;

interface Slot {
  readonly name: string;
  readonly isBoolean: boolean;
  readonly isOptional: boolean;
  /** What an absent field crosses as: its default, NaN for none, or `REQUIRED`. */
  readonly absent: number;
  /** The one number that it may be, if there is one: of another version the general path makes this one. */
  readonly only: number | undefined;
}

export class Flat {
  readonly #slots: readonly Slot[];
  /**
   * Whether a value may be written by it: it looks only at fields that it knows, and without a required
   * one anything would pass for a value, an array for one.
   */
  readonly canWrite: boolean;

  private constructor(slots: readonly Slot[], canWrite: boolean) {
    this.#slots = slots;
    this.canWrite = canWrite;
  }

  /** The fast path of a contract; null if it has none. */
  static of(schema: SchemaDescription): Flat | null {
    const isFlat = schema.fields.every((field) => SCALARS.test(String(field.kind)));
    if (!isFlat || schema.unknownFields === 'keep' || schema.fields.length > SLOTS_MAX) return null;
    const slots = schema.fields.map((field) => slot(field, schema.version));
    const isDistinct = slots.some((slot) => slot.absent === REQUIRED);
    return new Flat(slots, isDistinct && schema.unknownFields !== 'refuse');
  }

  /** Puts a value's fields into the scratch area; `false` if it must take the general path. */
  write(value: object, scratch: Scratch): boolean {
    const slots = this.#slots;
    const numbers = scratch.numbers();
    const uses = ++scratch.uses;
    for (let at = 0; at < slots.length; at++) {
      const slot = slots[at] as Slot;
      const given = (value as Record<string, unknown>)[slot.name];
      if (typeof given === 'number') {
        // NaN and the infinities are the numbers that minus themselves are not 0.
        if (slot.isBoolean || given - given !== 0) return false;
        if (slot.only !== undefined && slot.only !== given) return false;
        numbers[at] = given;
      } else if (typeof given === 'boolean') {
        if (!slot.isBoolean) return false;
        numbers[at] = given ? 1 : 0;
      } else if (given === undefined) {
        if (slot.absent === REQUIRED) return false;
        numbers[at] = slot.absent;
      } else if (given === null && slot.isOptional) {
        // Of a peer that writes null for absent.
        numbers[at] = slot.absent;
      } else {
        return false;
      }
    }
    return scratch.uses === uses && numbers.length !== 0;
  }

  /** How many numbers a value is. */
  get width(): number {
    return this.#slots.length;
  }

  /** The value whose fields stand in the scratch area, or from a place on, frozen. */
  read(numbers: Float64Array, from = 0): object {
    const slots = this.#slots;
    const value: Record<string, number | boolean> = {};
    for (let at = 0; at < slots.length; at++) {
      const slot = slots[at] as Slot;
      const number = numbers[from + at] as number;
      // NaN is an optional field that is absent.
      if (!Number.isNaN(number)) value[slot.name] = slot.isBoolean ? number !== 0 : number;
    }
    return Object.freeze(value);
  }
}

function slot(field: FieldDescription, version: number): Slot {
  const isOptional = field.optional === true;
  const absent = isOptional ? Number.NaN : REQUIRED;
  return {
    name: field.name,
    isBoolean: field.kind === 'bool',
    isOptional,
    absent: field.default === undefined ? absent : Number(field.default),
    only: field.name === 'schema_version' ? version : undefined,
  };
}
