/**
 * Where in the values of a contract any JSON may stand.
 *
 * A field of another kind says what a `Date`, a `bigint` or the instance of a class is meant to be there. Any JSON says
 * nothing, so that only what JSON itself can say is taken: see `plain.ts`.
 */
import type { SchemaDescription } from '../types.js';

/** All of a value; perhaps some part of it; or none. */
export type JsonPlaces = 'all' | Place | null;

/** A kind that has parts, and the contracts that it may name. */
interface Place {
  readonly kind: Parts;
  readonly named: ReadonlyMap<string, Fields>;
}

type Kind = string | Parts;
/** What can stand in a kind, whichever it is. */
interface Parts {
  readonly kind?: Kind;
  readonly nullable?: Kind;
  readonly contract?: string;
  readonly list?: Kind;
  readonly map?: Kind;
  readonly tuple?: readonly Kind[];
  readonly object?: Fields;
  readonly oneOf?: { readonly tag: string; readonly cases: { readonly [value: string]: object } };
}
interface Fields {
  readonly fields?: readonly { readonly name: string; readonly kind: Kind }[];
}

/** The places of a contract. */
export function jsonPlaces(schema: SchemaDescription): JsonPlaces {
  const file = schema as unknown as Fields & { contracts?: readonly (Fields & { name: string })[] };
  if (schema.unknownFields === 'keep') return 'all';
  // Most contracts have none, and then no value is walked for it.
  if (!/"json"/.test(JSON.stringify(file))) return null;
  const contracts = [schema as Fields & { name: string }, ...(file.contracts ?? [])];
  return placesAt({ object: file }, new Map(contracts.map((of) => [of.name, of])));
}

function placesAt(kind: Kind | undefined, named: Place['named']): JsonPlaces {
  if (typeof kind !== 'object') return kind === 'json' ? 'all' : null;
  const inner = kind.kind ?? kind.nullable;
  if (inner !== undefined) return placesAt(inner, named);
  const { contract } = kind;
  return { kind: contract === undefined ? kind : { object: named.get(contract) ?? {} }, named };
}

/** The places of a value, once it is known which of its cases it is. */
export function placesIn(value: object, places: JsonPlaces): JsonPlaces {
  if (places === null || places === 'all' || places.kind.oneOf === undefined) return places;
  const { tag, cases } = places.kind.oneOf;
  const name = (value as Record<string, unknown>)[tag] as string;
  const fields = Object.hasOwn(cases, name) ? (cases[name] as Parts & Fields) : {};
  return placesAt(fields.contract === undefined ? { object: fields } : fields, places.named);
}

/** The places of a part of a value. */
export function placesOf(places: JsonPlaces, name: string | number): JsonPlaces {
  if (places === null || places === 'all') return places;
  const { list, map, tuple, object } = places.kind;
  const field = object?.fields?.find((field) => field.name === name);
  return placesAt(list ?? map ?? tuple?.[name as number] ?? field?.kind, places.named);
}
