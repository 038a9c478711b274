/** What an order is, and how it begins. */
export interface Order {
  readonly customer: {
    readonly kind: 'private' | 'company';
    readonly name: string;
    readonly email: string;
    /** Null once a rule has cleared it. */
    readonly vatNumber: string | null;
  };
  readonly billing: Address;
  readonly delivery: Address & {
    readonly date: string;
    readonly isSameAsBilling: boolean;
    readonly isElsewhere: boolean;
  };
  /** Which fields their schemas find valid: written here so that conditions can look at it. */
  readonly checks: { readonly [FIELD in CheckedField]: boolean };
}

export interface Address {
  readonly street: string;
  readonly city: string;
  readonly country: Country;
  /** Null while none is chosen. */
  readonly region: string | null;
}

export const COUNTRIES = { AT: 'Austria', CH: 'Switzerland', DE: 'Germany' } as const;
export type Country = keyof typeof COUNTRIES;

export type CheckedField = 'name' | 'email' | 'vatNumber';

const NOWHERE: Address = { street: '', city: '', country: 'AT', region: null };

export const NEW_ORDER: Order = {
  customer: { kind: 'private', name: '', email: '', vatNumber: null },
  billing: NOWHERE,
  delivery: { ...NOWHERE, date: '', isSameAsBilling: false, isElsewhere: true },
  checks: { name: false, email: false, vatNumber: false },
};
