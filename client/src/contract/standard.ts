/** The interface of Standard Schema, version 1, as Zod, Valibot, ArkType and others have it: https://standardschema.dev. */

/** A schema that takes `INPUT` and gives `OUTPUT`. Some libraries' are functions. */
export interface StandardSchemaV1<INPUT = unknown, OUTPUT = INPUT> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<OUTPUT> | Promise<StandardResult<OUTPUT>>;
    readonly types?: { readonly input: INPUT; readonly output: OUTPUT } | undefined;
  };
}

/** What a schema says of a value: what it gives, or what is wrong. */
export type StandardResult<OUTPUT> =
  | { readonly value: OUTPUT; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a schema takes. */
export type SchemaInputOf<SCHEMA extends StandardSchemaV1> = NonNullable<
  SCHEMA['~standard']['types']
>['input'];

/** What a schema gives. */
export type SchemaOutputOf<SCHEMA extends StandardSchemaV1> = NonNullable<
  SCHEMA['~standard']['types']
>['output'];
