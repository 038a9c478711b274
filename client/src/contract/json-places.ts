/**
 * Where in the values of a contract any JSON may stand.
 *
 * A field of another kind says what a `Date`, a `bigint` or the instance of a class is meant to be there. Any JSON says
 * nothing, so that only what JSON itself can say is taken: see `plain.ts`.
 */
import type { SchemaDescription } from '../types.js';

/** All of a value; some parts of it; or none. */
export type JsonPlaces = 'all' | Places | null;

export interface Places {
  /** By the name of a field, or by the place in a tuple. */
  readonly parts?: ReadonlyMap<string, JsonPlaces>;
  /** Each element of a list, or each value of a map. */
  readonly each?: JsonPlaces;
  /** By the text in the field `tag`. */
  readonly cases?: { readonly tag: string; readonly by: ReadonlyMap<string, JsonPlaces> };
}

type Kind = string | { readonly [part: string]: unknown };
interface Fields {
  readonly fields?: readonly { readonly name: string; readonly kind: Kind }[];
  readonly unknownFields?: string;
}

/** The places of a contract. */
export function jsonPlaces(schema: SchemaDescription): JsonPlaces {
  const file = schema as unknown as Fields & { name: string; contracts?: readonly Named[] };
  if (file.unknownFields === 'keep') return 'all';
  // Most contracts have none, and then no value is walked for it.
  if (!/"json"/.test(JSON.stringify(file))) return null;
  return new Finder([file, ...(file.contracts ?? [])]).named(file.name);
}

type Named = Fields & { readonly name: string };

class Finder {
  readonly #contracts: ReadonlyMap<string, Named>;
  /** Before its fields are known: a contract may name itself. */
  readonly #found = new Map<string, JsonPlaces>();

  constructor(contracts: readonly Named[]) {
    this.#contracts = new Map(contracts.map((contract) => [contract.name, contract]));
  }

  named(name: string): JsonPlaces {
    const found = this.#found.get(name);
    if (found !== undefined) return found;
    const contract = this.#contracts.get(name);
    if (contract === undefined) return null;
    const parts = new Map<string, JsonPlaces>();
    this.#found.set(name, { parts });
    this.#fill(parts, contract);
    return { parts };
  }

  #fill(parts: Map<string, JsonPlaces>, { fields = [] }: Fields): void {
    for (const { name, kind } of fields) parts.set(name, this.#of(kind));
  }

  #fields(of: Fields): Places {
    const parts = new Map<string, JsonPlaces>();
    this.#fill(parts, of);
    return { parts };
  }

  #of(kind: Kind): JsonPlaces {
    if (typeof kind === 'string') return kind === 'json' ? 'all' : null;
    if ('kind' in kind) return this.#of(kind.kind as Kind);
    if ('nullable' in kind) return this.#of(kind.nullable as Kind);
    if ('list' in kind) return { each: this.#of(kind.list as Kind) };
    if ('map' in kind) return { each: this.#of(kind.map as Kind) };
    if ('object' in kind) return this.#fields(kind.object as Fields);
    if ('contract' in kind) return this.named(kind.contract as string);
    if ('tuple' in kind) {
      const parts = (kind.tuple as Kind[]).map((part, at) => [`${at}`, this.#of(part)] as const);
      return { parts: new Map(parts) };
    }
    if ('oneOf' in kind) return this.#oneOf(kind.oneOf as { tag: string; cases: object });
    return null;
  }

  #oneOf({ tag, cases }: { tag: string; cases: object }): Places {
    const by = Object.entries(cases).map(([value, of]) => {
      const places = 'contract' in of ? this.named(of.contract) : this.#fields(of);
      return [value, places] as const;
    });
    return { cases: { tag, by: new Map(by) } };
  }
}

/** The places of a value, once it is known which of its cases it is. */
export function placesIn(value: object, places: JsonPlaces): JsonPlaces {
  if (places === null || places === 'all' || places.cases === undefined) return places;
  const { tag, by } = places.cases;
  return by.get((value as Record<string, string>)[tag] as string) ?? null;
}

/** The places of a part of a value. */
export function placesOf(places: JsonPlaces, name: string | number): JsonPlaces {
  if (places === null || places === 'all') return places;
  return places.each ?? places.parts?.get(`${name}`) ?? null;
}
