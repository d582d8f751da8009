import type { Clock } from '../base/clock.ts';
import { equalBytes, isAllZero } from '../base/bytes.ts';
import type { Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import { assertNever } from '../base/assertNever.ts';
import { errorCodeOf, errorNumber, TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { MAX_STREAMS } from '../protocol/limits.ts';
import { INCARNATION_BYTES, type MuxFrame, type StreamKind, type StreamState } from '../protocol/muxFrames.ts';
import { MuxStream } from './muxStream.ts';
import { Pinger } from './pinger.ts';
import { Scheduler } from './scheduler.ts';

export type Hello = Extract<MuxFrame, { type: 'hello' }>;
type StreamFrame = Extract<MuxFrame, { type: 'open' | 'data' | 'credit' | 'stop' | 'reset' }>;

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
  readonly #streams = new Map<number, MuxStream>();
  readonly #scheduler = new Scheduler(this.#streams);
  readonly #pinger: Pinger;
  readonly #opened = new Emitter<MuxStream>();
  readonly #roundTrip = new Emitter<number>();
  readonly #attached = new Emitter<undefined>();
  #incarnation: Uint8Array;
  #attempt = 0;
  #nextId: number;
  #highestOpened = 0;
  #carrier: MuxCarrier | undefined;
  #isReady = false;
  #isWatched = false;
  #isDisposed = false;

  constructor(options: MuxOptions) {
    this.muxId = options.muxId;
    this.#role = options.role;
    this.#incarnation = options.incarnation ?? new Uint8Array(INCARNATION_BYTES);
    this.#nextId = options.role === 'client' ? 1 : 2;
    this.#pinger = new Pinger(options.clock, {
      sendPing: (token) => {
        for (const stream of this.#streams.values()) stream.repeatControl();
        this.#scheduler.push({ type: 'ping', token });
        this.#wake();
      },
      onRoundTrip: (rttMs) => {
        this.#roundTrip.fire(rttMs);
      },
      onSilent: () => this.#carrier?.onSilent(),
    });
  }

  /** The peer has opened a stream. */
  readonly onStream = this.#opened.event;
  /** A PING came back; ms. */
  readonly onRoundTrip = this.#roundTrip.event;
  /** Both HELLOs have been read: streams flow again. */
  readonly onAttached = this.#attached.event;

  get isReady(): boolean {
    return this.#isReady;
  }

  get streamCount(): number {
    return this.#streams.size;
  }

  /** The highest attempt that was attached; a HELLO counts only with a higher one. */
  get attempt(): number {
    return this.#attempt;
  }

  /** While watched it pings even without a stream: a view is visible. */
  set isWatched(value: boolean) {
    this.#isWatched = value;
    this.#updatePinger();
  }

  /** Opens a stream; it may be written to at once, attached or not. @throws TunnelError `tooManyStreams` */
  openStream(kind: StreamKind): MuxStream {
    if (this.#isDisposed) throw new TunnelError('closed');
    if (this.#streams.size >= MAX_STREAMS) throw new TunnelError('tooManyStreams');
    const stream = new MuxStream(this.#nextId, kind, true, this.#onStreamChange);
    this.#nextId += 2;
    this.#streams.set(stream.id, stream);
    this.#updatePinger();
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
    this.#carrier = undefined;
    this.#isReady = false;
    this.#scheduler.clear();
    this.#updatePinger();
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
    if (this.#scheduler.hasWork) this.#wake();
  }

  /** Frames for one record of at most `maxBytes`, or undefined when there is nothing to say now. */
  pull(maxBytes: number): Uint8Array | undefined {
    if (!this.#carrier) return undefined;
    const bytes = this.#isReady ? this.#scheduler.pull(maxBytes) : this.#scheduler.pullQueued(maxBytes);
    for (const stream of [...this.#streams.values()]) if (stream.finishIfDone()) this.#forget(stream);
    return bytes;
  }

  /** Checks the far end now. */
  probe(): void {
    this.#pinger.probe();
  }

  /** Says the last word to a client and nothing after it. */
  close(code: ErrorCode): void {
    this.#scheduler.push({ type: 'close', code: errorNumber(code) });
    this.#wake();
  }

  /** Ends every stream with `code` and the mux with them. */
  dispose(code: ErrorCode = 'closed'): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.detach();
    this.#loseAll(code);
    this.#pinger.dispose();
    this.#opened.dispose();
    this.#roundTrip.dispose();
    this.#attached.dispose();
  }

  readonly #onStreamChange = (): void => {
    this.#wake();
  };

  #wake(): void {
    if (this.#isReady || this.#scheduler.queuedControl > 0) this.#carrier?.wake();
  }

  #sayHello(): void {
    const streams: StreamState[] = [];
    for (const { id, receiveSide, isStopAsked, needs } of this.#streams.values()) {
      if (needs.open) continue;
      streams.push({
        id,
        received: receiveSide.received,
        limit: receiveSide.limit,
        ended: receiveSide.isEnded,
        stopRequested: isStopAsked,
      });
    }
    this.#scheduler.push({
      type: 'hello',
      muxId: this.muxId,
      attempt: this.#attempt,
      incarnation: this.#incarnation,
      highestOpened: this.#highestOpened,
      streams,
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
    else this.#receiveForStream(frame);
  }

  #receiveHello(hello: Hello): void {
    if (this.#isReady) throw new TunnelError('sessionBroken', 'a second HELLO');
    if (!equalBytes(hello.muxId, this.muxId)) throw new TunnelError('sessionBroken', 'HELLO of another mux');
    if (this.#role === 'device') {
      if (hello.attempt <= this.#attempt) throw new TunnelError('sessionBroken', 'an old HELLO');
      this.#attempt = hello.attempt;
      this.#sayHello();
    } else {
      this.#learnIncarnation(hello);
    }
    this.#isReady = true;
    this.#resumeStreams(hello);
    this.#updatePinger();
    this.#attached.fire(undefined);
    this.#wake();
  }

  #learnIncarnation(hello: Hello): void {
    const isOther = !isAllZero(this.#incarnation) && !equalBytes(hello.incarnation, this.#incarnation);
    this.#incarnation = hello.incarnation.slice();
    if (!isOther) return;
    // The device's table is a new one: it knows none of our streams, and its own ids begin anew.
    this.#highestOpened = 0;
    this.#loseAll('deviceRestarted', (stream) => !stream.needs.open);
  }

  #resumeStreams(hello: Hello): void {
    const told = new Map(hello.streams.map((state) => [state.id, state]));
    for (const stream of [...this.#streams.values()]) {
      const state = told.get(stream.id);
      if (state) this.#resumeStream(stream, state);
      else if (stream.isOwn && stream.id > hello.highestOpened) this.#openAgain(stream);
      else this.#finishUnknown(stream);
    }
  }

  #resumeStream(stream: MuxStream, state: StreamState): void {
    stream.needs.open = false;
    stream.repeatControl();
    if (stream.outcome) return;
    this.#guard(stream, () => {
      stream.sendSide.resume(state.received, state.limit, state.ended);
      if (state.stopRequested) stream.acceptStop();
    });
  }

  #openAgain(stream: MuxStream): void {
    if (stream.outcome) {
      // Reset before the peer ever heard of it: there is nobody to tell.
      this.#forget(stream);
      return;
    }
    stream.needs.open = true;
    stream.sendSide.restart();
    stream.repeatControl();
  }

  /** The peer has forgotten it: both directions were done there. */
  #finishUnknown(stream: MuxStream): void {
    const isDone = stream.receiveSide.isEnded && stream.sendSide.isEnded;
    if (!stream.outcome) stream.acceptEnd(isDone ? { kind: 'finished' } : { kind: 'reset', code: 'streamGone' });
    this.#forget(stream);
  }

  #receiveForStream(frame: StreamFrame): void {
    if (frame.type === 'open') {
      this.#receiveOpen(frame.id, frame.kind);
      return;
    }
    const stream = this.#streams.get(frame.id);
    if (!stream) {
      // Already forgotten here; repeats of old news are harmless. What was never opened is not old news.
      if (!this.#wasOpened(frame.id)) throw new TunnelError('sessionBroken', 'a stream that was never opened');
      return;
    }
    switch (frame.type) {
      case 'data':
        this.#guard(stream, () => {
          stream.acceptData(frame.offset, frame.bytes, frame.fin);
        });
        return;
      case 'credit':
        this.#guard(stream, () => {
          stream.acceptCredit(frame.consumed, frame.limit);
        });
        return;
      case 'stop':
        stream.acceptStop();
        return;
      case 'reset':
        this.#receiveReset(stream, frame.code);
        return;
      default:
        assertNever(frame);
    }
  }

  #receiveOpen(id: number, kind: StreamKind): void {
    if (this.#isOwnId(id)) throw new TunnelError('sessionBroken', 'OPEN of our own id');
    if (id <= this.#highestOpened) return;
    this.#highestOpened = id;
    if (this.#streams.size >= MAX_STREAMS) {
      this.#scheduler.push({ type: 'reset', id, code: errorNumber('tooManyStreams') });
      return;
    }
    const stream = new MuxStream(id, kind, false, this.#onStreamChange);
    this.#streams.set(id, stream);
    this.#updatePinger();
    this.#opened.fire(stream);
  }

  #receiveReset(stream: MuxStream, code: number): void {
    if (!stream.outcome) {
      this.#scheduler.push({ type: 'reset', id: stream.id, code });
      stream.acceptEnd({ kind: 'reset', code: errorCodeOf(code) });
    }
    this.#forget(stream);
  }

  /** A peer that breaks the rules of one stream loses that stream, not the session. */
  #guard(stream: MuxStream, action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof TunnelError) || error.code !== 'flowViolation') throw error;
      stream.reset('flowViolation');
    }
  }

  #isOwnId(id: number): boolean {
    return id % 2 === (this.#role === 'client' ? 1 : 0);
  }

  #wasOpened(id: number): boolean {
    return this.#isOwnId(id) ? id < this.#nextId : id <= this.#highestOpened;
  }

  #loseAll(code: ErrorCode, isLost: (stream: MuxStream) => boolean = () => true): void {
    for (const stream of [...this.#streams.values()]) {
      if (!isLost(stream)) continue;
      stream.acceptEnd({ kind: 'reset', code });
      this.#forget(stream);
    }
  }

  #forget(stream: MuxStream): void {
    this.#streams.delete(stream.id);
    stream.disposeEmitters();
    this.#updatePinger();
  }

  #updatePinger(): void {
    if (this.#isReady && (this.#isWatched || this.#streams.size > 0)) this.#pinger.start();
    else this.#pinger.stop();
  }
}
