import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { utf8 } from '../../../src/base/bytes.ts';
import type { OllamaAddress } from '../../../src/ollama/host.ts';
import { UpstreamConnection } from '../../../src/ollama/node/upstreamConnection.ts';
import { mayKeepLines } from '../../../src/ollama/node/upstreamLine.ts';
import { MAX_IDLE_LINES, MAX_IDLE_MS, UpstreamLines } from '../../../src/ollama/node/upstreamLines.ts';
import type { UpstreamRequest } from '../../../src/ollama/upstream.ts';
import type { TunnelError } from '../../../src/protocol/errors.ts';
import { RecordingUpstreamSink } from '../../contract/upstreamConformance.ts';
import { FakeClock } from '../../fakes/fakeClock.ts';
import { until } from '../../standin/until.ts';

const chat: UpstreamRequest = { method: 'POST', path: '/api/chat', body: utf8('{"model":"a"}') };
const whole = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n';

describe('connections to Ollama between two requests', () => {
  const clock = new FakeClock();
  let server: Server;
  let address: OllamaAddress;
  let sockets: Socket[];
  /** Requests, each with the number of its connection. */
  let requests: number[];
  /** Connections that we have closed. */
  let closed: Set<number>;
  let answer: (socket: Socket) => void;
  let lines: UpstreamLines;

  beforeEach(async () => {
    sockets = [];
    requests = [];
    closed = new Set();
    answer = (socket) => socket.write(whole);
    lines = new UpstreamLines(clock);
    server = createServer({ allowHalfOpen: true }, (socket) => {
      const number = sockets.push(socket) - 1;
      socket.on('error', () => undefined);
      socket.once('end', () => closed.add(number));
      socket.once('close', () => closed.add(number));
      socket.on('data', () => {
        requests.push(number);
        answer(socket);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = { scheme: 'http', host: '127.0.0.1', port: (server.address() as AddressInfo).port, prefix: '' };
  });

  afterEach(async () => {
    lines.dispose();
    assert.equal(lines.idleCount, 0);
    assert.equal(clock.pendingTimers, 0, 'timers left behind');
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  const begin = (request = chat): { readonly sink: RecordingUpstreamSink; readonly connection: UpstreamConnection } => {
    const sink = new RecordingUpstreamSink();
    const options = {
      clock,
      address,
      lines,
      refine: (error: TunnelError): TunnelError => error,
      onLife: () => undefined,
      onClosed: () => undefined,
    };
    return { sink, connection: new UpstreamConnection(request, sink, options) };
  };
  const ask = async (request = chat): Promise<RecordingUpstreamSink> => {
    const { sink } = begin(request);
    await until(() => sink.isOver);
    return sink;
  };
  const closing = (number: number): Promise<void> => until(() => closed.has(number));

  it('carry the next request after a whole answer', async () => {
    assert.equal((await ask()).text, 'ok');
    assert.equal(lines.idleCount, 1);
    assert.equal((await ask()).text, 'ok');
    assert.equal((await ask({ method: 'GET', path: '/api/tags' })).text, 'ok');
    assert.deepEqual(requests, [0, 0, 0]);
  });

  it('never carry two requests at once', async () => {
    answer = () => undefined;
    const first = begin();
    await until(() => requests.length === 1);
    const second = begin();
    await until(() => requests.length === 2);
    assert.deepEqual(requests, [0, 1]);
    for (const socket of sockets) socket.write(whole);
    await until(() => first.sink.ends === 1 && second.sink.ends === 1);
    assert.equal(lines.idleCount, 2);
  });

  it('are closed two seconds after their last answer', async () => {
    await ask();
    await clock.advance(MAX_IDLE_MS - 1);
    await ask();
    assert.deepEqual(requests, [0, 0]);
    await clock.advance(MAX_IDLE_MS - 1);
    assert.equal(lines.idleCount, 1);
    await clock.advance(1);
    assert.equal(lines.idleCount, 0);
    await closing(0);
    await ask();
    assert.deepEqual(requests, [0, 0, 1]);
  });

  it('are few', async () => {
    answer = () => undefined;
    const count = MAX_IDLE_LINES + 3;
    const begun = Array.from({ length: count }, () => begin());
    await until(() => requests.length === count);
    for (const socket of sockets) socket.write(whole);
    await until(() => begun.every(({ sink }) => sink.ends === 1));
    assert.equal(lines.idleCount, MAX_IDLE_LINES);
  });

  it('are given up when the other side closes them, and the next request goes out on a new one', async () => {
    await ask();
    sockets[0]?.end();
    await until(() => lines.idleCount === 0);
    assert.equal((await ask()).text, 'ok');
    await ask();
    sockets[1]?.resetAndDestroy();
    await until(() => lines.idleCount === 0);
    assert.equal((await ask()).text, 'ok');
    assert.deepEqual(requests, [0, 1, 1, 2]);
  });

  it('are closed when anything comes that nobody asked for', async () => {
    await ask();
    sockets[0]?.write(whole);
    await closing(0);
    await until(() => lines.idleCount === 0);
    assert.equal((await ask()).text, 'ok');
    assert.deepEqual(requests, [0, 1]);
  });

  it('fail the one request that meets a server which closes at that moment, and do not ask again', async () => {
    await ask();
    answer = (socket) => socket.destroy();
    assert.equal((await ask()).errors[0]?.code, 'ollamaEndedEarly');
    assert.deepEqual(requests, [0, 0]);
  });

  it('are closed at once by an abort, on their first request or a later one', async () => {
    await ask();
    answer = (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel');
    const { sink, connection } = begin();
    await until(() => sink.bytes === 3);
    connection.dispose();
    await closing(0);
    assert.equal(lines.idleCount, 0);
    assert.ok(!sink.isOver);
  });

  it('are not closed by the disposal of a request that is over', async () => {
    const { sink, connection } = begin();
    await until(() => sink.ends === 1);
    connection.dispose();
    await ask();
    assert.deepEqual(requests, [0, 0]);
  });

  it('read again after a request that was paused to its end', async () => {
    answer = (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    const { sink, connection } = begin();
    sink.onPiece = () => {
      connection.pause();
    };
    await until(() => sink.ends === 1);
    assert.equal((await ask()).text, 'ok');
    assert.deepEqual(requests, [0, 0]);
  });

  for (const [what, wire] of [
    ['says that it closes', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
    ['says so in a second header', 'HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
    ['is of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['is an error', 'HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nok'],
    ['is longer than it said', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokay'],
  ] as const) {
    it(`are closed after an answer that ${what}`, async () => {
      answer = (socket) => socket.write(wire);
      await ask();
      await closing(0);
      assert.equal(lines.idleCount, 0);
    });
  }

  it('are closed after the answer to HEAD', async () => {
    answer = (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n');
    await ask({ method: 'HEAD', path: '/' });
    await closing(0);
    assert.equal(lines.idleCount, 0);
  });

  it('are closed after an answer that came before the whole request was taken', async () => {
    let isAnswered = false;
    answer = (socket) => {
      socket.pause();
      if (!isAnswered) socket.write(whole);
      isAnswered = true;
    };
    const sink = await ask({ ...chat, body: new Uint8Array(32 * 1024 * 1024) });
    assert.equal(sink.text, 'ok');
    assert.equal(lines.idleCount, 0);
  });

  it('are closed with their owner, and none is kept afterwards', async () => {
    await ask();
    const { sink } = begin({ method: 'GET', path: '/' });
    const late = begin();
    await until(() => sink.ends === 1 && late.sink.ends === 1);
    assert.equal(lines.idleCount, 2);
    answer = () => undefined;
    const running = begin();
    await until(() => requests.length === 4);
    assert.equal(closed.size, 0);
    lines.dispose();
    for (const socket of sockets) socket.write(whole);
    await until(() => running.sink.ends === 1);
    await closing(0);
    await closing(1);
    assert.equal(lines.idleCount, 0);
  });

  it('are kept on this machine alone, where none dies unseen', () => {
    assert.ok(mayKeepLines({ ...address, host: '127.0.0.1' }));
    assert.ok(mayKeepLines({ ...address, host: '::1' }));
    assert.ok(!mayKeepLines({ ...address, host: '192.168.1.7' }));
    assert.ok(!mayKeepLines({ ...address, host: 'ollama.example' }));
  });
});
