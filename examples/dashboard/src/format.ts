/** Numbers as people read them, always with the same count of digits so that they do not dance. */
const formats = [0, 1, 2, 3, 4].map(
  (digits) =>
    new Intl.NumberFormat('en', { minimumFractionDigits: digits, maximumFractionDigits: digits }),
);

export function fixed(value: number, digits: 0 | 1 | 2 | 3 | 4): string {
  return (formats[digits] ?? formats[0])?.format(value) ?? String(value);
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** A count of bytes as a number of three digits and its unit. */
export function bytes(count: number): { value: string; unit: string } {
  const magnitude = Math.abs(count);
  const power = magnitude < 1 ? 0 : Math.floor(Math.log10(magnitude) / 3);
  const index = Math.max(0, Math.min(power, UNITS.length - 1));
  const scaled = count / 1000 ** index;
  const digits = index === 0 || scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2;
  return { value: fixed(scaled, digits), unit: UNITS[index] ?? 'B' };
}

export function bytesText(count: number): string {
  const { value, unit } = bytes(count);
  return `${value} ${unit}`;
}

/** A duration in the largest unit that fits. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}
