import type { Clock } from '../base/clock.ts';
import { equalBytes, isAllZero } from '../base/bytes.ts';
import type { Disposable } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/emitter.ts';
import { errorCodeOf, TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { END_CREDIT_DELAY_MS } from '../protocol/limits.ts';
import { INCARNATION_BYTES, type MuxFrame, type StreamKind } from '../protocol/muxFrames.ts';
import type { MuxStream } from './muxStream.ts';
import { Pinger } from './pinger.ts';
import { Scheduler } from './scheduler.ts';
import { StreamTable } from './streamTable.ts';
import { WindowPool } from './streamWindow.ts';

export type Hello = Extract<MuxFrame, { type: 'hello' }>;

/** Replies to frames for unknown streams and to pings, kept while the peer does not read; more means it floods us. */
const MAX_QUEUED_CONTROL = 256;

export interface MuxOptions {
  readonly role: 'client' | 'device';
  /** 16 random bytes, made by the client; one per tab. */
  readonly muxId: Uint8Array;
  /** The device's 8 random bytes for this mux; a client learns them. */
  readonly incarnation?: Uint8Array;
  readonly clock: Clock;
}

/** The line beneath: one session. The mux says when it has something to say; the session pulls when there is room. */
export interface MuxCarrier {
  /** There is something to pull. */
  wake(): void;
  /** The far end did not answer a PING in time. */
  onSilent(): void;
}

/**
 * Many streams over one session after another. It outlives sessions: on the next one both ends tell in HELLO where they stand and go on
 * from there, so nothing is lost or repeated. Sans-IO: frames come in by `receive`, go out by `pull`.
 */
export class Mux implements Disposable {
  readonly muxId: Uint8Array;
  readonly #role: 'client' | 'device';
  readonly #windows: WindowPool;
  readonly #table: StreamTable;
  readonly #scheduler: Scheduler;
  readonly #pinger: Pinger;
  readonly #roundTrip = new Emitter<number>();
  readonly #missedPing = new Emitter<undefined>();
  readonly #attached = new Emitter<undefined>();
  readonly #detached = new Emitter<undefined>();
  #incarnation: Uint8Array;
  #attempt = 0;
  readonly #clock: Clock;
  /** Runs while something waits to go along with whatever is said next. */
  #patience: Disposable | undefined;
  #carrier: MuxCarrier | undefined;
  #isReady = false;
  #isWatched = false;
  #isDisposed = false;

  constructor(options: MuxOptions) {
    this.muxId = options.muxId;
    this.#clock = options.clock;
    this.#role = options.role;
    this.#incarnation = options.incarnation ?? new Uint8Array(INCARNATION_BYTES);
    this.#windows = new WindowPool(options.clock);
    this.#table = new StreamTable(options.role === 'client', this.#windows, {
      onWork: (stream) => {
        this.#scheduler.note(stream);
        this.#wake();
      },
      onAdded: (stream) => {
        this.#scheduler.note(stream);
        this.#updatePinger();
      },
      onForgotten: (stream) => {
        this.#scheduler.forget(stream);
        this.#updatePinger();
      },
      reply: (frame) => {
        this.#scheduler.push(frame);
      },
    });
    this.#scheduler = new Scheduler(this.#table.streams, (stream) => {
      this.#table.settle(stream);
    });
    this.#pinger = new Pinger(options.clock, {
      sendPing: (token) => {
        this.#table.repeatControl();
        this.#scheduler.push({ type: 'ping', token });
        this.#wake();
      },
      onRoundTrip: (rttMs) => {
        this.#windows.noteRoundTrip(rttMs);
        this.#roundTrip.fire(rttMs);
      },
      onSilent: () => {
        this.#missedPing.fire(undefined);
        this.#carrier?.onSilent();
      },
    });
  }

  /** A PING came back; ms. */
  readonly onRoundTrip = this.#roundTrip.event;
  /** A PING found no PONG in its time, while our own event loop kept time. */
  readonly onMissedPing = this.#missedPing.event;
  /** Both HELLOs have been read: streams flow again. */
  readonly onAttached = this.#attached.event;
  /** The session that carried the streams is gone; they wait for the next. */
  readonly onDetached = this.#detached.event;

  /** The peer has opened a stream. */
  get onStream(): Event<MuxStream> {
    return this.#table.onStream;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  get streamCount(): number {
    return this.#table.streams.size;
  }

  /** The highest attempt that was attached; a HELLO counts only with a higher one. */
  get attempt(): number {
    return this.#attempt;
  }

  /** While watched it pings even without a stream: a view is visible, or a device holds a circuit for its client. */
  set isWatched(value: boolean) {
    this.#isWatched = value;
    this.#updatePinger();
  }

  /** Opens a stream; it may be written to at once, attached or not. @throws TunnelError `tooManyStreams` */
  openStream(kind: StreamKind): MuxStream {
    if (this.#isDisposed) throw new TunnelError('closed');
    const stream = this.#table.open(kind);
    this.#wake();
    return stream;
  }

  /** Takes a session. A client says HELLO first; a device answers the client's, which goes to {@link receive} next. */
  attach(carrier: MuxCarrier): void {
    this.detach();
    this.#carrier = carrier;
    if (this.#role === 'client') {
      this.#attempt++;
      this.#sayHello();
    }
  }

  /** The session is gone; streams wait for the next. */
  detach(): void {
    const wasReady = this.#isReady;
    this.#carrier = undefined;
    this.#isReady = false;
    this.#scheduler.clear();
    this.#endPatience();
    this.#windows.forgetRoundTrip();
    this.#pinger.forget();
    this.#updatePinger();
    if (wasReady) this.#detached.fire(undefined);
  }

  /**
   * Takes the frames of one record. What concerns one stream alone resets that stream.
   * @throws TunnelError `sessionBroken` when the peer breaks the order of the session, `revoked`, `paused` on its last word
   */
  receive(frames: readonly MuxFrame[]): void {
    for (const frame of frames) {
      if (!this.#carrier) return;
      this.#receiveOne(frame);
    }
    if (this.#scheduler.queuedControl > MAX_QUEUED_CONTROL) throw new TunnelError('sessionBroken', 'flooded');
    this.#wake();
  }

  /**
   * Frames for one record of at most `maxBytes`, or undefined when there is nothing to say now. A view that is good until the next pull:
   * whoever seals it makes the copy.
   */
  pull(maxBytes: number): Uint8Array | undefined {
    if (!this.#carrier) return undefined;
    if (!this.#isReady) return this.#scheduler.pullQueued(maxBytes);
    const frames = this.#scheduler.pull(maxBytes);
    // What waits next has its own time: the rest of an older one would cut it short.
    if (!this.#scheduler.hasPatientWork) this.#endPatience();
    return frames;
  }

  /** Checks the far end now. */
  probe(): void {
    this.#pinger.probe();
  }

  /** Ends every stream with `code` and the mux with them. */
  dispose(code: ErrorCode = 'closed'): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.detach();
    this.#table.loseAll(code);
    this.#pinger.dispose();
    this.#table.dispose();
    this.#roundTrip.dispose();
    this.#missedPing.dispose();
    this.#attached.dispose();
    this.#detached.dispose();
  }

  #wake(): void {
    if (this.#isReady ? this.#scheduler.hasWork : this.#scheduler.queuedControl > 0) this.#carrier?.wake();
    else if (this.#isReady && this.#scheduler.hasPatientWork) this.#wakeLater();
  }

  #wakeLater(): void {
    this.#patience ??= this.#clock.after(END_CREDIT_DELAY_MS, () => {
      this.#patience = undefined;
      this.#scheduler.hurry();
      this.#wake();
    });
  }

  #endPatience(): void {
    this.#patience?.dispose();
    this.#patience = undefined;
  }

  #sayHello(): void {
    this.#scheduler.push({
      type: 'hello',
      muxId: this.muxId,
      attempt: this.#attempt,
      incarnation: this.#incarnation,
      highestOpened: this.#table.highestOpened,
      streams: this.#table.states(),
    });
    this.#wake();
  }

  #receiveOne(frame: MuxFrame): void {
    if (frame.type === 'hello') {
      this.#receiveHello(frame);
      return;
    }
    if (frame.type === 'close') throw new TunnelError(errorCodeOf(frame.code));
    if (!this.#isReady) throw new TunnelError('sessionBroken', 'a frame before HELLO');
    if (frame.type === 'ping') this.#scheduler.push({ type: 'pong', token: frame.token });
    else if (frame.type === 'pong') this.#pinger.onPong(frame.token);
    else this.#table.receive(frame);
  }

  #receiveHello(hello: Hello): void {
    if (this.#isReady) throw new TunnelError('sessionBroken', 'a second HELLO');
    if (!equalBytes(hello.muxId, this.muxId)) throw new TunnelError('sessionBroken', 'HELLO of another mux');
    let stand: Pick<Hello, 'highestOpened' | 'streams'> = hello;
    if (this.#role === 'device') {
      if (hello.attempt <= this.#attempt) throw new TunnelError('sessionBroken', 'an old HELLO');
      this.#attempt = hello.attempt;
      this.#sayHello();
      // What a client tells of another table is not about our streams, though their ids may be the same.
      if (!equalBytes(hello.incarnation, this.#incarnation)) stand = { highestOpened: 0, streams: [] };
    } else {
      this.#learnIncarnation(hello);
    }
    this.#isReady = true;
    this.#table.resume(stand);
    // Only now: whoever heard of an end may have opened a stream, and its OPEN must not go before an older one that is said again.
    this.#scheduler.startOver();
    this.#table.noteAll();
    this.#updatePinger();
    this.#attached.fire(undefined);
    this.#wake();
  }

  #learnIncarnation(hello: Hello): void {
    const isOther = !isAllZero(this.#incarnation) && !equalBytes(hello.incarnation, this.#incarnation);
    this.#incarnation = hello.incarnation.slice();
    if (isOther) this.#table.onOtherIncarnation();
  }

  #updatePinger(): void {
    if (this.#isReady && (this.#isWatched || this.#table.streams.size > 0)) this.#pinger.start();
    else this.#pinger.stop();
  }
}
