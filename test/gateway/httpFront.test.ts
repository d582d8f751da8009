import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { utf8 } from '../../src/base/bytes.ts';
import type { Exchange, ExchangeHandlers } from '../../src/gateway/exchange.ts';
import { serveHttp } from '../../src/gateway/node/httpFront.ts';
import { refusals } from '../../src/gateway/refusal.ts';
import { MAX_SOCKET_BACKLOG_BYTES } from '../../src/protocol/limits.ts';
import { until } from '../standin/until.ts';

/** A gateway that a test plays. */
class PlayedGateway {
  readonly exchanges: Exchange[] = [];
  readonly bodies: Buffer[] = [];
  readonly events: string[] = [];
  /** What it does at once with an exchange. */
  onExchange: (exchange: Exchange, at: number) => void = (exchange) => {
    exchange.resumeBody();
  };
  takesBody = true;

  handle(exchange: Exchange): ExchangeHandlers {
    const at = this.exchanges.push(exchange) - 1;
    this.bodies.push(Buffer.alloc(0));
    this.onExchange(exchange, at);
    return {
      onBody: (bytes) => {
        this.bodies[at] = Buffer.concat([this.bodies[at] ?? Buffer.alloc(0), bytes]);
        return this.takesBody;
      },
      onBodyEnd: () => this.events.push(`end ${String(at)}`),
      onWritable: () => this.events.push(`writable ${String(at)}`),
      onClosed: () => this.events.push(`closed ${String(at)}`),
    };
  }

  exchange(at: number): Exchange {
    const exchange = this.exchanges[at];
    assert.ok(exchange, `no exchange ${String(at)}`);
    return exchange;
  }
}

describe('the gateway’s HTTP front', () => {
  let gateway: PlayedGateway;
  let server: Server;
  let socket: Socket;
  let received: string;
  beforeEach(async () => {
    gateway = new PlayedGateway();
    server = createServer((request, response) => {
      serveHttp(gateway, request, response, undefined, 500);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    received = '';
    socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.setEncoding('latin1').on('data', (text: string) => (received += text));
    socket.on('error', () => undefined);
    await once(socket, 'connect');
  });
  afterEach(async () => {
    socket.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const ask = (method: string, path: string, rest = '', version = '1.1'): void => {
    socket.write(`${method} ${path} HTTP/${version}\r\nHost: h\r\n${rest === '' ? '\r\n' : rest}`);
  };
  const exchangeCount = (count: number): Promise<void> => until(() => gateway.exchanges.length >= count);
  const has = (text: string): Promise<void> => until(() => received.includes(text));
  const okay = { status: 200, contentType: 'application/x-ndjson', retryAfter: undefined };
  const headOf = (answer: string): string[] => answer.slice(0, answer.indexOf('\r\n\r\n')).split('\r\n');

  it('sends each piece as a chunk of its own at once, with headers that forbid to hold it back', async () => {
    ask('GET', '/api/tags');
    await exchangeCount(1);
    const exchange = gateway.exchange(0);
    exchange.begin(okay);
    await has('\r\n\r\n');
    assert.deepEqual(
      headOf(received).filter((line) => !/^Date|^Keep-Alive/.test(line)),
      [
        'HTTP/1.1 200 OK',
        'Cache-Control: no-cache, no-transform',
        'X-Accel-Buffering: no',
        'X-Content-Type-Options: nosniff',
        'Content-Type: application/x-ndjson',
        'Connection: keep-alive',
        'Transfer-Encoding: chunked',
      ],
    );
    received = '';
    for (const line of ['{"a":1}\n', `${'é'.repeat(100)}\n`]) {
      exchange.write(utf8(line));
      const bytes = utf8(line);
      await has(`${bytes.length.toString(16)}\r\n${Buffer.from(bytes).toString('latin1')}\r\n`);
    }
    exchange.write(new Uint8Array(0)); // would be the end
    exchange.end();
    await until(() => gateway.events.includes('closed 0'));
    await has('\r\n0\r\n\r\n');
    assert.equal(received.split('0\r\n\r\n').length, 2, 'one end');
  });

  it('answers the next request on the same connection, and one that was sent before the answer', async () => {
    ask('GET', '/one');
    ask('GET', '/two');
    await exchangeCount(1);
    gateway.exchange(0).begin(okay);
    gateway.exchange(0).write(utf8('first'));
    await has('first');
    await exchangeCount(2);
    gateway.exchange(1).begin(okay);
    gateway.exchange(1).write(utf8('second'));
    assert.ok(!received.includes('second'));
    gateway.exchange(0).end();
    gateway.exchange(1).end();
    await has('second\r\n0\r\n\r\n');
    assert.equal(received.indexOf('0\r\n\r\nHTTP/1.1 200 OK') > 0, true, received);
    ask('GET', '/three');
    await exchangeCount(3);
    gateway.exchange(2).begin(okay);
    gateway.exchange(2).write(utf8('third'));
    gateway.exchange(2).end();
    await has('5\r\nthird\r\n0\r\n\r\n');
  });

  it('sends an answer without a body to HEAD and 204, and plain bytes to HTTP/1.0', async () => {
    ask('HEAD', '/');
    await exchangeCount(1);
    gateway.exchange(0).begin(okay);
    gateway.exchange(0).end();
    await has('\r\n\r\n');
    ask('GET', '/');
    await exchangeCount(2);
    gateway.exchange(1).begin({ ...okay, status: 204 });
    gateway.exchange(1).end();
    await has('HTTP/1.1 204');
    received = '';
    ask('GET', '/', '', '1.0');
    await exchangeCount(3);
    gateway.exchange(2).begin(okay);
    gateway.exchange(2).write(utf8('plain'));
    gateway.exchange(2).end();
    await once(socket, 'close');
    assert.match(received, /\r\n\r\nplain$/);
    assert.doesNotMatch(received, /chunked/);
  });

  it('gives no byte of the body before it is wanted, then all of it, and pauses when told', async () => {
    gateway.onExchange = () => undefined;
    ask('POST', '/api/chat', 'Content-Length: 6\r\n\r\nabcdef');
    await exchangeCount(1);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([gateway.bodies[0]?.length, gateway.events], [0, []]);
    gateway.exchange(0).resumeBody();
    await until(() => gateway.events.includes('end 0'));
    assert.equal(gateway.bodies[0]?.toString(), 'abcdef');
    gateway.exchange(0).begin(okay);
    gateway.exchange(0).end();
    await until(() => gateway.events.includes('closed 0'));

    gateway.takesBody = false;
    gateway.onExchange = (exchange) => {
      exchange.resumeBody();
    };
    const size = 8 * 1024 * 1024;
    ask('POST', '/api/chat', `Content-Length: ${String(size)}\r\n\r\n`);
    socket.write(Buffer.alloc(size, 97));
    await until(() => (gateway.bodies[1]?.length ?? 0) > 0);
    const uploaded = (): number => gateway.bodies[1]?.length ?? 0;
    const first = uploaded();
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(uploaded(), first);
    gateway.takesBody = true;
    gateway.exchange(1).resumeBody();
    await until(() => gateway.events.includes('end 1'));
    assert.equal(uploaded(), size);
  });

  it('says that the body is whole together with its last piece when its length was told, and once', async () => {
    const seen: string[] = [];
    const handle = gateway.handle.bind(gateway);
    gateway.handle = (exchange) => ({
      ...handle(exchange),
      onBody: (bytes) => {
        seen.push(`${String(bytes.length)} bytes`);
        queueMicrotask(() => seen.push('later'));
        return true;
      },
      onBodyEnd: () => seen.push('whole'),
    });
    ask('POST', '/api/chat', 'Content-Length: 5\r\n\r\nhello');
    await until(() => seen.includes('later'));
    assert.deepEqual(seen, ['5 bytes', 'whole', 'later']);
    gateway.exchange(0).begin(okay);
    gateway.exchange(0).end();
    await has('0\r\n\r\n');
    seen.length = 0;
    ask('POST', '/api/chat', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n');
    await until(() => seen.includes('whole'));
    assert.deepEqual(
      seen.filter((what) => what !== 'later'),
      ['5 bytes', 'whole'],
    );
  });

  it('tells of a reader that is slow, and when it has room again', async () => {
    ask('GET', '/');
    await exchangeCount(1);
    const exchange = gateway.exchange(0);
    exchange.begin(okay);
    await has('\r\n\r\n');
    socket.pause();
    const piece = new Uint8Array(MAX_SOCKET_BACKLOG_BYTES).fill(97);
    const writables = (): number => gateway.events.filter((event) => event === 'writable 0').length;
    let isFull = false;
    for (let written = 0; !isFull; written += piece.length) {
      assert.ok(written < 256 * 1024 * 1024, 'the reader never counts as slow');
      const before = writables();
      if (exchange.write(piece)) continue;
      for (let turn = 0; turn < 50 && writables() === before; turn++) await new Promise((resolve) => setImmediate(resolve));
      isFull = writables() === before;
    }
    const before = writables();
    socket.resume();
    await until(() => writables() > before);
    exchange.end();
    await has('\r\n0\r\n\r\n');
  });

  it('tells when who asked goes away, once, and takes what comes later', async () => {
    ask('GET', '/');
    await exchangeCount(1);
    const exchange = gateway.exchange(0);
    exchange.begin(okay);
    exchange.write(utf8('half'));
    await has('half');
    socket.destroy();
    await until(() => gateway.events.includes('closed 0'));
    assert.equal(exchange.write(utf8('late')), true);
    exchange.end();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(gateway.events.filter((event) => event === 'closed 0').length, 1);
  });

  it('breaks an answer off so that nobody takes it for whole', async () => {
    ask('GET', '/');
    await exchangeCount(1);
    gateway.exchange(0).begin(okay);
    gateway.exchange(0).write(utf8('half'));
    await has('half');
    gateway.exchange(0).cut();
    await once(socket, 'close');
    assert.ok(!received.includes('0\r\n\r\n'));
  });

  it('refuses in the words of the API, swallows the body, and keeps the connection', async () => {
    gateway.onExchange = (exchange) => {
      exchange.refuse(refusals.noKey);
    };
    ask('POST', '/v1/chat/completions?x=1', 'Content-Length: 6\r\n\r\nabcdef');
    await has('}}');
    assert.match(received, /^HTTP\/1\.1 401 Unauthorized\r\n/);
    assert.match(received, /WWW-Authenticate: Bearer\r\n/);
    assert.match(received, /"type":"authentication_error"/);
    received = '';
    gateway.onExchange = (exchange) => {
      exchange.refuse(refusals.draining);
    };
    ask('POST', '/api/chat', 'Content-Length: 2\r\n\r\n{}');
    await has('}');
    assert.match(received, /^HTTP\/1\.1 503 .*\r\n/);
    assert.match(received, /Retry-After: 2\r\n/);
  });

  it('waits a while for the rest of a request that is answered, and no longer, however it trickles', async () => {
    const refuse = (exchange: Exchange): void => {
      exchange.refuse(refusals.noKey);
    };
    const answerEarly = (exchange: Exchange): void => {
      exchange.begin(okay);
      exchange.end();
    };
    for (const answer of [refuse, answerEarly]) {
      gateway.onExchange = answer;
      const slow = connect((server.address() as AddressInfo).port, '127.0.0.1');
      slow.on('error', () => undefined).resume();
      slow.write('POST /api/chat HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n');
      const timer = setInterval(() => slow.write('x'), 10);
      await new Promise((resolve) => slow.once('close', resolve)); // perhaps by a reset
      clearInterval(timer);
    }
  });

  it('reads no more of a body that is too long', async () => {
    gateway.onExchange = (exchange) => {
      exchange.refuse(refusals.tooLong);
    };
    ask('POST', '/api/chat', 'Content-Length: 999999999\r\n\r\nabc');
    await once(socket, 'close');
    assert.match(received, /^HTTP\/1\.1 413 /);
    assert.match(received, /Connection: close\r\n/);
  });

  it('goes on with a request whose answer came early, so that the connection stays of use', async () => {
    gateway.takesBody = false;
    ask('POST', '/api/chat', 'Content-Length: 200000\r\n\r\n');
    socket.write(Buffer.alloc(100_000));
    await until(() => (gateway.bodies[0]?.length ?? 0) > 0);
    gateway.exchange(0).begin(okay);
    gateway.exchange(0).end();
    gateway.takesBody = true;
    await has('0\r\n\r\n');
    socket.write(Buffer.alloc(100_000));
    ask('GET', '/next');
    await exchangeCount(2);
  });
});
