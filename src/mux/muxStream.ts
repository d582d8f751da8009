import { Emitter } from '../base/emitter.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { CREDIT_STEP_BYTES } from '../protocol/limits.ts';
import type { StreamKind } from '../protocol/muxFrames.ts';
import { ReceiveSide } from './receiveSide.ts';
import { SendSide } from './sendSide.ts';
import { StreamWindow, type WindowPool } from './streamWindow.ts';

/** What the stream still has to say; kept as state and repeated until confirmed. */
export interface ControlNeeds {
  open: boolean;
  credit: boolean;
  stop: boolean;
  reset: ErrorCode | undefined;
}

/** How a stream ended: cleanly in both directions, or with a code. */
export type StreamEnd = { readonly kind: 'finished' } | { readonly kind: 'reset'; readonly code: ErrorCode };

export interface MuxStreamOptions {
  readonly id: number;
  readonly kind: StreamKind;
  /** Opened by this end? */
  readonly isOwn: boolean;
  readonly pool: WindowPool;
  /** It may have something to say. */
  readonly onChange: (stream: MuxStream) => void;
}

/**
 * One stream of a mux. Writing never blocks: `write` says whether to go on, `onWritable` when again; what was written is not changed
 * afterwards. Reading is a pull: `onReadable` says
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
  readonly receiveSide: ReceiveSide;
  /** @internal */
  readonly needs: ControlNeeds;

  readonly #onChange: (stream: MuxStream) => void;
  readonly #readable = new Emitter<undefined>();
  readonly #writable = new Emitter<undefined>();
  readonly #stopRequested = new Emitter<undefined>();
  readonly #ended = new Emitter<StreamEnd>();
  #outcome: StreamEnd | undefined;
  #wasFull = false;
  #stopAsked = false;
  #peerAskedStop = false;
  #ownReset: ErrorCode | undefined;
  #failure: ErrorCode | undefined;

  constructor({ id, kind, isOwn, pool, onChange }: MuxStreamOptions) {
    this.id = id;
    this.kind = kind;
    this.isOwn = isOwn;
    this.receiveSide = new ReceiveSide(new StreamWindow(pool));
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

  /** Is less than a window written and not yet consumed? A writer pauses when not: what is more could not leave anyway. */
  get isWritable(): boolean {
    return !this.#outcome && !this.#isClosing && this.sendSide.bufferedBytes < this.sendSide.windowBytes;
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
    if (this.#outcome || this.#isClosing) throw new TunnelError('closed', 'write after the end');
    this.sendSide.write(bytes);
    this.#wasFull ||= !this.isWritable;
    this.#onChange(this);
    return this.isWritable;
  }

  end(): void {
    if (this.#outcome || this.#isClosing) return;
    this.sendSide.end();
    this.#onChange(this);
  }

  read(): Uint8Array | undefined {
    const piece = this.receiveSide.read();
    this.renewCredit();
    return piece;
  }

  stop(): void {
    if (this.#outcome || this.#stopAsked || this.receiveSide.isEnded) return;
    this.#stopAsked = true;
    this.needs.stop = true;
    this.#onChange(this);
  }

  /** Ends it hard behind what was written: a RESET goes ahead of data that waits, so it waits until that has been sent. */
  fail(code: ErrorCode): void {
    if (this.#outcome || this.#isClosing) return;
    this.#failure = code;
    this.noteSent();
  }

  reset(code: ErrorCode): void {
    if (this.#outcome) return;
    this.#ownReset = code;
    this.needs.reset = code;
    this.#finish({ kind: 'reset', code });
    this.#onChange(this);
  }

  /** @internal Some of what was written has been sent. */
  noteSent(): void {
    if (this.#failure !== undefined && this.sendSide.isAllSent) this.reset(this.#failure);
  }

  /** @internal Data from the peer. */
  acceptData(offset: number, bytes: Uint8Array, fin: boolean): void {
    const isNew = this.receiveSide.accept(offset, bytes, fin);
    if (this.receiveSide.isEnded) this.needs.stop = false;
    if (this.#outcome) this.receiveSide.discard();
    else if (isNew) this.#readable.fire(undefined);
    this.renewCredit();
  }

  /** @internal Credit from the peer. */
  acceptCredit(consumed: number, limit: number): void {
    this.sendSide.credit(consumed, limit);
    if (this.#wasFull && this.isWritable) {
      this.#wasFull = false;
      this.#writable.fire(undefined);
    }
    this.#onChange(this);
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
    this.needs.credit ||= this.receiveSide.received > 0 || this.receiveSide.isEnded;
    this.needs.stop = this.#stopAsked && !this.receiveSide.isEnded;
  }

  /** @internal Has it nothing to say but that it has read to the end, which nobody waits for? */
  get canConfirmLater(): boolean {
    const { open, stop, reset } = this.needs;
    return !open && !stop && reset === undefined && this.receiveSide.isFinished && this.receiveSide.untoldBytes < CREDIT_STEP_BYTES;
  }

  /** @internal Says CREDIT when enough was consumed for it. */
  renewCredit(): void {
    if (this.#outcome || this.needs.credit || !this.receiveSide.owesCredit) return;
    this.needs.credit = true;
    this.#onChange(this);
  }

  /** @internal Ends it cleanly when both directions have. One that was reset waits for the peer to hear so, unless the peer is done too. */
  finishIfDone(): boolean {
    if (!this.sendSide.isConfirmed || !this.receiveSide.isFinishTold || this.needs.credit) return false;
    this.#finish({ kind: 'finished' });
    return true;
  }

  /** @internal */
  dispose(): void {
    this.receiveSide.release();
    this.#readable.dispose();
    this.#writable.dispose();
    this.#stopRequested.dispose();
    this.#ended.dispose();
  }

  /** Nothing more may be written. */
  get #isClosing(): boolean {
    return this.#failure !== undefined || this.sendSide.isEnded;
  }

  #finish(end: StreamEnd): void {
    if (this.#outcome) return;
    this.#outcome = end;
    this.receiveSide.discard();
    this.#ended.fire(end);
  }
}
