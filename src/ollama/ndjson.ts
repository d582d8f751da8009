import { concatBytes, emptyBytes } from '../base/bytes.ts';

/** Longest line taken, without its newline: what Ollama's own Go client takes (`api/client.go`). A longer one is an error. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024;

/** How much of a bad line is kept. */
const RAW_START_BYTES = 80;
const NEWLINE = 0x0a;

/** A line that cannot be read. */
export class NdjsonError extends Error {
  override readonly name = 'NdjsonError';
  readonly kind: 'lineTooLong' | 'notJson';
  /** How the line begins. It may hold what the model wrote: not for the screen, and in a log only when a person asked for it. */
  readonly rawStart: string;

  constructor(kind: 'lineTooLong' | 'notJson', line: Uint8Array) {
    super(kind === 'notJson' ? 'a line is not JSON' : 'a line is too long');
    this.kind = kind;
    this.rawStart = new TextDecoder().decode(line.subarray(0, RAW_START_BYTES));
  }
}

/**
 * Turns bytes, cut anywhere, into the values of newline-delimited JSON. Blank lines, CRLF, a byte order mark, spaces before a value and a
 * last line without newline are fine. Malformed UTF-8 reads as U+FFFD, as Ollama itself does it.
 */
export class NdjsonDecoder {
  readonly #maxLineBytes: number;
  // without `fatal`; strips a byte order mark from the beginning of each line, where alone one may stand
  readonly #text = new TextDecoder();
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;

  constructor(options: { readonly maxLineBytes?: number } = {}) {
    this.#maxLineBytes = options.maxLineBytes ?? MAX_LINE_BYTES;
  }

  /** The values whose lines end in `bytes`. Values before a bad line come before its error. @throws NdjsonError, then the decoder is spent */
  *push(bytes: Uint8Array): Generator<unknown, void, undefined> {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      const line = this.#take(bytes.subarray(start, end));
      start = end + 1;
      yield* this.#read(line);
    }
    this.#keep(bytes.subarray(start));
  }

  /** The value of a last line without newline. @throws NdjsonError */
  *end(): Generator<unknown, void, undefined> {
    yield* this.#read(this.#take(emptyBytes));
  }

  #take(rest: Uint8Array): Uint8Array {
    this.#bound(rest);
    const line = this.#pending.length === 0 ? rest : concatBytes(...this.#pending, rest);
    this.#pending = [];
    this.#pendingBytes = 0;
    return line;
  }

  #keep(rest: Uint8Array): void {
    if (rest.length === 0) return;
    this.#bound(rest);
    this.#pending.push(rest.slice());
    this.#pendingBytes += rest.length;
  }

  #bound(more: Uint8Array): void {
    if (this.#pendingBytes + more.length > this.#maxLineBytes) throw new NdjsonError('lineTooLong', this.#pending[0] ?? more);
  }

  *#read(line: Uint8Array): Generator<unknown, void, undefined> {
    const text = this.#text.decode(line);
    if (text.trim() === '') return;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw new NdjsonError('notJson', line);
    }
    yield value;
  }
}
