import { TunnelError } from '../protocol/errors.ts';
import { CREDIT_STEP_BYTES, INITIAL_STREAM_WINDOW_BYTES } from '../protocol/limits.ts';
import type { StreamWindow } from './streamWindow.ts';

/** What a CREDIT frame says. */
export interface Credit {
  readonly consumed: number;
  /** Absolute offset up to which the peer may send. */
  readonly limit: number;
}

/** A piece that holds less than this part of the record it came in is copied, so that it does not keep the rest in memory. */
const WORTH_KEEPING = 1 / 2;

/** The receiving half of a stream: takes each byte once, in order, and grants credit when the reader has consumed. */
export class ReceiveSide {
  readonly #window: StreamWindow;
  #queue: Uint8Array[] = [];
  #received = 0;
  #consumed = 0;
  #limit = INITIAL_STREAM_WINDOW_BYTES;
  /** What the peer was last told to have been consumed. */
  #told = 0;
  /** The peer was told on this attachment that the end has been read. */
  #endTold = false;
  /** Where the last attach found it: up to here nothing shows the sender that the line carries bytes. */
  #attachedAt = -1;
  #total: number | undefined;

  constructor(window: StreamWindow) {
    this.#window = window;
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

  /** The peer has been told so on this attachment: it waits for nothing more. */
  get isFinishTold(): boolean {
    return this.#endTold;
  }

  get unreadBytes(): number {
    return this.#received - this.#consumed;
  }

  /**
   * Takes a DATA frame; what came before is dropped. Returns whether there is something new to read, the end included.
   * @param bytes a view of a record that nobody writes to any more
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
      this.#queue.push(kept(bytes.subarray(bytes.length - fresh)));
      this.#received = end;
      this.#window.addUntold(fresh);
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

  /** Consumed, and the peer counts it as in flight. */
  get untoldBytes(): number {
    return this.#consumed - this.#told;
  }

  /** Is there news enough for the peer: a step consumed, or everything? */
  get owesCredit(): boolean {
    if (this.isEnded) return this.isFinished && !this.#endTold;
    const isUnproven = this.#told <= this.#attachedAt;
    return this.#consumed - this.#told >= (isUnproven ? CREDIT_STEP_BYTES : this.#window.stepBytes);
  }

  /** A new attachment: until a CREDIT from here on the sender dares little. */
  onAttach(): void {
    this.#attachedAt = this.#received;
    this.#endTold = false; // it may have been lost
  }

  /** What to tell the peer now; it counts as told. A lost one is repeated at the next attach. */
  grant(): Credit {
    this.#window.measure(this.#consumed);
    this.#limit = Math.max(this.#limit, this.#consumed + this.#window.bytes);
    this.#window.addUntold(this.#told - this.#consumed);
    this.#told = this.#consumed;
    this.#endTold = this.isFinished;
    // Behind the end nothing is granted: that tells the CREDIT which confirms it from one that was said before it had come.
    return { consumed: this.#consumed, limit: this.#endTold ? this.#consumed : this.#limit };
  }

  /** The stream is over: its window is free for others. */
  release(): void {
    this.#window.addUntold(this.#told - this.#received);
    this.#told = this.#received;
    this.#window.release();
  }
}

function kept(bytes: Uint8Array): Uint8Array {
  return bytes.length < bytes.buffer.byteLength * WORTH_KEEPING ? bytes.slice() : bytes;
}
