import { concatBytes } from '../../../src/base/bytes.ts';

const CR = 0x0d;
const LF = 0x0a;
const MAX_HEAD_BYTES = 16 * 1024;

type State =
  | { readonly kind: 'head' }
  | { readonly kind: 'size' }
  | { readonly kind: 'data'; left: number }
  | { readonly kind: 'afterData' }
  | { readonly kind: 'trailer' }
  | { readonly kind: 'fixed'; left: number }
  | { readonly kind: 'untilClose' }
  | { readonly kind: 'over' };

export interface HttpAnswerEvents {
  onBody(bytes: Uint8Array): void;
  /** The answer is over. */
  onEnd(error: string | undefined): void;
}

/** Reads one HTTP/1.1 answer: the least that every path here speaks, so that the client costs the same on each. */
export class HttpAnswer {
  readonly #events: HttpAnswerEvents;
  #state: State = { kind: 'head' };
  #carry: Uint8Array | undefined;
  #status = 0;
  #refusal = '';

  constructor(events: HttpAnswerEvents) {
    this.#events = events;
  }

  get isOver(): boolean {
    return this.#state.kind === 'over';
  }

  push(piece: Uint8Array): void {
    let bytes = this.#carry ? concatBytes(this.#carry, piece) : piece;
    this.#carry = undefined;
    while (bytes.length > 0) {
      const used = this.#step(bytes);
      if (used === 0) {
        if (this.#state.kind !== 'over') this.#carry = bytes;
        return;
      }
      bytes = bytes.subarray(used);
    }
  }

  /** The connection is gone. */
  close(): void {
    if (this.#state.kind === 'untilClose') this.#finish();
    else this.#fail('connection closed');
  }

  /** Takes a step; returns how many bytes it used, 0 when it needs more. */
  #step(bytes: Uint8Array): number {
    const state = this.#state;
    switch (state.kind) {
      case 'head':
        return this.#readHead(bytes);
      case 'size':
        return this.#readSize(bytes);
      case 'data':
      case 'fixed': {
        const count = Math.min(state.left, bytes.length);
        this.#give(bytes.subarray(0, count));
        state.left -= count;
        if (state.left === 0) {
          if (state.kind === 'data') this.#state = { kind: 'afterData' };
          else this.#finish();
        }
        return count;
      }
      case 'afterData':
        if (bytes.length < 2) return 0;
        this.#state = { kind: 'size' };
        return 2;
      case 'trailer': {
        const end = lineEnd(bytes);
        if (end === 2) this.#finish();
        return Math.max(end, 0);
      }
      case 'untilClose':
        this.#give(bytes);
        return bytes.length;
      case 'over':
        return 0;
    }
  }

  #readHead(bytes: Uint8Array): number {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, MAX_HEAD_BYTES)).toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) {
      if (bytes.length >= MAX_HEAD_BYTES) this.#fail('a head without an end');
      return 0;
    }
    const head = text.slice(0, end);
    this.#status = Number(head.split(' ', 2)[1]);
    const length = /^content-length: *(\d+)/im.exec(head)?.[1];
    if (/^transfer-encoding: *chunked/im.test(head)) this.#state = { kind: 'size' };
    else if (length !== undefined) this.#state = { kind: 'fixed', left: Number(length) };
    else this.#state = { kind: 'untilClose' };
    return end + 4;
  }

  #readSize(bytes: Uint8Array): number {
    const end = lineEnd(bytes);
    if (end < 0) return 0;
    const size = parseInt(Buffer.from(bytes.subarray(0, end)).toString('latin1'), 16);
    if (Number.isNaN(size)) this.#fail('a chunk without a size');
    else this.#state = size === 0 ? { kind: 'trailer' } : { kind: 'data', left: size };
    return end;
  }

  #give(bytes: Uint8Array): void {
    if (this.#status === 200) this.#events.onBody(bytes);
    else this.#refusal += Buffer.from(bytes).toString().slice(0, 200);
  }

  #finish(): void {
    if (this.#status !== 200) this.#fail(`answered ${String(this.#status)} ${this.#refusal}`);
    else {
      this.#state = { kind: 'over' };
      this.#events.onEnd(undefined);
    }
  }

  #fail(error: string): void {
    if (this.#state.kind === 'over') return;
    this.#state = { kind: 'over' };
    this.#events.onEnd(error);
  }
}

/** Index behind CR LF, -1 when the line is not whole. */
function lineEnd(bytes: Uint8Array): number {
  const at = bytes.indexOf(LF);
  return at > 0 && bytes[at - 1] === CR ? at + 1 : -1;
}
