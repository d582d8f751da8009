import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Fault } from '../support/fault.ts';
import { FaultProxy } from '../support/faultProxy.ts';
import { until } from '../support/stack.ts';
import { faultNames } from './faultKinds.ts';

/** One end of a connection, and all that befell it. */
class End {
  readonly socket: Socket;
  bytes = Buffer.alloc(0);
  /** Lengths of what came at once. */
  readonly pieces: number[] = [];
  hasEnded = false;
  isClosed = false;
  error: string | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (piece: Buffer) => {
      this.bytes = Buffer.concat([this.bytes, piece]);
      this.pieces.push(piece.length);
    });
    socket.on('end', () => (this.hasEnded = true));
    socket.on('error', (error: NodeJS.ErrnoException) => (this.error = error.code));
    socket.on('close', () => (this.isClosed = true));
  }
}

const quiet = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('the fault proxy', () => {
  let server: Server;
  let proxy: FaultProxy;
  const fars: End[] = [];
  const nears: End[] = [];

  beforeEach(async () => {
    server = createServer({ allowHalfOpen: true }, (socket) => fars.push(new End(socket)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    proxy = await FaultProxy.start((server.address() as AddressInfo).port, 7);
  });
  afterEach(async () => {
    await proxy.stop();
    for (const { socket } of [...nears.splice(0), ...fars.splice(0)]) socket.destroy();
    server.close();
    await once(server, 'close');
    assert.equal(proxy.connections, 0);
  });

  /** A connection through the proxy, proved by a byte. */
  async function joined(): Promise<{ near: End; far: End }> {
    const known = fars.length;
    const near = dial();
    near.socket.write('?');
    await until('the far end', () => fars[known]?.bytes.length === 1);
    const far = fars[known];
    assert.ok(far);
    far.bytes = Buffer.alloc(0);
    far.pieces.length = 0;
    return { near, far };
  }

  function dial(): End {
    const near = new End(connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true }));
    nears.push(near);
    return near;
  }

  it('carries bytes, ends and resets both ways, and counts them', async () => {
    const { near, far } = await joined();
    const long = Buffer.alloc(1_000_000, 'x');
    near.socket.write(long);
    far.socket.end('answer');
    await until('all of it', () => far.bytes.equals(long) && near.bytes.toString() === 'answer' && near.hasEnded);
    assert.deepEqual(proxy.passed, { up: 1_000_001, down: 6 });
    near.socket.resetAndDestroy();
    await until('the reset', () => far.isClosed);
    await until('nothing kept', () => proxy.connections === 0);
  });

  it('strikes between the bytes that it was told, and cuts both ends there', async () => {
    const { near, far } = await joined();
    const struck = proxy.strikeAfter('down', 5, { kind: 'cut' });
    far.socket.write('12');
    far.socket.write('34567');
    await (
      await struck
    ).over;
    await until('both ends', () => near.hasEnded && far.hasEnded);
    assert.equal(near.bytes.toString(), '12345');
    assert.equal(near.error, undefined);
  });

  it('resets both ends', async () => {
    const { near, far } = await joined();
    await proxy.strike({ kind: 'reset' });
    await until('both ends', () => near.error === 'ECONNRESET' && far.error === 'ECONNRESET');
  });

  it('swallows all in a black hole, accepts and says nothing, and then resets and works again', async () => {
    const { near, far } = await joined();
    const over = proxy.strike({ kind: 'blackHole', forMs: 80 });
    const late = dial();
    await once(late.socket, 'connect');
    late.socket.write('anybody?');
    near.socket.write('lost');
    far.socket.write('lost');
    await quiet(40);
    assert.deepEqual([near.bytes.length, far.bytes.length, late.bytes.length, near.isClosed], [0, 0, 0, false]);
    await over;
    await until('all reset', () => [near, far, late].every(({ error }) => error === 'ECONNRESET'));
    await joined();
  });

  it('swallows one direction alone', async () => {
    const { near, far } = await joined();
    const over = proxy.strike({ kind: 'oneWay', direction: 'up', forMs: 80 });
    near.socket.write('lost');
    far.socket.write('heard');
    await until('the other direction', () => near.bytes.toString() === 'heard');
    await over;
    await until('the reset', () => near.isClosed);
    assert.equal(far.bytes.length, 0);
  });

  it('leaves a half-open connection dead without a word, while new ones work', async () => {
    const { near, far } = await joined();
    await proxy.strike({ kind: 'halfOpen' });
    near.socket.write('lost');
    far.socket.write('lost');
    await joined();
    assert.deepEqual([near.bytes.length, far.bytes.length, near.isClosed || far.isClosed], [0, 0, false]);
    near.socket.destroy();
    await quiet(30);
    assert.ok(!far.hasEnded && !far.isClosed, 'the other end is not told');
  });

  it('takes one end away, or its sending half, and tells the other nothing', async () => {
    const torn = await joined();
    await proxy.strike({ kind: 'oneSided', side: 'near' });
    await until('the near end', () => torn.near.hasEnded);
    torn.far.socket.write('lost');
    assert.ok(!torn.far.hasEnded);
    torn.near.socket.destroy();
    torn.far.socket.destroy();
    const half = await joined();
    await proxy.strike({ kind: 'halfClose', side: 'near' });
    await until('its end', () => half.near.hasEnded);
    half.near.socket.write('still heard');
    await until('what it still says', () => half.far.bytes.toString() === 'still heard');
    assert.ok(!half.far.hasEnded);
  });

  it('holds everything back for a while, in order', async () => {
    const { near, far } = await joined();
    const over = proxy.strike({ kind: 'stall', forMs: 80 });
    near.socket.write('a');
    near.socket.write('b');
    await quiet(40);
    assert.equal(far.bytes.length, 0);
    await over;
    await until('all of it', () => far.bytes.toString() === 'ab');
  });

  it('is slow, late and in pieces as told, and loses nothing', async () => {
    const { near, far } = await joined();
    const bytes = Buffer.from(Array.from({ length: 5_000 }, (_, i) => i & 0xff));
    for (const [fault, atLeastMs] of [
      [{ kind: 'slow', bytesPerSec: 50_000, forMs: 2_000 }, 70],
      [{ kind: 'latency', delayMs: 60, jitterMs: 20, forMs: 2_000 }, 39],
      [{ kind: 'split', pieceBytes: 3, forMs: 2_000 }, 0],
    ] as const) {
      far.bytes = Buffer.alloc(0);
      far.pieces.length = 0;
      void proxy.strike(fault);
      const start = performance.now();
      near.socket.write(bytes);
      await until(fault.kind, () => far.bytes.length === bytes.length);
      assert.ok(performance.now() - start >= atLeastMs, fault.kind);
      assert.ok(far.bytes.equals(bytes), fault.kind);
    }
  });

  it('refuses, resets or cuts who comes, for its time', async () => {
    const refused = proxy.strike({ kind: 'refuse', forMs: 60 });
    const first = dial();
    await until('the refusal', () => first.error === 'ECONNREFUSED');
    await refused;
    await joined();
    const reset = proxy.strike({ kind: 'resetNew', forMs: 60 });
    const second = dial();
    await until('the reset', () => second.isClosed);
    await reset;
    const { near } = await joined();
    const flap = proxy.strike({ kind: 'flap', everyMs: 30, forMs: 100 });
    await until('the first cut', () => near.hasEnded);
    const third = await joined();
    await until('the next cut', () => third.near.hasEnded);
    await flap;
    await joined();
  });

  it('changes one bit of one byte', async () => {
    const { near, far } = await joined();
    await proxy.strike({ kind: 'garbage', direction: 'up' });
    near.socket.write(Buffer.from([0, 0]));
    near.socket.write(Buffer.from([0, 0]));
    await until('four bytes', () => far.bytes.length === 4);
    const changed = [...far.bytes].filter((byte) => byte !== 0);
    assert.equal(changed.length, 1);
    assert.equal((changed[0] ?? 0).toString(2).replaceAll('0', ''), '1');
  });

  it('answers as a captive portal does, in HTTP', async () => {
    for (const status of [200, 302, 403] as const) {
      const over = proxy.strike({ kind: 'captive', status, forMs: 300 });
      const response = await fetch(proxy.url, { redirect: 'manual', headers: { connection: 'close' } });
      assert.equal(response.status, status);
      assert.match(await response.text(), /Sign in/);
      await over;
    }
    assert.equal(fars.length, 0);
  });

  it('leaves nothing behind when it is stopped in the middle of any fault', async () => {
    const all: Record<Fault['kind'], Fault> = {
      cut: { kind: 'cut' },
      reset: { kind: 'reset' },
      blackHole: { kind: 'blackHole', forMs: 60_000 },
      oneWay: { kind: 'oneWay', direction: 'down', forMs: 60_000 },
      halfOpen: { kind: 'halfOpen' },
      oneSided: { kind: 'oneSided', side: 'far' },
      halfClose: { kind: 'halfClose', side: 'far' },
      stall: { kind: 'stall', forMs: 60_000 },
      slow: { kind: 'slow', bytesPerSec: 1, forMs: 60_000 },
      latency: { kind: 'latency', delayMs: 60_000, jitterMs: 0, forMs: 60_000 },
      split: { kind: 'split', pieceBytes: 1, forMs: 60_000 },
      refuse: { kind: 'refuse', forMs: 60_000 },
      resetNew: { kind: 'resetNew', forMs: 60_000 },
      flap: { kind: 'flap', everyMs: 10, forMs: 60_000 },
      garbage: { kind: 'garbage', direction: 'up' },
      captive: { kind: 'captive', status: 403, forMs: 60_000 },
    };
    assert.deepEqual(Object.keys(all), faultNames);
    const port = (server.address() as AddressInfo).port;
    for (const name of faultNames) {
      const one = await FaultProxy.start(port, 1);
      const near = new End(connect(one.port, '127.0.0.1'));
      nears.push(near);
      near.socket.write('?');
      await until('a connection', () => one.connections === 1);
      const struck = one.strike(all[name]);
      near.socket.write('some bytes');
      await one.stop();
      await struck;
      await until(`${name}: nothing kept`, () => one.connections === 0);
    }
  });
});
