const MINUTE_MS = 60_000;
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: MINUTE_MS, h: 60 * MINUTE_MS };

/** Ollama's default. */
export const DEFAULT_KEEP_ALIVE_MS = 5 * MINUTE_MS;

/** Reads a `keep_alive`: a number is seconds, a string a Go duration, negative for ever. `undefined` when it is neither. */
export function keepAliveMs(value: unknown): number | undefined {
  if (value === undefined || value === null) return DEFAULT_KEEP_ALIVE_MS;
  if (typeof value === 'number') return value < 0 ? Infinity : value * 1000;
  if (typeof value !== 'string') return undefined;
  if (/^-/.test(value)) return Infinity;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(value)) return undefined;
  let total = 0;
  for (const [, number, unit] of value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) total += Number(number) * (unitMs[unit ?? ''] ?? 0);
  return total;
}
