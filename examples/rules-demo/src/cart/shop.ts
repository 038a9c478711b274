/** What a cart is, and what can be bought. Prices are in cents, so that sums are exact. */
export interface CartData {
  /** By a number that is never used again. */
  readonly lines: { readonly [id: string]: Line };
  /** True or false if all lines that can be bought agree, undefined if they differ. */
  readonly areAllSelected: boolean | undefined;
  /** Of the selected lines. */
  readonly sumCents: number;
  readonly pieces: number;
}

export interface Line {
  readonly name: string;
  readonly priceCents: number;
  readonly quantity: number;
  readonly totalCents: number;
  readonly isSelected: boolean;
  readonly isSoldOut: boolean;
}

/** Each can be in the cart once, so that there is an end to its lines. */
export const PRODUCTS: readonly Pick<Line, 'name' | 'priceCents'>[] = [
  { name: 'Thermometer', priceCents: 1990 },
  { name: 'Barometer', priceCents: 4550 },
  { name: 'Rain gauge', priceCents: 1295 },
  { name: 'Anemometer', priceCents: 8900 },
  { name: 'Weather vane', priceCents: 6400 },
];

const EUROS = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' });

export function euros(cents: number): string {
  return EUROS.format(cents / 100);
}
