import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { utf8 } from '../../../src/base/bytes.ts';
import type { OllamaAddress } from '../../../src/ollama/host.ts';
import { UpstreamConnection } from '../../../src/ollama/node/upstreamConnection.ts';
import { UpstreamLines } from '../../../src/ollama/node/upstreamLines.ts';
import type { UpstreamRequest } from '../../../src/ollama/upstream.ts';
import { RecordingUpstreamSink } from '../../contract/upstreamConformance.ts';
import { FakeClock } from '../../fakes/fakeClock.ts';
import { until } from '../../standin/until.ts';

const chat: UpstreamRequest = { method: 'POST', path: '/api/chat', body: utf8('{"model":"a"}') };

describe('connection to Ollama for an http stream', () => {
  const clock = new FakeClock();
  let server: Server;
  let address: OllamaAddress;
  /** What came from us, one for each connection. */
  let received: string[];
  let sockets: Socket[];
  let answer: (socket: Socket) => void;
  let sink: RecordingUpstreamSink;
  let closed: number;
  let lines: UpstreamLines;

  beforeEach(async () => {
    received = [];
    sockets = [];
    closed = 0;
    lines = new UpstreamLines(clock);
    answer = () => undefined;
    sink = new RecordingUpstreamSink();
    server = createServer((socket) => {
      const index = sockets.push(socket) - 1;
      received.push('');
      socket.on('error', () => undefined);
      socket.on('data', (bytes: Buffer) => {
        received[index] = (received[index] ?? '') + bytes.toString('latin1');
        if (received[index].includes('\r\n\r\n')) answer(socket);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = { scheme: 'http', host: '127.0.0.1', port: (server.address() as AddressInfo).port, prefix: '' };
  });

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await until(() => closed > 0);
    lines.dispose();
    await new Promise((resolve) => server.close(resolve));
    assert.equal(clock.pendingTimers, 0, 'timers left behind');
  });

  const ask = (request: UpstreamRequest = chat, where: OllamaAddress = address): UpstreamConnection =>
    new UpstreamConnection(request, sink, {
      clock,
      address: where,
      lines,
      refine: (error) => error,
      onLife: () => undefined,
      onClosed: () => closed++,
    });

  it('sends exactly these bytes', async () => {
    answer = (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    ask(chat, { ...address, prefix: '/sub' });
    await until(() => sink.isOver);
    assert.equal(
      received[0],
      [
        'POST /sub/api/chat HTTP/1.1',
        `Host: 127.0.0.1:${String(address.port)}`,
        'User-Agent: CloudToLocalLLM/0.1.0',
        'Accept: */*',
        'Content-Type: application/json',
        'Content-Length: 13',
        '',
        '{"model":"a"}',
      ].join('\r\n'),
    );
    assert.deepEqual([sink.ends, sink.text], [1, 'ok']);
  });

  it('is over at the end of the answer, without waiting for the other side', async () => {
    answer = (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok');
    ask({ method: 'GET', path: '/api/tags' });
    await until(() => sink.ends === 1 && closed === 1);
  });

  it('takes every chunk framing that there is', async () => {
    answer = (socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a\r\nab\r\n1\r\nc\r\n0\r\nX: y\r\n\r\n');
    ask();
    await until(() => sink.ends === 1);
    assert.equal(sink.text, 'abc');
  });

  it('takes HEAD for what it is', async () => {
    answer = (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n');
    ask({ method: 'HEAD', path: '/' });
    await until(() => sink.ends === 1);
    assert.equal(sink.bytes, 0);
  });

  for (const [what, wire, code] of [
    ['garbage', 'SSH-2.0-x\r\n', 'ollamaForeign'],
    ['a head without end', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(5_000)}`, 'ollamaForeign'],
    ['more than it said', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nmore', 'ollamaForeign'],
    ['half a head', 'HTTP/1.1 200 OK\r\nA', 'ollamaEndedEarly'],
    ['nothing', '', 'ollamaEndedEarly'],
    ['half a body', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel', 'ollamaEndedEarly'],
    ['chunks without the last', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n', 'ollamaEndedEarly'],
  ] as const) {
    it(`reports an answer of ${what}`, async () => {
      answer = (socket) => socket.end(wire);
      ask();
      await until(() => sink.isOver);
      assert.equal(sink.errors[0]?.code, code);
      assert.equal(sockets.length, 1, 'asked once');
    });
  }

  it('reports a connection that was reset', async () => {
    answer = (socket) => socket.resetAndDestroy();
    ask();
    await until(() => sink.isOver);
    assert.equal(sink.errors[0]?.code, 'ollamaEndedEarly');
  });

  it('reports that nobody listens', async () => {
    const { port } = address;
    await new Promise((resolve) => server.close(resolve));
    ask(chat, { ...address, port });
    await until(() => sink.isOver);
    assert.equal(sink.errors[0]?.code, 'ollamaNotRunning');
    server.listen(0);
    await once(server, 'listening');
  });

  it('speaks TLS where the address says so, and calls a port without it a foreign one', async () => {
    answer = (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    server.on('connection', (socket: Socket) => socket.once('data', () => socket.end('no TLS\r\n')));
    ask(chat, { ...address, scheme: 'https' });
    await until(() => sink.isOver);
    assert.equal(sink.errors[0]?.code, 'ollamaForeign');
    assert.ok(received[0]?.startsWith('\x16\x03'), 'a ClientHello');
    assert.ok(!received[0]?.includes('POST'));
  });

  it('gives up a connection that does not come, an answer that does not begin, and one that stops', async () => {
    answer = (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel');
    ask();
    await until(() => sink.bytes === 3);
    await clock.advance(10 * 60_000 - 1);
    assert.ok(!sink.isOver);
    await clock.advance(1);
    assert.equal(sink.errors[0]?.code, 'ollamaIdleTimeout');

    answer = () => undefined;
    sink = new RecordingUpstreamSink();
    ask();
    await until(() => received.length === 2 && received[1] !== '');
    await clock.advance(30 * 60_000 - 1);
    assert.ok(!sink.isOver);
    await clock.advance(1);
    assert.equal(sink.errors[0]?.code, 'ollamaFirstTokenTimeout');

    sink = new RecordingUpstreamSink();
    // a port that takes the connection and never says a word of TLS
    const connection = ask(chat, { ...address, scheme: 'https' });
    await until(() => received.length === 3 && received[2] !== '');
    await clock.advance(10_000);
    assert.equal(sink.errors[0]?.code, 'ollamaWrongHost');
    connection.dispose();
    await until(() => closed === 3);
  });

  it('gives up a reader that makes Ollama wait too long', async () => {
    answer = (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel');
    const connection = ask();
    await until(() => sink.bytes === 3);
    connection.pause();
    await clock.advance(10 * 60_000);
    assert.equal(sink.errors[0]?.code, 'slowReader');
    await until(() => closed === 1);
  });

  it('closes within a moment of being disposed, whatever it is doing', async () => {
    ask().dispose();
    await until(() => closed === 1);
    answer = (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhel');
    const streaming = ask();
    await until(() => sink.bytes === 3);
    const gone = once(sockets.at(-1) ?? assert.fail(), 'close');
    const began = performance.now();
    streaming.dispose();
    await gone;
    assert.ok(performance.now() - began < 1_000);
    assert.ok(!sink.isOver);
  });

  it('stops reading its socket while it is paused, so that the other side cannot write on', async () => {
    let taken = 0;
    let isBlocked = false;
    answer = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const piece = Buffer.alloc(64 * 1024, 120);
      const push = (): void => {
        while (taken < 64 * 1024 * 1024) {
          taken += piece.length;
          if (!socket.write(piece)) {
            isBlocked = true;
            socket.once('drain', () => {
              isBlocked = false;
              push();
            });
            return;
          }
        }
        socket.end();
      };
      push();
    };
    const connection = ask();
    await until(() => sink.bytes > 0);
    connection.pause();
    const read = sink.bytes;
    await until(() => isBlocked && sockets[0]?.writableLength !== 0);
    let before = -1;
    while (before !== taken) {
      before = taken;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.ok(sink.bytes - read <= 64 * 1024);
    assert.ok(taken < 32 * 1024 * 1024, `${String(taken)} bytes were taken while nobody read`);
    connection.resume();
    await until(() => sink.ends === 1, 30_000);
    assert.equal(sink.bytes, 64 * 1024 * 1024);
  });
});
