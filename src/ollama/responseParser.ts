import { DecodeError } from '../base/bytes.ts';
import type { UpstreamHead } from './upstream.ts';

/** Status line and headers, and trailers, each. Ollama's are below one KiB. */
const MAX_HEAD_BYTES = 16 * 1024;
/** A chunk's size with its extensions. */
const MAX_CHUNK_LINE_BYTES = 1024;
/** 1xx answers before the real one. */
const MAX_INTERIM_ANSWERS = 8;
/** Digits of a chunk's size: below 4 GiB. */
const MAX_SIZE_DIGITS = 8;
const MAX_CONTENT_TYPE_CHARS = 256;

const CR = 13;
const LF = 10;
const SEMICOLON = 59;

/**
 * `line` reads the head; then, as RFC 9112 section 6.3 says, `fixed`, `untilClose` or the chunked states of section 7.1: `size`,
 * `extension`, `sizeEnd` (its LF), `data`, `dataCr`, `dataLf`, `trailers`; `done` at the answer's end.
 */
type State = 'line' | 'fixed' | 'untilClose' | 'size' | 'extension' | 'sizeEnd' | 'data' | 'dataCr' | 'dataLf' | 'trailers' | 'done';

/**
 * Reads one HTTP/1.1 answer, whatever the pieces it comes in. Strict, for the other end is Go's net/http: no bare LF, no folded lines, no
 * second length, no transfer coding but `chunked`. What it gives out is the body alone; trailers are read and dropped.
 */
export class ResponseParser {
  readonly #isHeadRequest: boolean;
  #state: State = 'line';
  #head: UpstreamHead | undefined;
  #isPersistent = false;
  /** Of a line that goes on in the next piece. */
  #begun = '';
  #lineBytes = 0;
  #lines: string[] = [];
  #interim = 0;
  /** Bytes left of a chunk or of a fixed body. */
  #left = 0;
  #digits = 0;

  /** @param isHeadRequest the answer to HEAD has no body, whatever its headers say */
  constructor(isHeadRequest: boolean) {
    this.#isHeadRequest = isHeadRequest;
  }

  /** The final answer's head, once it is whole. */
  get head(): UpstreamHead | undefined {
    return this.#head;
  }

  /** The answer is whole. What comes after it is an error. */
  get isDone(): boolean {
    return this.#state === 'done';
  }

  /**
   * May the connection carry another request? The answer is whole, its length was told, and the server does not mean to close (RFC 9112,
   * section 9.3). Of errors and of answers without a body we are not so sure.
   */
  get leavesConnection(): boolean {
    return this.isDone && this.#isPersistent;
  }

  /**
   * Takes over `bytes`, for the pieces of a body are moved together within them: flat out, a read holds hundreds of chunks.
   * @returns what of the body came with them
   * @throws DecodeError
   */
  push(bytes: Uint8Array): Uint8Array | undefined {
    let at = 0;
    let from = 0;
    let to = 0;
    while (at < bytes.length) {
      if (this.#state === 'fixed' || this.#state === 'data' || this.#state === 'untilClose') {
        const end = this.#state === 'untilClose' ? bytes.length : Math.min(bytes.length, at + this.#left);
        if (to === 0) from = at;
        else bytes.copyWithin(to, at, end);
        to = to === 0 ? end : to + end - at;
        this.#takeBody(end - at);
        at = end;
      } else if (this.#state === 'line' || this.#state === 'trailers') at = this.#takeLine(bytes, at);
      else this.#takeFraming(bytes[at++] ?? 0);
    }
    return to > from ? bytes.subarray(from, to) : undefined;
  }

  /** The connection has ended. @throws DecodeError when that was before the answer's end */
  end(): void {
    if (this.#state === 'untilClose') this.#state = 'done';
    if (this.#state !== 'done') throw new DecodeError('the answer broke off');
  }

  #takeBody(count: number): void {
    if (this.#state === 'untilClose') return;
    this.#left -= count;
    if (this.#left === 0) this.#state = this.#state === 'data' ? 'dataCr' : 'done';
  }

  /** One byte between the chunks. */
  #takeFraming(byte: number): void {
    switch (this.#state) {
      case 'size':
        this.#takeSize(byte);
        return;
      case 'extension':
        if (++this.#lineBytes > MAX_CHUNK_LINE_BYTES || byte === LF) throw new DecodeError('chunk extension');
        if (byte === CR) this.#state = 'sizeEnd';
        return;
      case 'sizeEnd':
        expect(byte, LF);
        this.#lineBytes = 0;
        this.#state = this.#left === 0 ? 'trailers' : 'data';
        return;
      case 'dataCr':
        expect(byte, CR);
        this.#state = 'dataLf';
        return;
      case 'dataLf':
        expect(byte, LF);
        this.#digits = 0;
        this.#state = 'size';
        return;
      default:
        throw new DecodeError('bytes after the answer');
    }
  }

  #takeSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      if (++this.#digits > MAX_SIZE_DIGITS) throw new DecodeError('chunk too long');
      this.#left = this.#left * 16 + digit;
    } else if (this.#digits > 0 && byte === CR) this.#state = 'sizeEnd';
    else if (this.#digits > 0 && byte === SEMICOLON) this.#state = 'extension';
    else throw new DecodeError('chunk size');
  }

  /** Takes up to the end of a line, or of the piece. Returns where it stopped. */
  #takeLine(bytes: Uint8Array, at: number): number {
    const found = bytes.indexOf(LF, at);
    const end = found < 0 ? bytes.length : found + 1;
    this.#lineBytes += end - at;
    if (this.#lineBytes > MAX_HEAD_BYTES) throw new DecodeError('head too long');
    this.#begun += latin1(bytes, at, end);
    if (found < 0) return end;
    const line = this.#begun;
    this.#begun = '';
    if (!line.endsWith('\r\n')) throw new DecodeError('a line without CR');
    const text = line.slice(0, -2);
    if (/[\0\r]/.test(text)) throw new DecodeError('control character in a header');
    if (this.#state === 'line' && this.#lines.length === 0) readStatus(text); // what is no HTTP is told at once
    if (text !== '') this.#lines.push(text);
    else if (this.#state === 'trailers') this.#state = 'done';
    else this.#takeHead();
    return end;
  }

  #takeHead(): void {
    const [first = '', ...fields] = this.#lines;
    this.#lines = [];
    this.#lineBytes = 0;
    const status = readStatus(first);
    const headers = readFields(fields);
    if (status < 200) {
      // 101 would hand the connection to another protocol, which nobody asked for
      if (status === 101 || ++this.#interim > MAX_INTERIM_ANSWERS) throw new DecodeError('interim answer');
      return;
    }
    const contentType = headers.get('content-type');
    this.#head = { status, ...(contentType === undefined ? {} : { contentType: printable(contentType) }) };
    this.#state = this.#bodyState(status, first, headers);
    this.#isPersistent =
      status === 200 &&
      !this.#isHeadRequest &&
      this.#state !== 'untilClose' &&
      first.startsWith('HTTP/1.1') &&
      (headers.get('connection') ?? 'keep-alive').toLowerCase() === 'keep-alive';
  }

  #bodyState(status: number, statusLine: string, headers: ReadonlyMap<string, string>): State {
    const coding = headers.get('transfer-encoding');
    const length = headers.get('content-length');
    if (coding !== undefined && (length !== undefined || statusLine.startsWith('HTTP/1.0') || coding.toLowerCase() !== 'chunked'))
      throw new DecodeError('transfer coding');
    if (length !== undefined && !/^\d{1,15}$/.test(length)) throw new DecodeError('content length');
    if (this.#isHeadRequest || status === 204 || status === 304) return 'done';
    if (coding !== undefined) return 'size';
    if (length === undefined) return 'untilClose';
    this.#left = Number(length);
    return this.#left === 0 ? 'done' : 'fixed';
  }
}

function readStatus(line: string): number {
  const status = Number(/^HTTP\/1\.[01] ([1-5]\d\d)(?: .*)?$/.exec(line)?.[1]);
  if (!Number.isInteger(status)) throw new DecodeError('status line');
  return status;
}

/** By lower-case name. What decides where the body ends may stand there once. */
function readFields(lines: readonly string[]): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t ]*(.*?)[\t ]*$/.exec(line);
    if (!match) throw new DecodeError('header');
    const name = (match[1] ?? '').toLowerCase();
    if (fields.has(name) && (name === 'content-length' || name === 'transfer-encoding')) throw new DecodeError(`a second ${name}`);
    const before = name === 'connection' ? fields.get(name) : undefined;
    fields.set(name, before === undefined ? (match[2] ?? '') : `${before}, ${match[2] ?? ''}`);
  }
  return fields;
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '').slice(0, MAX_CONTENT_TYPE_CHARS);
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i] ?? 0);
  return text;
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

function expect(byte: number, wanted: number): void {
  if (byte !== wanted) throw new DecodeError('chunk framing');
}
