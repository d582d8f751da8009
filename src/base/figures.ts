/** Bytes as people read them, in powers of a thousand. */
export function fileSize(bytes: number, locale = 'en'): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? String(value) : decimal(value, locale)} ${units[unit] ?? ''}`;
}

/** Two figures, or the whole number. */
export function decimal(value: number, locale = 'en'): string {
  const places = value < 10 ? 1 : 0;
  return value.toLocaleString(locale, { minimumFractionDigits: places, maximumFractionDigits: places, useGrouping: false });
}
