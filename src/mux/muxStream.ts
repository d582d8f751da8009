import { Emitter } from '../base/emitter.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { INITIAL_STREAM_WINDOW_BYTES, MAX_CHAT_MESSAGE_BYTES } from '../protocol/limits.ts';
import type { StreamKind } from '../protocol/muxFrames.ts';
import { ReceiveSide } from './receiveSide.ts';
import { SendSide } from './sendSide.ts';

/** Above this a writer must wait for `onWritable`. */
const WRITABLE_BELOW_BYTES = INITIAL_STREAM_WINDOW_BYTES;
/** A writer that does not wait is stopped here. */
const MAX_BUFFERED_BYTES = WRITABLE_BELOW_BYTES + 2 * MAX_CHAT_MESSAGE_BYTES;

/** What the stream still has to say; kept as state and repeated until confirmed. */
export interface ControlNeeds {
  open: boolean;
  credit: boolean;
  stop: boolean;
  reset: ErrorCode | undefined;
}

/** How a stream ended: cleanly in both directions, or with a code. */
export type StreamEnd = { readonly kind: 'finished' } | { readonly kind: 'reset'; readonly code: ErrorCode };

/**
 * One stream of a mux. Writing never blocks: `write` says whether to go on, `onWritable` when again. Reading is a pull: `onReadable` says
 * that there is something, `read` takes it and thereby grants credit. Three ends: `end` (graceful, our direction), `stop` (ask the peer
 * to end its direction), `reset` (hard, both).
 */
export class MuxStream {
  readonly id: number;
  readonly kind: StreamKind;
  /** Opened by this end? */
  readonly isOwn: boolean;

  /** @internal for the mux alone */
  readonly sendSide = new SendSide();
  /** @internal */
  readonly receiveSide = new ReceiveSide();
  /** @internal */
  readonly needs: ControlNeeds;

  readonly #onChange: () => void;
  readonly #readable = new Emitter<undefined>();
  readonly #writable = new Emitter<undefined>();
  readonly #stopRequested = new Emitter<undefined>();
  readonly #ended = new Emitter<StreamEnd>();
  #outcome: StreamEnd | undefined;
  #wasFull = false;
  #stopAsked = false;
  #peerAskedStop = false;
  #ownReset: ErrorCode | undefined;

  constructor(id: number, kind: StreamKind, isOwn: boolean, onChange: () => void) {
    this.id = id;
    this.kind = kind;
    this.isOwn = isOwn;
    this.needs = { open: isOwn, credit: false, stop: false, reset: undefined };
    this.#onChange = onChange;
  }

  /** There are bytes to read, or the peer's end has come. */
  readonly onReadable = this.#readable.event;
  readonly onWritable = this.#writable.event;
  /** The peer wants no more: end soon. */
  readonly onStopRequested = this.#stopRequested.event;
  /** The stream is over; fires once. */
  readonly onEnd = this.#ended.event;

  get isWritable(): boolean {
    return !this.#outcome && !this.sendSide.isEnded && this.sendSide.bufferedBytes < WRITABLE_BELOW_BYTES;
  }

  /** The peer's direction has ended and all of it has been read. */
  get isReadEnded(): boolean {
    return this.receiveSide.isFinished;
  }

  get outcome(): StreamEnd | undefined {
    return this.#outcome;
  }

  get isStopAsked(): boolean {
    return this.#stopAsked;
  }

  /** Queues bytes. Returns whether more may follow now. @throws TunnelError `flowViolation` when the writer never waits, `closed` after the end */
  write(bytes: Uint8Array): boolean {
    if (this.#outcome || this.sendSide.isEnded) throw new TunnelError('closed', 'write after the end');
    if (this.sendSide.bufferedBytes + bytes.length > MAX_BUFFERED_BYTES) throw new TunnelError('flowViolation', 'the writer does not wait');
    this.sendSide.write(bytes);
    this.#wasFull ||= !this.isWritable;
    this.#onChange();
    return this.isWritable;
  }

  end(): void {
    if (this.#outcome || this.sendSide.isEnded) return;
    this.sendSide.end();
    this.#onChange();
  }

  read(): Uint8Array | undefined {
    const piece = this.receiveSide.read();
    this.#renewCredit();
    return piece;
  }

  stop(): void {
    if (this.#outcome || this.#stopAsked || this.receiveSide.isEnded) return;
    this.#stopAsked = true;
    this.needs.stop = true;
    this.#onChange();
  }

  reset(code: ErrorCode): void {
    if (this.#outcome) return;
    this.#ownReset = code;
    this.needs.reset = code;
    this.#finish({ kind: 'reset', code });
    this.#onChange();
  }

  /** @internal Data from the peer. */
  acceptData(offset: number, bytes: Uint8Array, fin: boolean): void {
    const isNew = this.receiveSide.accept(offset, bytes, fin);
    if (this.receiveSide.isEnded) this.needs.stop = false;
    if (this.#outcome) this.receiveSide.discard();
    else if (isNew) this.#readable.fire(undefined);
    this.#renewCredit();
  }

  /** @internal Credit from the peer. */
  acceptCredit(consumed: number, limit: number): void {
    this.sendSide.credit(consumed, limit);
    if (this.#wasFull && this.isWritable) {
      this.#wasFull = false;
      this.#writable.fire(undefined);
    }
    this.#onChange();
  }

  /** @internal The peer asks us to end. Repeats change nothing. */
  acceptStop(): void {
    if (this.#peerAskedStop || this.sendSide.isEnded) return;
    this.#peerAskedStop = true;
    this.#stopRequested.fire(undefined);
  }

  /** @internal The peer has ended it hard, or no longer knows it. */
  acceptEnd(end: StreamEnd): void {
    this.needs.stop = false;
    this.needs.credit = false;
    this.#finish(end);
  }

  /** @internal Marks what a PING or an attach repeats. */
  repeatControl(): void {
    if (this.#outcome) {
      this.needs.reset = this.#ownReset;
      return;
    }
    this.needs.credit ||= this.receiveSide.received > 0;
    this.needs.stop = this.#stopAsked && !this.receiveSide.isEnded;
  }

  /** @internal Ends it cleanly when both directions have. */
  finishIfDone(): boolean {
    if (!this.sendSide.isConfirmed || !this.receiveSide.isFinished || this.needs.credit) return false;
    this.#finish({ kind: 'finished' });
    return true;
  }

  /** @internal */
  disposeEmitters(): void {
    this.#readable.dispose();
    this.#writable.dispose();
    this.#stopRequested.dispose();
    this.#ended.dispose();
  }

  #renewCredit(): void {
    if (!this.receiveSide.renew()) return;
    this.needs.credit = true;
    this.#onChange();
  }

  #finish(end: StreamEnd): void {
    if (this.#outcome) return;
    this.#outcome = end;
    this.receiveSide.discard();
    this.#ended.fire(end);
  }
}
