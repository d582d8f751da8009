import { TunnelError } from '../protocol/errors.ts';
import { INITIAL_STREAM_WINDOW_BYTES } from '../protocol/limits.ts';

/** The receiving half of a stream: takes each byte once, in order, and grants credit when the reader has consumed. */
export class ReceiveSide {
  #queue: Uint8Array[] = [];
  #received = 0;
  #consumed = 0;
  #limit: number;
  readonly #windowBytes: number;
  #total: number | undefined;

  constructor(windowBytes: number = INITIAL_STREAM_WINDOW_BYTES) {
    this.#windowBytes = windowBytes;
    this.#limit = windowBytes;
  }

  /** Bytes received without a gap. */
  get received(): number {
    return this.#received;
  }

  get consumed(): number {
    return this.#consumed;
  }

  /** Absolute offset up to which the peer may send. */
  get limit(): number {
    return this.#limit;
  }

  /** FIN has arrived. */
  get isEnded(): boolean {
    return this.#total !== undefined;
  }

  /** The reader has everything, the end included. */
  get isFinished(): boolean {
    return this.#total === this.#consumed;
  }

  get unreadBytes(): number {
    return this.#received - this.#consumed;
  }

  /**
   * Takes a DATA frame; what came before is dropped. Returns whether there is something new to read, the end included.
   * @throws TunnelError `flowViolation` on a gap, on more than was granted, or when the end moves
   */
  accept(offset: number, bytes: Uint8Array, fin: boolean): boolean {
    const end = offset + bytes.length;
    if (end > this.#limit) throw new TunnelError('flowViolation', 'data beyond the credit');
    if (offset > this.#received) throw new TunnelError('flowViolation', 'gap in the data');
    if (this.#total !== undefined && end > this.#total) throw new TunnelError('flowViolation', 'data after the end');
    if (fin && this.#total !== undefined && end !== this.#total) throw new TunnelError('flowViolation', 'the end has moved');
    if (fin && end < this.#received) throw new TunnelError('flowViolation', 'the end lies before what was received');
    const fresh = end - this.#received;
    if (fresh > 0) {
      this.#queue.push(bytes.slice(bytes.length - fresh));
      this.#received = end;
    }
    const endsNow = fin && this.#total === undefined;
    if (endsNow) this.#total = end;
    return fresh > 0 || endsNow;
  }

  /** The next piece, which counts as consumed from now on. */
  read(): Uint8Array | undefined {
    const piece = this.#queue.shift();
    if (piece) this.#consumed += piece.length;
    return piece;
  }

  /** Consumes whatever is there without looking at it. */
  discard(): void {
    this.#queue = [];
    this.#consumed = this.#received;
  }

  /** Grants the next credit when half of the window has been consumed. Returns whether the peer should be told. */
  renew(): boolean {
    if (this.isEnded) return this.isFinished;
    const limit = this.#consumed + this.#windowBytes;
    if (limit - this.#limit < this.#windowBytes / 2) return false;
    this.#limit = limit;
    return true;
  }
}
