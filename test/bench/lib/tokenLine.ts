/**
 * What the upstream says, one line a token, shaped like Ollama's `/api/chat` stream. Each token carries its number, when it was written and how
 * late that was, so that the far end can tell latency from the schedule and see whether anything is lost, repeated or out of order.
 */
const PREFIX = '{"model":"bench:1b","created_at":"2026-01-01T00:00:00.000000000Z","message":{"role":"assistant","content":"';
const SUFFIX = '"},"done":false}\n';
const SEQUENCE_DIGITS = 6;
const STAMP_DIGITS = 12;
const LAG_DIGITS = 8;
/** The stamp wraps after eleven days. */
const STAMP_WRAP = 10 ** STAMP_DIGITS;
const MAX_LAG_US = 10 ** LAG_DIGITS - 1;

export const MODEL = 'bench:1b';
/** ` sequence stamp lag` */
export const TOKEN_CHARS = 3 + SEQUENCE_DIGITS + STAMP_DIGITS + LAG_DIGITS;
/** Without the end of the line. */
export const TOKEN_LINE_BYTES = PREFIX.length + TOKEN_CHARS + SUFFIX.length - 1;
export const TOKEN_AT = PREFIX.length;

const SPACE = 0x20;
const ZERO = 0x30;

/** What the prompt asks of the upstream. */
export interface Asked {
  /** Tokens before the last line. */
  readonly count: number;
  /** Tokens a second; 0 is as fast as the connection takes them. */
  readonly rate: number;
}

export function promptFor({ count, rate }: Asked): string {
  return `bench count=${String(count)} rate=${String(rate)}`;
}

/** Finds the prompt in a request's body. */
export function readAsked(body: string): Asked | undefined {
  const found = /bench count=(\d+) rate=(\d+)/.exec(body);
  return found ? { count: Number(found[1]), rate: Number(found[2]) } : undefined;
}

/** @param writtenUs now. @param lagUs how much later than intended */
export function tokenLine(sequence: number, writtenUs: number, lagUs: number): string {
  const lag = Math.min(Math.max(Math.round(lagUs), 0), MAX_LAG_US);
  return `${PREFIX} ${digits(sequence, SEQUENCE_DIGITS)} ${digits(Math.floor(writtenUs) % STAMP_WRAP, STAMP_DIGITS)} ${digits(lag, LAG_DIGITS)}${SUFFIX}`;
}

export function lastLine(count: number): string {
  const stats = `"total_duration":1000000,"load_duration":1000,"prompt_eval_count":3,"prompt_eval_duration":1000,"eval_count":${String(count)},"eval_duration":1000`;
  return `${PREFIX}"},"done_reason":"stop","done":true,${stats}}\n`;
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

/** One token, read back. */
export interface Token {
  sequence: number;
  /** µs between the write and `nowUs`. */
  latencyUs: number;
  lagUs: number;
}

/** Reads the token at `at` into `token`; false when there is none. */
export function readToken(bytes: Uint8Array, at: number, nowUs: number, token: Token): boolean {
  if (bytes[at] !== SPACE || bytes[at + 1 + SEQUENCE_DIGITS] !== SPACE || bytes[at + 2 + SEQUENCE_DIGITS + STAMP_DIGITS] !== SPACE)
    return false;
  token.sequence = number(bytes, at + 1, SEQUENCE_DIGITS);
  const written = number(bytes, at + 2 + SEQUENCE_DIGITS, STAMP_DIGITS);
  token.lagUs = number(bytes, at + 3 + SEQUENCE_DIGITS + STAMP_DIGITS, LAG_DIGITS);
  token.latencyUs = (nowUs % STAMP_WRAP) - written;
  return token.sequence >= 0 && written >= 0 && token.lagUs >= 0;
}

/** -1 for what is no number. */
function number(bytes: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let i = at; i < at + width; i++) {
    const digit = (bytes[i] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
