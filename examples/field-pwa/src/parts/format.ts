/** Numbers, times and bytes as people read them. */
const TIME = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  // As on the plant's clocks, and short.
  hourCycle: 'h23',
});
const DAY = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

/** `14:02`, and with its day if that is not today. */
export function clockTime(ms: number): string {
  const isToday = new Date(ms).toDateString() === new Date().toDateString();
  return isToday ? TIME.format(ms) : `${DAY.format(ms)}, ${TIME.format(ms)}`;
}

export function fixed(value: number, digits: number): string {
  return value.toLocaleString(undefined, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

export function number(value: number): string {
  return value.toLocaleString(undefined, { maximumFractionDigits: 3 });
}

export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length, Math.floor(Math.log10(count) / 3));
  const scaled = count / 1000 ** power;
  return `${fixed(scaled, scaled < 10 ? 1 : 0)} ${units[power - 1]}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** A time as `<input type="datetime-local">` has it: without a zone, in that of the device. */
export function localInput(ms: number): string {
  const offset = new Date(ms).getTimezoneOffset() * 60_000;
  return new Date(ms - offset).toISOString().slice(0, 16);
}
