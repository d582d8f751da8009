import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { MuxStream } from '../../src/mux/muxStream.ts';
import { INITIAL_STREAM_WINDOW_BYTES, MAX_STREAM_WINDOW_BYTES } from '../../src/protocol/limits.ts';
import { MuxLine, type LineOptions } from '../fakes/muxLine.ts';

const TOKEN_BYTES = 110;
const TOKENS_PER_SECOND = 50;
const SLOW_STREAMS = 20;
/** By then windows have found their size. */
const WARM_MS = 3_000;
const UNTIL_MS = 7_000;

/** What became of a line under load. */
interface Outcome {
  /** Part of the line that was used. */
  readonly used: number;
  /** Delays of the slow streams' tokens, ms. */
  readonly p50: number;
  readonly p99: number;
  /** The greedy stream's window at the end, and the largest of the others'. */
  readonly windowBytes: number;
  readonly slowWindowBytes: number;
}

/** A stream whose writer always has more. */
function writeAlways(stream: MuxStream): void {
  const fill = (): void => {
    while (stream.isWritable) stream.write(new Uint8Array(16_384));
  };
  stream.onWritable(fill);
  fill();
}

function readAlways(stream: MuxStream, onPiece: (bytes: number) => void = () => undefined): void {
  stream.onReadable(() => {
    for (let piece = stream.read(); piece; piece = stream.read()) onPiece(piece.length);
  });
}

/** A token now and then; `onDelay` hears how long each was on its way. */
function writeTokens(line: MuxLine, far: MuxStream, near: MuxStream, phaseMs: number, onDelay: (ms: number) => void): void {
  const writtenAt: number[] = [];
  let left = 0;
  readAlways(near, (bytes) => {
    for (left += bytes; left >= TOKEN_BYTES; left -= TOKEN_BYTES) onDelay(line.time.now() - (writtenAt.shift() ?? NaN));
  });
  const speak = (): void => {
    writtenAt.push(line.time.now());
    far.write(new Uint8Array(TOKEN_BYTES));
    line.time.after(1000 / TOKENS_PER_SECOND, speak);
  };
  line.time.after(phaseMs, speak);
}

/** One stream that always has more beside twenty that have a token now and then. */
function loadLine(options: LineOptions, change: (line: MuxLine) => void = () => undefined): Outcome {
  const line = new MuxLine(options);
  const { time } = line;
  const far: MuxStream[] = [];
  line.device.onStream((stream) => far.push(stream));
  const near = Array.from({ length: 1 + SLOW_STREAMS }, () => line.client.openStream('http'));
  time.run(500);
  const delays: number[] = [];
  for (const [number, stream] of far.entries()) {
    const peer = near[number];
    assert.ok(peer);
    if (number === 0) {
      readAlways(peer);
      writeAlways(stream);
    } else
      writeTokens(line, stream, peer, number, (ms) => {
        if (time.now() > WARM_MS) delays.push(ms);
      });
  }
  time.after(WARM_MS / 2, () => {
    change(line);
  });
  time.run(WARM_MS);
  const before = line.carried;
  time.run(UNTIL_MS);
  delays.sort((a, b) => a - b);
  const windows = far.map(({ sendSide }) => sendSide.windowBytes);
  const outcome = {
    used: (line.carried - before) / (line.bytesPerMs * (UNTIL_MS - WARM_MS)),
    p50: delays[Math.floor(delays.length / 2)] ?? NaN,
    p99: delays[Math.floor(delays.length * 0.99)] ?? NaN,
    windowBytes: windows[0] ?? NaN,
    slowWindowBytes: Math.max(...windows.slice(1)),
  };
  line.dispose();
  return outcome;
}

const KIB = 1024;

describe('flow', () => {
  it('lets one stream fill a line of 20 Mbit/s and 40 ms, and its neighbours wait less than 100 ms', () => {
    const { used, p50, p99 } = loadLine({ bitsPerSecond: 20e6, roundTripMs: 40 });
    assert.ok(used >= 0.95, `used ${String(used)}`);
    assert.ok(p50 < 50 && p99 < 60, `p50 ${String(p50)} ms, p99 ${String(p99)} ms`);
  });

  it('fills lines of every kind, and puts no more on them than they hold and a little', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 120 }), fc.integer({ min: 1, max: 100 }), (mbit, roundTripMs) => {
        const bytesPerMs = mbit * 125;
        const inRoundTrip = bytesPerMs * roundTripMs;
        const { used, p99, windowBytes, slowWindowBytes } = loadLine({ bitsPerSecond: mbit * 1e6, roundTripMs });
        const name = `${String(mbit)} Mbit/s, ${String(roundTripMs)} ms: used ${String(used)}, p99 ${String(p99)} ms, window ${String(windowBytes)}`;
        const mayWindow = Math.max(INITIAL_STREAM_WINDOW_BYTES, 1.4 * inRoundTrip + 40 * KIB);
        assert.ok(windowBytes <= mayWindow, name);
        assert.equal(slowWindowBytes, INITIAL_STREAM_WINDOW_BYTES, 'a stream of tokens needs no more');
        // A record goes down the line whole: what a window holds less than a round trip and that is not to be had.
        if (1.15 * inRoundTrip + 40 * KIB < MAX_STREAM_WINDOW_BYTES) assert.ok(used >= 0.85, name);
        const queuedMs = Math.max(0, Math.min(mayWindow, MAX_STREAM_WINDOW_BYTES) - inRoundTrip) / bytesPerMs;
        const mayWaitMs = roundTripMs / 2 + queuedMs + 20;
        assert.ok(p99 <= mayWaitMs, `${name}, at most ${String(mayWaitMs)}`);
      }),
      { numRuns: 12 },
    );
  });

  it('shrinks a window when the line becomes slower, so that neighbours need not wait for what no longer fits', () => {
    const options = { bitsPerSecond: 60e6, roundTripMs: 25 };
    const fast = loadLine(options);
    const slower = loadLine(options, (line) => {
      line.bytesPerMs /= 4;
    });
    assert.ok(fast.windowBytes > 200 * KIB, String(fast.windowBytes));
    assert.ok(slower.windowBytes < 110 * KIB, String(slower.windowBytes));
    assert.ok(slower.p99 < 70, `p99 ${String(slower.p99)} ms`);
    assert.ok(slower.used > 0.9, String(slower.used));
  });
});
