import type { ByteWriter } from '../base/byteWriter.ts';
import { TunnelError } from '../protocol/errors.ts';
import {
  AFTER_ATTACH_WINDOW_BYTES,
  INITIAL_STREAM_WINDOW_BYTES,
  MAX_DATA_BYTES,
  MAX_STREAM_BUFFERED_BYTES,
  MAX_STREAM_WINDOW_BYTES,
} from '../protocol/limits.ts';
import { encodeDataHeader } from '../protocol/muxFrames.ts';
import { ReplayBuffer } from './replayBuffer.ts';

/** The sending half of a stream: keeps what is written until the peer has consumed it, and sends from wherever the peer stands. */
export class SendSide {
  readonly #buffer = new ReplayBuffer();
  /** Next offset to send on this attachment. */
  #next = 0;
  /** Highest offset ever sent: no peer can have consumed more. */
  #highestSent = 0;
  /** The peer's credit. */
  #limit = INITIAL_STREAM_WINDOW_BYTES;
  /** Where this attachment began, until the peer has shown by a CREDIT that it carries bytes. */
  #unprovenFrom: number | undefined;
  #ended = false;
  #finSent = false;
  #finConfirmed = false;

  get isEnded(): boolean {
    return this.#ended;
  }

  /** The peer has consumed everything, the end included. */
  get isConfirmed(): boolean {
    return this.#finConfirmed;
  }

  /** All that was written has been sent on this attachment. */
  get isAllSent(): boolean {
    return this.#next === this.#buffer.end;
  }

  /** Written and not yet consumed by the peer: the replay buffer and what waits. */
  get bufferedBytes(): number {
    return this.#buffer.end - this.#buffer.start;
  }

  /** Sent on this attachment and not yet consumed. */
  get inFlightBytes(): number {
    return this.#next - this.#buffer.start;
  }

  /** What may be in flight by the peer's credit and our own bound; more than that need not be written now. */
  get windowBytes(): number {
    return Math.min(Math.max(this.#limit - this.#buffer.start, INITIAL_STREAM_WINDOW_BYTES), MAX_STREAM_WINDOW_BYTES);
  }

  /** May be sent now, by the peer's credit and our own bounds. */
  get sendableBytes(): number {
    const cap = this.#unprovenFrom === undefined ? Infinity : this.#unprovenFrom + AFTER_ATTACH_WINDOW_BYTES;
    return Math.max(0, Math.min(this.#limit, this.#buffer.start + MAX_STREAM_WINDOW_BYTES, cap, this.#buffer.end) - this.#next);
  }

  /** Is there something a DATA frame could carry now? A bare FIN needs no credit. */
  get hasWork(): boolean {
    return this.sendableBytes > 0 || (this.#ended && !this.#finSent && this.#next === this.#buffer.end);
  }

  /** @throws TunnelError `flowViolation` when the writer never waits */
  write(bytes: Uint8Array): void {
    if (this.bufferedBytes + bytes.length > MAX_STREAM_BUFFERED_BYTES) throw new TunnelError('flowViolation', 'the writer does not wait');
    this.#buffer.push(bytes);
  }

  end(): void {
    this.#ended = true;
  }

  /** Writes one DATA frame with up to `maxBytes` of data. Returns whether there was anything to say. */
  take(out: ByteWriter, id: number, maxBytes: number): boolean {
    const count = Math.min(maxBytes, this.sendableBytes, MAX_DATA_BYTES);
    const fin = this.#ended && this.#next + count === this.#buffer.end;
    if (count === 0 && (!fin || this.#finSent)) return false;
    encodeDataHeader(id, this.#next, fin, count, out);
    this.#buffer.copyInto(out, this.#next, count);
    this.#next += count;
    this.#highestSent = Math.max(this.#highestSent, this.#next);
    if (fin) this.#finSent = true;
    return true;
  }

  /**
   * The peer has consumed up to `consumed` and allows up to `limit`; both at the end confirm the end. Older news changes nothing.
   * @throws TunnelError `flowViolation`
   */
  credit(consumed: number, limit: number): void {
    if (consumed > this.#highestSent) throw new TunnelError('flowViolation', 'credit for bytes never sent');
    this.#limit = Math.max(this.#limit, limit);
    if (this.#unprovenFrom !== undefined && consumed > this.#unprovenFrom) this.#unprovenFrom = undefined;
    this.#release(consumed);
    if (this.#finSent && limit === consumed && consumed === this.#buffer.end) this.#finConfirmed = true;
  }

  /** A new attachment: go on from where the peer stands. @throws TunnelError `flowViolation` */
  resume(received: number, limit: number, finReceived: boolean): void {
    if (received < this.#buffer.start || received > this.#highestSent)
      throw new TunnelError('flowViolation', 'resume from an offset never sent');
    if (finReceived && !(this.#ended && received === this.#buffer.end)) throw new TunnelError('flowViolation', 'an end never sent');
    this.#limit = Math.max(this.#limit, limit);
    this.#next = received;
    this.#finSent = finReceived;
    this.#unprovenFrom = received;
  }

  /** Nothing of this stream has arrived: everything is sent again. */
  restart(): void {
    this.#next = this.#buffer.start;
    this.#finSent = false;
    if (this.#highestSent > 0) this.#unprovenFrom = this.#next;
  }

  #release(consumed: number): void {
    this.#buffer.release(consumed);
    // What was consumed needs no sending, even when this attachment had gone back before it.
    this.#next = Math.max(this.#next, consumed);
  }
}
