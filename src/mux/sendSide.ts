import { concatBytes, emptyBytes } from '../base/bytes.ts';
import { TunnelError } from '../protocol/errors.ts';
import { AFTER_ATTACH_WINDOW_BYTES, INITIAL_STREAM_WINDOW_BYTES, MAX_STREAM_WINDOW_BYTES } from '../protocol/limits.ts';

interface Chunk {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A piece to put into a DATA frame. */
export interface Outgoing {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly fin: boolean;
}

/** Below this a new piece joins the last unsent one, so that many small writes do not become many small chunks. */
const JOIN_BELOW_BYTES = 2048;

/** The sending half of a stream: keeps what is written until the peer has consumed it, and sends from wherever the peer stands. */
export class SendSide {
  #chunks: Chunk[] = [];
  #written = 0;
  #consumed = 0;
  /** Next offset to send on this attachment. */
  #next = 0;
  /** Highest offset ever sent: no peer can have consumed more. */
  #highestSent = 0;
  #limit = INITIAL_STREAM_WINDOW_BYTES;
  #cap = MAX_STREAM_WINDOW_BYTES;
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

  /** Written and not yet consumed by the peer: the replay buffer and what waits. */
  get bufferedBytes(): number {
    return this.#written - this.#consumed;
  }

  /** Sent on this attachment and not yet consumed. */
  get inFlightBytes(): number {
    return this.#next - this.#consumed;
  }

  /** May be sent now, by the peer's credit and our own cap. */
  get sendableBytes(): number {
    return Math.max(0, Math.min(this.#limit, this.#consumed + this.#cap, this.#written) - this.#next);
  }

  /** Is there something a DATA frame could carry now? A bare FIN needs no credit. */
  get hasWork(): boolean {
    return this.sendableBytes > 0 || (this.#ended && !this.#finSent && this.#next === this.#written);
  }

  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const last = this.#chunks.at(-1);
    if (last && last.offset >= this.#next && last.offset >= this.#highestSent && last.bytes.length + bytes.length <= JOIN_BELOW_BYTES) {
      this.#chunks[this.#chunks.length - 1] = { offset: last.offset, bytes: concatBytes(last.bytes, bytes) };
    } else {
      this.#chunks.push({ offset: this.#written, bytes });
    }
    this.#written += bytes.length;
  }

  end(): void {
    this.#ended = true;
  }

  /** Takes up to `maxBytes` for one DATA frame. */
  take(maxBytes: number): Outgoing | undefined {
    if (!this.hasWork) return undefined;
    const offset = this.#next;
    const count = Math.min(maxBytes, this.sendableBytes);
    const bytes = count > 0 ? this.#slice(offset, count) : emptyBytes;
    this.#next += bytes.length;
    this.#highestSent = Math.max(this.#highestSent, this.#next);
    const fin = this.#ended && this.#next === this.#written;
    if (fin) this.#finSent = true;
    return { offset, bytes, fin };
  }

  /** The peer has consumed up to `consumed` and allows up to `limit`. Older news changes nothing. @throws TunnelError `flowViolation` */
  credit(consumed: number, limit: number): void {
    if (consumed > this.#highestSent) throw new TunnelError('flowViolation', 'credit for bytes never sent');
    this.#limit = Math.max(this.#limit, limit);
    this.#cap = MAX_STREAM_WINDOW_BYTES;
    this.#release(consumed);
    if (this.#finSent && this.#consumed === this.#written) this.#finConfirmed = true;
  }

  /** A new attachment: go on from where the peer stands. @throws TunnelError `flowViolation` */
  resume(received: number, limit: number, finReceived: boolean): void {
    if (received < this.#consumed || received > this.#highestSent)
      throw new TunnelError('flowViolation', 'resume from an offset never sent');
    if (finReceived && !(this.#ended && received === this.#written)) throw new TunnelError('flowViolation', 'an end never sent');
    this.#limit = Math.max(this.#limit, limit);
    this.#next = received;
    this.#finSent = finReceived;
    this.#cap = AFTER_ATTACH_WINDOW_BYTES;
  }

  /** Nothing of this stream has arrived: everything is sent again. */
  restart(): void {
    this.#next = this.#consumed;
    this.#finSent = false;
    if (this.#highestSent > 0) this.#cap = AFTER_ATTACH_WINDOW_BYTES;
  }

  #release(consumed: number): void {
    if (consumed <= this.#consumed) return;
    this.#consumed = consumed;
    // What was consumed needs no sending, even when this attachment had gone back before it.
    this.#next = Math.max(this.#next, consumed);
    let drop = 0;
    for (const chunk of this.#chunks) {
      if (chunk.offset + chunk.bytes.length > consumed) break;
      drop++;
    }
    if (drop > 0) this.#chunks.splice(0, drop);
  }

  #slice(offset: number, count: number): Uint8Array {
    const parts: Uint8Array[] = [];
    let left = count;
    for (const chunk of this.#chunks) {
      if (left === 0) break;
      const end = chunk.offset + chunk.bytes.length;
      if (end <= offset) continue;
      const from = Math.max(0, offset - chunk.offset);
      const part = chunk.bytes.subarray(from, Math.min(chunk.bytes.length, from + left));
      parts.push(part);
      left -= part.length;
    }
    return parts.length === 1 && parts[0] ? parts[0] : concatBytes(...parts);
  }
}
