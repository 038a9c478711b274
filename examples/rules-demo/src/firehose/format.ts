/** Numbers as they are read. */
const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const SHARE = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 2 });

export function whole(number: number): string {
  return WHOLE.format(number);
}

/** A part of 1. */
export function percent(share: number): string {
  return SHARE.format(share);
}

export function milliseconds(ms: number): string {
  return `${ms.toFixed(2)} ms`;
}
