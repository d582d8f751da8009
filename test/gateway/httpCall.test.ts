import assert from 'node:assert/strict';
import fc from 'fast-check';
import { concatBytes, equalBytes, utf8 } from '../../src/base/bytes.ts';
import { openHttpCall, type HttpCall, type HttpCallEvents } from '../../src/gateway/httpCall.ts';
import type { MuxStream } from '../../src/mux/muxStream.ts';
import type { ErrorCode } from '../../src/protocol/errors.ts';
import { HeadSplitter } from '../../src/protocol/headSplitter.ts';
import { decodeHttpRequestHead, encodeHttpHead, type HttpRequestHead, type HttpResponseHead } from '../../src/protocol/http.ts';
import { MAX_HTTP_HEAD_BYTES, MAX_STREAM_WINDOW_BYTES } from '../../src/protocol/limits.ts';
import { encodeStreamMessage } from '../../src/protocol/messageStream.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { MuxPair } from '../fakes/muxPair.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

const head: HttpRequestHead = { method: 'POST', path: '/api/chat', contentType: 'application/json' };
const okay: HttpResponseHead = { status: 200, contentType: 'application/x-ndjson' };

/** What a call has heard. */
class Heard implements HttpCallEvents {
  head: HttpResponseHead | undefined;
  readonly pieces: Uint8Array[] = [];
  readonly ends: (ErrorCode | 'whole')[] = [];
  writable = 0;

  get body(): Uint8Array {
    return concatBytes(...this.pieces);
  }

  onHead(answered: HttpResponseHead): void {
    assert.equal(this.head, undefined);
    this.head = answered;
  }

  onBody(bytes: Uint8Array): boolean {
    assert.ok(this.head && bytes.length > 0);
    this.pieces.push(bytes);
    return true;
  }

  onEnd(): void {
    this.ends.push('whole');
  }

  onFailed(error: ErrorCode): void {
    this.ends.push(error);
  }

  onRequestWritable(): void {
    this.writable++;
  }
}

/** The device's end of a call, played by a test. */
class DeviceEnd {
  head: HttpRequestHead | undefined;
  readonly #pieces: Uint8Array[] = [];
  readonly stream: MuxStream;
  readonly #splitter = new HeadSplitter(MAX_HTTP_HEAD_BYTES);

  constructor(stream: MuxStream) {
    this.stream = stream;
    assert.equal(stream.kind, 'http');
  }

  get body(): Uint8Array {
    return concatBytes(...this.#pieces);
  }

  /** Takes all that has come. */
  read(): void {
    for (let piece = this.stream.read(); piece; piece = this.stream.read()) {
      if (this.head) {
        this.#pieces.push(piece);
        continue;
      }
      const split = this.#splitter.push(piece);
      if (!split) continue;
      this.head = decodeHttpRequestHead(split.head);
      if (split.rest.length > 0) this.#pieces.push(split.rest);
    }
  }

  answer(response: HttpResponseHead): void {
    this.stream.write(encodeStreamMessage(encodeHttpHead(response)));
  }
}

class World {
  readonly clock = new FakeClock();
  readonly pair: MuxPair;
  readonly heard = new Heard();
  readonly ends: DeviceEnd[] = [];

  constructor(seed = 1) {
    this.pair = new MuxPair(this.clock, new SeededRandom(seed));
    this.#listen();
    this.pair.attach();
    this.pair.flush();
  }

  /** The device forgets all, and takes streams again. */
  restart(): void {
    this.pair.restartDevice();
    this.#listen();
    this.pair.attach();
    this.pair.flush();
  }

  call(): HttpCall {
    return openHttpCall(this.pair.client, head, this.heard);
  }

  get device(): DeviceEnd {
    const [end] = this.ends;
    assert.ok(end, 'no stream has come');
    return end;
  }

  dispose(): void {
    this.pair.client.dispose();
    this.pair.device.dispose();
    assert.equal(this.clock.pendingTimers, 0);
  }

  #listen(): void {
    this.pair.device.onStream((stream) => this.ends.push(new DeviceEnd(stream)));
  }
}

describe('a call over an http stream', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => {
    world.dispose();
  });

  it('carries head and body there, head and body back, and ends when the answer is whole', async () => {
    const call = world.call();
    assert.equal(call.write(utf8('{"model":')), true);
    call.write(utf8('"m"}'));
    call.end();
    world.pair.flush();
    world.device.read();
    assert.deepEqual(world.device.head, head);
    assert.equal(new TextDecoder().decode(world.device.body), '{"model":"m"}');
    assert.ok(world.device.stream.isReadEnded);

    world.device.answer(okay);
    world.pair.flush();
    assert.deepEqual([world.heard.head, world.heard.ends], [okay, []]);
    world.device.stream.write(utf8('one\n'));
    world.pair.flush();
    assert.deepEqual(
      world.heard.pieces.map((piece) => new TextDecoder().decode(piece)),
      ['one\n'],
    );
    world.device.stream.write(utf8('two\n'));
    world.device.stream.end();
    world.pair.flush();
    assert.equal(new TextDecoder().decode(world.heard.body), 'one\ntwo\n');
    assert.deepEqual(world.heard.ends, ['whole']);
    await world.pair.settle(world.clock);
    assert.equal(world.pair.client.streamCount, 0);
    assert.equal(world.pair.device.streamCount, 0);
  });

  it('carries bodies longer than any window both ways, whatever the pieces, the records’ order and the cuts', () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 600_000 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), pieces, pieces, fc.nat(400), (seed, up, down, cutAfter) => {
        const one = new World(seed);
        const call = one.call();
        const sent = up.map((length, at) => new Uint8Array(length).fill(at + 1));
        const answer = concatBytes(...down.map((length, at) => new Uint8Array(length).fill(100 + at)));
        const waiting = [...sent];
        let written = 0;
        let hasAnswered = false;
        const upload = (): void => {
          for (let piece = waiting.shift(); piece; piece = waiting.shift()) if (!call.write(piece)) return;
          call.end();
        };
        one.heard.onRequestWritable = upload;
        upload();
        for (let steps = 0; one.heard.ends.length === 0; steps++) {
          assert.ok(steps < 20_000, 'it does not end');
          if (steps === cutAfter) {
            one.pair.cut();
            one.pair.attach();
          }
          one.pair.step();
          const [end] = one.ends;
          if (!end) continue;
          end.read();
          if (end.head && !hasAnswered) {
            hasAnswered = true;
            end.answer(okay);
          }
          while (hasAnswered && end.stream.isReadEnded && end.stream.isWritable && written < answer.length) {
            end.stream.write(answer.subarray(written, (written += 10_000)));
          }
          if (written >= answer.length) end.stream.end();
        }
        assert.deepEqual(one.heard.ends, ['whole']);
        assert.ok(equalBytes(one.heard.body, answer));
        assert.ok(equalBytes(one.device.body, concatBytes(...sent)));
        assert.equal(one.ends.length, 1);
        one.pair.flush();
        one.dispose();
      }),
      { numRuns: 30 },
    );
  });

  it('tells who writes too fast to wait, and when to go on', () => {
    const call = world.call();
    let written = 0;
    while (call.write(new Uint8Array(16_000))) written += 16_000;
    assert.ok(written <= MAX_STREAM_WINDOW_BYTES);
    world.pair.flush();
    const before = world.heard.writable;
    for (let i = 0; i < 8; i++) {
      world.device.read();
      world.pair.flush();
    }
    assert.deepEqual([before, world.heard.writable > 0], [0, true]);
    call.abort();
    world.pair.flush();
  });

  it('takes nothing while its reader has no room, so that the device has to wait', () => {
    world.call().end();
    world.pair.flush();
    world.device.answer(okay);
    world.pair.flush();
    world.heard.onBody = (bytes) => {
      world.heard.pieces.push(bytes);
      return false;
    };
    let sent = 0;
    for (let i = 0; i < 100 && world.device.stream.isWritable; i++) {
      world.device.stream.write(new Uint8Array(16_000));
      sent += 16_000;
      world.pair.flush();
    }
    assert.ok(sent <= 2 * MAX_STREAM_WINDOW_BYTES, 'the device was slowed down');
    assert.equal(world.heard.pieces.length, 1);
  });

  it('goes on where it paused when its reader has room again', () => {
    const call = world.call();
    call.end();
    world.pair.flush();
    world.device.answer(okay);
    world.pair.flush();
    world.heard.onBody = (bytes) => {
      world.heard.pieces.push(bytes);
      return false;
    };
    const body = new SeededRandom(5).bytes(40_000);
    world.device.stream.write(body);
    world.device.stream.end();
    world.pair.flush();
    assert.deepEqual(world.heard.ends, []);
    for (let i = 0; i < 20; i++) call.resume();
    assert.deepEqual(world.heard.ends, ['whole']);
    assert.ok(equalBytes(world.heard.body, body));
    world.pair.flush();
  });

  it('ends the device’s side when it is aborted, and says nothing more', () => {
    const call = world.call();
    world.pair.flush();
    world.device.answer(okay);
    world.device.stream.write(utf8('late'));
    call.abort();
    world.pair.flush();
    assert.deepEqual(world.device.stream.outcome, { kind: 'reset', code: 'cancelled' });
    assert.deepEqual([world.heard.head, world.heard.ends], [undefined, []]);
    assert.equal(world.pair.client.streamCount, 0);
  });

  it('takes an answer that comes before the request is whole', async () => {
    const call = world.call();
    call.write(new Uint8Array(100));
    world.pair.flush();
    world.device.answer({ status: 413 });
    world.device.stream.end();
    world.pair.flush();
    assert.deepEqual([world.heard.head, world.heard.ends], [{ status: 413 }, ['whole']]);
    assert.equal(call.write(new Uint8Array(100)), true);
    world.device.read();
    await world.pair.settle(world.clock);
    assert.equal(world.pair.client.streamCount, 0);
  });

  for (const [what, bytes] of [
    ['an end without a head', new Uint8Array(0)],
    ['a head that is none', encodeStreamMessage(utf8('{"status":"fine"}'))],
    ['a head that is too long', Uint8Array.of(255, 255, 255, 255)],
    ['half a head', encodeStreamMessage(encodeHttpHead(okay)).subarray(0, 9)],
  ] as const) {
    it(`fails on ${what}, and resets the stream`, () => {
      world.call().end();
      world.pair.flush();
      world.device.stream.write(bytes);
      world.device.stream.end();
      world.pair.flush();
      assert.deepEqual([world.heard.head, world.heard.ends], [undefined, ['badMessage']]);
      assert.deepEqual(world.device.stream.outcome, { kind: 'reset', code: 'badMessage' });
    });
  }

  it('fails with the device’s reason, and once', () => {
    world.call().end();
    world.pair.flush();
    world.device.answer(okay);
    world.device.stream.write(utf8('half'));
    world.pair.flush();
    world.device.stream.reset('ollamaEndedEarly');
    world.pair.flush();
    world.pair.client.dispose();
    assert.deepEqual(world.heard.ends, ['ollamaEndedEarly']);
  });

  it('is never asked twice: a device that has forgotten it fails it', () => {
    world.call().end();
    world.pair.flush();
    world.restart();
    assert.deepEqual(world.heard.ends, ['deviceRestarted']);
    assert.equal(world.ends.length, 1);
  });
});
