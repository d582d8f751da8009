import { MAX_KEEP_ALIVE_S } from '../protocol/limits.ts';

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/**
 * Seconds that a model is to stay in memory, as people write them: a number of seconds, or a duration such as `10m` or `1h30m`. What is below
 * zero is for ever (-1). Undefined for nothing and for what makes no sense: then Ollama decides.
 */
export function readKeepAlive(text: string): number | undefined {
  const whole = /^(-?)(?:(\d+)|((?:\d+(?:\.\d+)?[smh])+))$/.exec(text.trim().toLowerCase());
  if (!whole) return undefined;
  const [, sign, seconds, duration = ''] = whole;
  if (sign === '-') return -1;
  if (seconds !== undefined) return Math.min(Number(seconds), MAX_KEEP_ALIVE_S);
  const parts = [...duration.matchAll(/([\d.]+)([smh])/g)].map(([, number, unit = 's']) => Number(number) * (unitSeconds[unit] ?? 1));
  return Math.min(Math.round(parts.reduce((sum, part) => sum + part, 0)), MAX_KEEP_ALIVE_S);
}
