/**
 * The part of the Standard Schema interface (version 1) that validation needs, as Zod, Valibot, ArkType and others
 * have it.
 */

/** A schema. Some libraries' are functions. */
export interface StandardSchema {
  readonly '~standard': {
    readonly validate: (value: unknown) => SchemaResult | Promise<SchemaResult>;
  };
}

/** What a schema says of a value; without issues it is valid. */
export interface SchemaResult {
  readonly issues?: readonly SchemaIssue[] | undefined;
}

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

export function isSchema(value: unknown): value is StandardSchema {
  if (typeof value === 'function') return '~standard' in value;
  return typeof value === 'object' && value !== null && '~standard' in value;
}
