import { concatBytes, utf8 } from '../../../src/base/bytes.ts';
import { nowUs } from '../lib/monotonic.ts';
import { readToken, TOKEN_AT, TOKEN_CHARS, TOKEN_LINE_BYTES, type Token } from '../lib/tokenLine.ts';

const NEWLINE = 0x0a;

export interface MeterEvents {
  /** A token has come, the next one by its number; `token` is valid during the call alone. */
  onToken(token: Readonly<Token>): void;
  /** The answer is whole, or `fault` says what is wrong with it. Once. */
  onEnd(fault: string | undefined): void;
}

/** Reads an answer as it comes, and holds it to account: every token once, in order, and the last line behind them. */
export class AnswerMeter {
  readonly #count: number;
  readonly #events: MeterEvents;
  readonly #token: Token = { sequence: 0, latencyUs: 0, lagUs: 0 };
  #carry: Uint8Array | undefined;
  #next = 0;
  #hasLast = false;
  #isOver = false;

  constructor(count: number, events: MeterEvents) {
    this.#count = count;
    this.#events = events;
  }

  get received(): number {
    return this.#next;
  }

  /** Bytes of the NDJSON body. */
  pushBytes(piece: Uint8Array): void {
    const now = nowUs();
    const bytes = this.#joined(piece);
    let at = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0 && !this.#isOver; end = bytes.indexOf(NEWLINE, at)) {
      if (end - at === TOKEN_LINE_BYTES) this.#readToken(bytes, at + TOKEN_AT, now);
      else this.#readLine(Buffer.from(bytes.subarray(at, end)).toString());
      at = end + 1;
    }
    if (at < bytes.length) this.#carry = bytes.subarray(at);
  }

  /** Text of the message: what is left of the body on a `chat` stream. */
  pushText(text: string): void {
    const now = nowUs();
    const bytes = this.#joined(utf8(text));
    let at = 0;
    while (bytes.length - at >= TOKEN_CHARS && !this.#isOver) {
      this.#readToken(bytes, at, now);
      at += TOKEN_CHARS;
    }
    if (at < bytes.length) this.#carry = bytes.subarray(at);
  }

  /** The message's own end, where there is no last line. */
  finish(): void {
    this.#hasLast = true;
    this.end();
  }

  /** Nothing more comes. */
  end(error?: string): void {
    if (this.#isOver) return;
    const missing = this.#count - this.#next;
    if (error !== undefined) this.#stop(`${error} after ${String(this.#next)} of ${String(this.#count)} tokens`);
    else if (missing > 0) this.#stop(`${String(missing)} of ${String(this.#count)} tokens are missing`);
    else if (!this.#hasLast) this.#stop('the last line is missing');
    else if (this.#carry) this.#stop('half a line at the end');
    else this.#stop(undefined);
  }

  #joined(piece: Uint8Array): Uint8Array {
    const carry = this.#carry;
    this.#carry = undefined;
    return carry ? concatBytes(carry, piece) : piece;
  }

  #readToken(bytes: Uint8Array, at: number, now: number): void {
    const token = this.#token;
    if (!readToken(bytes, at, now, token)) this.#stop(`no token at ${String(this.#next)}`);
    else if (this.#hasLast || token.sequence !== this.#next) this.#stop(`token ${String(token.sequence)} instead of ${String(this.#next)}`);
    else {
      this.#next++;
      this.#events.onToken(token);
    }
  }

  #readLine(line: string): void {
    const parsed: unknown = parse(line);
    const isLast = typeof parsed === 'object' && parsed !== null && 'done' in parsed && parsed.done === true;
    const counted = isLast && 'eval_count' in parsed ? parsed.eval_count : undefined;
    if (isLast && counted === this.#count) this.#hasLast = true;
    else this.#stop(`unexpected line ${line.slice(0, 200)}`);
  }

  #stop(fault: string | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events.onEnd(fault);
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
