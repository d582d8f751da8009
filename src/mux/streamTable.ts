import { assertNever } from '../base/assertNever.ts';
import type { Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import { errorCodeOf, errorNumber, TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { MAX_STREAMS } from '../protocol/limits.ts';
import type { MuxFrame, StreamKind, StreamState } from '../protocol/muxFrames.ts';
import { MuxStream } from './muxStream.ts';
import type { WindowPool } from './streamWindow.ts';

export type StreamFrame = Extract<MuxFrame, { type: 'open' | 'data' | 'credit' | 'stop' | 'reset' }>;
type Hello = Extract<MuxFrame, { type: 'hello' }>;

export interface StreamTableEvents {
  /** A stream may have something to say. */
  onWork(stream: MuxStream): void;
  /** A stream has come. */
  onAdded(stream: MuxStream): void;
  /** A stream is forgotten. */
  onForgotten(stream: MuxStream): void;
  /** A frame for a stream that is no longer, or never was, in the table. */
  reply(frame: MuxFrame): void;
}

/** The streams of a mux: their ids, their frames, and how they go on after a cut. */
export class StreamTable implements Disposable {
  readonly streams = new Map<number, MuxStream>();
  readonly #isClient: boolean;
  readonly #events: StreamTableEvents;
  readonly #pool: WindowPool;
  readonly #opened = new Emitter<MuxStream>();
  #nextId: number;
  #highestOpened = 0;

  constructor(isClient: boolean, pool: WindowPool, events: StreamTableEvents) {
    this.#isClient = isClient;
    this.#pool = pool;
    this.#events = events;
    this.#nextId = isClient ? 1 : 2;
  }

  /** The peer has opened a stream. */
  readonly onStream = this.#opened.event;

  /** Highest id of the peer's streams that was accepted. */
  get highestOpened(): number {
    return this.#highestOpened;
  }

  /** @throws TunnelError `tooManyStreams` */
  open(kind: StreamKind): MuxStream {
    if (this.streams.size >= MAX_STREAMS) throw new TunnelError('tooManyStreams');
    const stream = this.#add(this.#nextId, kind, true);
    this.#nextId += 2;
    return stream;
  }

  /** Where every stream stands that the peer may know. */
  states(): StreamState[] {
    const states: StreamState[] = [];
    for (const { id, receiveSide, isStopAsked, needs } of this.streams.values()) {
      if (needs.open) continue;
      states.push({ id, received: receiveSide.received, limit: receiveSide.limit, ended: receiveSide.isEnded, stopRequested: isStopAsked });
    }
    return states;
  }

  /** The device's table is a new one: it knows none of our streams, and its own ids begin anew. */
  onOtherIncarnation(): void {
    this.#highestOpened = 0;
    this.loseAll('deviceRestarted', (stream) => !stream.needs.open);
  }

  /** Goes on with every stream from where the peer stands. */
  resume({ highestOpened, streams }: Pick<Hello, 'highestOpened' | 'streams'>): void {
    const told = new Map(streams.map((state) => [state.id, state]));
    for (const stream of [...this.streams.values()]) {
      const state = told.get(stream.id);
      if (state) this.#resumeStream(stream, state);
      else if (stream.isOwn && stream.id > highestOpened) this.#openAgain(stream);
      else this.#finishUnknown(stream);
    }
  }

  /** Says of every stream, in the order of their opening, that it may have something to say. */
  noteAll(): void {
    for (const stream of this.streams.values()) this.#events.onWork(stream);
  }

  /** Takes one frame. @throws TunnelError `sessionBroken` for what no honest peer sends */
  receive(frame: StreamFrame): void {
    if (frame.type === 'open') {
      this.#receiveOpen(frame.id, frame.kind);
      return;
    }
    const stream = this.streams.get(frame.id);
    if (stream) this.#receiveFor(stream, frame);
    // Already forgotten here; repeats of old news are harmless. What was never opened is not old news.
    else if (!this.#wasOpened(frame.id)) throw new TunnelError('sessionBroken', 'a stream that was never opened');
  }

  /** Marks what a PING repeats. */
  repeatControl(): void {
    for (const stream of this.streams.values()) {
      stream.repeatControl();
      this.#events.onWork(stream);
    }
  }

  /** Forgets a stream that is done in both directions. */
  settle(stream: MuxStream): void {
    if (stream.finishIfDone()) this.#forget(stream);
  }

  loseAll(code: ErrorCode, isLost: (stream: MuxStream) => boolean = () => true): void {
    for (const stream of [...this.streams.values()]) {
      if (!isLost(stream)) continue;
      stream.acceptEnd({ kind: 'reset', code });
      this.#forget(stream);
    }
  }

  dispose(): void {
    this.#opened.dispose();
  }

  readonly #onStreamChange = (stream: MuxStream): void => {
    this.#events.onWork(stream);
  };

  #resumeStream(stream: MuxStream, state: StreamState): void {
    stream.needs.open = false;
    stream.receiveSide.onAttach();
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

  #receiveFor(stream: MuxStream, frame: Exclude<StreamFrame, { type: 'open' }>): void {
    switch (frame.type) {
      case 'data':
        this.#guard(stream, () => {
          stream.acceptData(frame.offset, frame.bytes, frame.fin);
        });
        if (this.#pool.isCrowded) for (const one of this.streams.values()) one.renewCredit();
        return;
      case 'credit':
        this.#guard(stream, () => {
          stream.acceptCredit(frame.consumed, frame.limit);
        });
        this.settle(stream);
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
    if (this.streams.size >= MAX_STREAMS) {
      this.#events.reply({ type: 'reset', id, code: errorNumber('tooManyStreams') });
      return;
    }
    this.#opened.fire(this.#add(id, kind, false));
  }

  #receiveReset(stream: MuxStream, code: number): void {
    // Also when we have reset it too: ours may not have been said yet, and now never will be.
    this.#events.reply({ type: 'reset', id: stream.id, code });
    stream.acceptEnd({ kind: 'reset', code: errorCodeOf(code) });
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
    return id % 2 === (this.#isClient ? 1 : 0);
  }

  #wasOpened(id: number): boolean {
    return this.#isOwnId(id) ? id < this.#nextId : id <= this.#highestOpened;
  }

  #add(id: number, kind: StreamKind, isOwn: boolean): MuxStream {
    const stream = new MuxStream({ id, kind, isOwn, pool: this.#pool, onChange: this.#onStreamChange });
    this.streams.set(id, stream);
    this.#events.onAdded(stream);
    return stream;
  }

  #forget(stream: MuxStream): void {
    this.streams.delete(stream.id);
    stream.dispose();
    this.#events.onForgotten(stream);
  }
}
