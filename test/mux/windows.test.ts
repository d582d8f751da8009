import assert from 'node:assert/strict';
import { Mux } from '../../src/mux/mux.ts';
import type { MuxStream } from '../../src/mux/muxStream.ts';
import { StreamWindow, WindowPool } from '../../src/mux/streamWindow.ts';
import {
  AFTER_ATTACH_WINDOW_BYTES,
  INITIAL_STREAM_WINDOW_BYTES,
  MAX_MUX_GROWTH_BYTES,
  MAX_MUX_WINDOW_BYTES,
  MAX_RECORD_FRAMES_BYTES,
  MAX_STREAM_BUFFERED_BYTES,
  MAX_STREAM_WINDOW_BYTES,
  MAX_STREAMS,
  MIN_STREAM_WINDOW_BYTES,
} from '../../src/protocol/limits.ts';
import { decodeMuxFrames, type MuxFrame } from '../../src/protocol/muxFrames.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { MuxPair } from '../fakes/muxPair.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

function fill(stream: MuxStream): void {
  while (stream.isWritable) stream.write(new Uint8Array(8192));
}

/** A mux at the device with a client that a test plays by hand. */
class HandPlayed {
  readonly clock = new FakeClock();
  readonly mux: Mux;
  readonly #muxId = new SeededRandom(1).bytes(16);
  #attempt = 0;

  constructor() {
    this.mux = new Mux({ role: 'device', muxId: this.#muxId, incarnation: this.#muxId.slice(0, 8), clock: this.clock });
  }

  attach(hello: Partial<Extract<MuxFrame, { type: 'hello' }>> = {}): void {
    this.mux.attach({ wake: () => undefined, onSilent: () => undefined });
    this.mux.receive([
      {
        type: 'hello',
        muxId: this.#muxId,
        attempt: ++this.#attempt,
        incarnation: this.#attempt === 1 ? new Uint8Array(8) : this.#muxId.slice(0, 8),
        highestOpened: 0,
        streams: [],
        ...hello,
      },
    ]);
  }

  /** The frames of the next record. */
  next(): MuxFrame[] {
    return decodeMuxFrames(this.mux.pull(MAX_RECORD_FRAMES_BYTES)?.slice() ?? new Uint8Array(0));
  }

  /** All that it has to say now. */
  all(): MuxFrame[] {
    const frames: MuxFrame[] = [];
    for (let more = this.next(); more.length > 0; more = this.next()) frames.push(...more);
    return frames;
  }
}

function dataBytes(frames: readonly MuxFrame[], id?: number): number {
  return frames.reduce((sum, frame) => sum + (frame.type === 'data' && (id ?? frame.id) === frame.id ? frame.bytes.length : 0), 0);
}

describe('windows of a mux', () => {
  let played: HandPlayed;
  let streams: MuxStream[];

  beforeEach(() => {
    played = new HandPlayed();
    streams = [];
    played.mux.onStream((stream) => streams.push(stream));
  });
  afterEach(() => {
    played.mux.dispose();
    assert.equal(played.clock.pendingTimers, 0);
  });

  function open(count: number): void {
    played.mux.receive(Array.from({ length: count }, (_, i) => ({ type: 'open', id: 2 * i + 1, kind: 'http' }) as const));
  }

  it('begin at 64 KiB, and a lying peer gets no more than 256 KiB of one stream and 512 KiB of a mux', () => {
    played.attach();
    open(4);
    const [first] = streams;
    assert.ok(first);
    fill(first);
    assert.equal(dataBytes(played.all(), 1), INITIAL_STREAM_WINDOW_BYTES);
    for (const { id } of streams) played.mux.receive([{ type: 'credit', id, consumed: 0, limit: 2 ** 52 }]);
    for (const stream of streams) fill(stream);
    played.all();
    const inFlight = streams.map(({ sendSide }) => sendSide.inFlightBytes);
    assert.ok(Math.max(...inFlight) <= MAX_STREAM_WINDOW_BYTES, inFlight.join(' '));
    const total = inFlight.reduce((sum, bytes) => sum + bytes, 0);
    assert.ok(total > MAX_MUX_WINDOW_BYTES - MAX_RECORD_FRAMES_BYTES, 'the lie is believed as far as it may be');
    assert.ok(total <= MAX_MUX_WINDOW_BYTES + MAX_STREAMS * MIN_STREAM_WINDOW_BYTES, inFlight.join(' '));
  });

  it('bound what is kept for a peer: a writer is told to wait, and one that does not is refused', () => {
    played.attach();
    open(1);
    const [stream] = streams;
    assert.ok(stream);
    played.mux.receive([{ type: 'credit', id: 1, consumed: 0, limit: 2 ** 52 }]);
    fill(stream);
    assert.ok(stream.sendSide.bufferedBytes <= MAX_STREAM_WINDOW_BYTES);
    assert.throws(() => {
      for (let i = 0; i < 1000; i++) stream.write(new Uint8Array(8192));
    }, /does not wait/);
    assert.ok(stream.sendSide.bufferedBytes <= MAX_STREAM_BUFFERED_BYTES);
  });

  it('are 32 KiB after an attach, whatever was granted, until a CREDIT shows that this line carries bytes', () => {
    played.attach();
    open(1);
    const [stream] = streams;
    assert.ok(stream);
    fill(stream);
    assert.equal(dataBytes(played.all()), INITIAL_STREAM_WINDOW_BYTES);
    const limit = 200_000;
    played.attach({ streams: [{ id: 1, received: 10_000, limit, ended: false, stopRequested: false }] });
    assert.equal(dataBytes(played.all()), AFTER_ATTACH_WINDOW_BYTES);
    // What an attach repeats was consumed on the line before.
    played.mux.receive([{ type: 'credit', id: 1, consumed: 10_000, limit }]);
    assert.equal(dataBytes(played.all()), 0);
    fill(stream);
    played.mux.receive([{ type: 'credit', id: 1, consumed: 14_096, limit }]);
    assert.ok(dataBytes(played.all()) > 60_000);
  });

  it('leave every stream 8 KiB, which flow on without a PING, beside others that nobody reads', () => {
    played.attach();
    open(MAX_STREAMS);
    for (const stream of streams.slice(0, -1)) fill(stream);
    const lively = streams.at(-1);
    assert.ok(lively);
    assert.equal(dataBytes(played.all()), MAX_MUX_WINDOW_BYTES);
    fill(lively);
    assert.equal(dataBytes(played.all(), lively.id), MIN_STREAM_WINDOW_BYTES);
    played.mux.receive([{ type: 'credit', id: lively.id, consumed: 4096, limit: 4096 + INITIAL_STREAM_WINDOW_BYTES }]);
    assert.equal(dataBytes(played.all(), lively.id), 4096);
  });

  it('grow by the shortest round trip of an attachment: a longer one is a queue, which a window would feed', () => {
    const clock = new FakeClock();
    const pool = new WindowPool(clock);
    pool.noteRoundTrip(20);
    pool.noteRoundTrip(200);
    const grown = (): number => {
      const window = new StreamWindow(pool);
      window.measure(0);
      clock.stall(1000);
      window.measure(1_000_000);
      return window.bytes;
    };
    assert.equal(grown(), INITIAL_STREAM_WINDOW_BYTES);
    pool.forgetRoundTrip();
    pool.noteRoundTrip(200);
    assert.ok(grown() > 200_000);
  });

  it('grow in all by a bound of the mux, and give back what they grew by', () => {
    const clock = new FakeClock();
    const pool = new WindowPool(clock);
    pool.noteRoundTrip(100);
    const windows = Array.from({ length: MAX_STREAMS }, () => new StreamWindow(pool));
    const growAll = (): void => {
      for (const window of windows) window.measure(0);
      clock.stall(100);
      for (const window of windows) window.measure(1_000_000);
    };
    growAll();
    const total = (): number => windows.reduce((sum, { bytes }) => sum + bytes - INITIAL_STREAM_WINDOW_BYTES, 0);
    assert.equal(total(), MAX_MUX_GROWTH_BYTES);
    assert.ok(windows.every(({ bytes }) => bytes <= MAX_STREAM_WINDOW_BYTES));
    for (const window of windows) window.release();
    assert.equal(total(), 0);
    const again = new StreamWindow(pool);
    again.measure(0);
    clock.stall(100);
    again.measure(1_000_000);
    assert.equal(again.bytes, MAX_STREAM_WINDOW_BYTES);
  });
});

describe('credit', () => {
  it('is granted for what was consumed, not for what has come', () => {
    const pair = new MuxPair(new FakeClock(), new SeededRandom(1));
    const accepted: MuxStream[] = [];
    pair.device.onStream((stream) => accepted.push(stream));
    pair.attach();
    const near = pair.client.openStream('http');
    fill(near);
    pair.flush();
    const [far] = accepted;
    assert.ok(far);
    assert.equal(near.sendSide.inFlightBytes, INITIAL_STREAM_WINDOW_BYTES);
    while (far.receiveSide.consumed < INITIAL_STREAM_WINDOW_BYTES / 2) far.read();
    const unread = far.receiveSide.unreadBytes;
    assert.ok(unread > 0);
    pair.flush();
    assert.equal(near.sendSide.inFlightBytes, unread);
    assert.equal(far.receiveSide.limit, far.receiveSide.consumed + INITIAL_STREAM_WINDOW_BYTES);
  });

  it('is said again after an attach, when it was lost and nothing more is there to be read', () => {
    const pair = new MuxPair(new FakeClock(), new SeededRandom(1));
    const accepted: MuxStream[] = [];
    pair.device.onStream((stream) => accepted.push(stream));
    pair.attach();
    const near = pair.client.openStream('http');
    fill(near);
    pair.flush();
    const [far] = accepted;
    while (far?.read());
    assert.ok(pair.device.pull(MAX_RECORD_FRAMES_BYTES), 'on a line that is dead');
    pair.cut();
    pair.attach();
    pair.flush();
    assert.equal(near.sendSide.bufferedBytes, 0);
    assert.ok(near.isWritable);
  });

  it('waits for half of a new window, but not where the sender may be holding itself back', () => {
    const pair = new MuxPair(new FakeClock(), new SeededRandom(1));
    const accepted: MuxStream[] = [];
    pair.device.onStream((stream) => accepted.push(stream));
    pair.attach();
    const near = Array.from({ length: 10 }, () => pair.client.openStream('http'));
    pair.flush();
    const [far] = accepted;
    const [stream] = near;
    assert.ok(far && stream);
    const carry = (): number => {
      stream.write(new Uint8Array(8192));
      pair.flush();
      while (far.read());
      pair.flush();
      return stream.sendSide.inFlightBytes;
    };
    assert.deepEqual([carry(), carry(), carry(), carry()], [8192, 16_384, 24_576, 0]);
    pair.cut();
    pair.attach();
    assert.equal(carry(), 0, 'after an attach');
    assert.equal(carry(), 8192);
    for (const other of near.slice(1)) fill(other);
    pair.flush();
    assert.equal(carry(), 0, 'in a crowded mux');
  });

  it('keeps 32 streams of tokens going without a PING, whatever each has read and not said', () => {
    const pair = new MuxPair(new FakeClock(), new SeededRandom(1));
    const accepted: MuxStream[] = [];
    pair.device.onStream((stream) => accepted.push(stream));
    pair.attach();
    let read = 0;
    for (let i = 0; i < MAX_STREAMS; i++) {
      const stream = pair.client.openStream('http');
      stream.onReadable(() => {
        for (let piece = stream.read(); piece; piece = stream.read()) read += piece.length;
      });
    }
    pair.flush();
    for (let round = 0; round < 300; round++) {
      for (const stream of accepted) stream.write(new Uint8Array(110));
      pair.flush();
    }
    assert.equal(read, 300 * MAX_STREAMS * 110);
  });
});

describe('scheduler', () => {
  it('says control first: a PING, a PONG, CREDIT, STOP and RESET never wait behind data', async () => {
    const played = new HandPlayed();
    const streams: MuxStream[] = [];
    played.mux.onStream((stream) => streams.push(stream));
    played.attach();
    played.mux.receive([1, 3, 5].map((id) => ({ type: 'open', id, kind: 'http' }) as const));
    played.all();
    const [long, heard, other] = streams;
    assert.ok(long && heard && other);
    fill(long);
    played.next();
    played.mux.receive([
      { type: 'data', id: 3, offset: 0, fin: false, bytes: new Uint8Array(8192) },
      { type: 'ping', token: 7 },
    ]);
    heard.read();
    heard.stop();
    other.reset('cancelled');
    await played.clock.advance(15_000);
    const types = played.next().map(({ type }) => type);
    assert.deepEqual(types.slice(0, -1).sort(), ['credit', 'ping', 'pong', 'reset', 'stop']);
    assert.equal(types.at(-1), 'data');
    played.mux.dispose();
  });

  it('gives each stream a quantum in turn, and goes on in the next record where the last one ended', () => {
    const played = new HandPlayed();
    const streams: MuxStream[] = [];
    played.mux.onStream((stream) => streams.push(stream));
    played.attach();
    played.mux.receive([1, 3, 5].map((id) => ({ type: 'open', id, kind: 'http' }) as const));
    played.all();
    for (const stream of streams) fill(stream);
    const turns = Array.from({ length: 9 }, () => played.next().map((frame) => (frame.type === 'data' ? frame.id : 0)));
    assert.deepEqual(turns.flat(), [1, 3, 5, 1, 3, 5, 1, 3, 5]);
    played.mux.dispose();
  });

  it('lets what is short ride along with what is long', () => {
    const played = new HandPlayed();
    const streams: MuxStream[] = [];
    played.mux.onStream((stream) => streams.push(stream));
    played.attach();
    played.mux.receive([1, 3].map((id) => ({ type: 'open', id, kind: 'http' }) as const));
    played.all();
    const [long, short] = streams;
    assert.ok(long && short);
    fill(long);
    played.next();
    short.write(new Uint8Array(110));
    assert.equal(dataBytes(played.next(), short.id) + dataBytes(played.next(), short.id), 110);
    played.mux.dispose();
  });
});
