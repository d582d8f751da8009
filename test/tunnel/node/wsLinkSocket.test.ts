import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { MAX_LINK_MESSAGE_BYTES } from '../../../src/protocol/limits.ts';
import type { LinkRefusal, LinkSocket } from '../../../src/protocol/linkSocket.ts';
import { LINK_SUBPROTOCOL } from '../../../src/protocol/versions.ts';
import { dialWs } from '../../../src/tunnel/node/wsLinkSocket.ts';
import { selfSigned } from './selfSigned.ts';

interface Heard {
  readonly socket: LinkSocket;
  readonly messages: Uint8Array[];
  opened: number;
  drained: number;
  closes: { readonly code: number; readonly refusal: LinkRefusal | undefined }[];
}

describe('a link’s socket on Node', () => {
  const servers: Server[] = [];
  const accepted: WebSocket[] = [];
  const dialled: LinkSocket[] = [];

  afterEach(async () => {
    for (const socket of dialled.splice(0)) socket.terminate();
    for (const socket of accepted.splice(0)) socket.terminate();
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  });

  async function listen(server: Server): Promise<number> {
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  /** A WebSocket server; its end of each link goes to `accepted`. */
  async function serve(): Promise<string> {
    const server = createServer();
    const webSockets = new WebSocketServer({ server, handleProtocols: () => LINK_SUBPROTOCOL });
    webSockets.on('connection', (socket) => {
      socket.on('error', () => undefined);
      accepted.push(socket);
    });
    return `ws://127.0.0.1:${String(await listen(server))}/v1/dial`;
  }

  function dial(url: string): Heard {
    const messages: Uint8Array[] = [];
    const closes: Heard['closes'] = [];
    let isDialling = true;
    const outside = (): void => {
      assert.equal(isDialling, false, 'nothing is said from inside the dial');
    };
    const handlers = {
      onOpen: () => {
        outside();
        heard.opened++;
      },
      onMessage: (message: Uint8Array) => messages.push(message.slice()),
      onDrain: () => heard.drained++,
      onClose: (code: number, refusal?: LinkRefusal) => {
        outside();
        closes.push({ code, refusal });
      },
    };
    const socket = dialWs(url, handlers);
    isDialling = false;
    const heard: Heard = { socket, messages, closes, opened: 0, drained: 0 };
    dialled.push(socket);
    return heard;
  }

  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => setTimeout(resolve, 2));
  }

  async function open(): Promise<{ readonly near: Heard; readonly far: WebSocket }> {
    const near = dial(await serve());
    await until(() => near.opened === 1 && accepted.length === 1);
    const far = accepted[0];
    assert.ok(far);
    return { near, far };
  }

  it('opens with the subprotocol, uncompressed, and carries whole messages both ways', async () => {
    const { near, far } = await open();
    assert.equal(far.protocol, LINK_SUBPROTOCOL);
    assert.equal(far.extensions, '');
    const got: Uint8Array[] = [];
    far.on('message', (data: Buffer) => got.push(new Uint8Array(data)));
    near.socket.send(Uint8Array.of(1, 2));
    near.socket.send(new Uint8Array(0));
    far.send(Uint8Array.of(3));
    await until(() => got.length === 2 && near.messages.length === 1 && near.drained >= 2);
    assert.deepEqual(got, [Uint8Array.of(1, 2), new Uint8Array(0)]);
    assert.deepEqual(near.messages, [Uint8Array.of(3)]);
  });

  for (const status of [403, 404, 426, 429, 503]) {
    it(`tells a refused upgrade by its status ${String(status)}, once`, async () => {
      const server = createServer();
      server.on('upgrade', (_request, socket) => {
        socket.end(`HTTP/1.1 ${String(status)} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      });
      const heard = dial(`ws://127.0.0.1:${String(await listen(server))}/`);
      await until(() => heard.closes.length > 0);
      heard.socket.terminate();
      await new Promise<void>((resolve) => setImmediate(resolve));
      assert.deepEqual(heard.closes, [{ code: 1006, refusal: status }]);
      assert.equal(heard.opened, 0);
    });
  }

  for (const [named, refusal] of [
    ['c2l.v2', 'programOlder'],
    ['c2l.v0', 'relayOlder'],
    ['c2l.v3, c2l.v2', 'programOlder'],
    ['c2l.v2, c2l.v1', 426], // a relay that has not seen what was offered: a proxy took it off
    ['chat', 426],
  ] as const)
    it(`knows which is older where a relay names ${named}: ${String(refusal)}`, async () => {
      const server = createServer();
      server.on('upgrade', (_request, socket) => {
        socket.end(`HTTP/1.1 426 No\r\nSec-WebSocket-Protocol: ${named}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      });
      const heard = dial(`ws://127.0.0.1:${String(await listen(server))}/`);
      await until(() => heard.closes.length > 0);
      assert.deepEqual(heard.closes, [{ code: 1006, refusal }]);
    });

  it('follows no redirect', async () => {
    const server = createServer();
    server.on('upgrade', (_request, socket) => {
      socket.end('HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n');
    });
    const heard = dial(`ws://127.0.0.1:${String(await listen(server))}/`);
    await until(() => heard.closes.length > 0);
    assert.deepEqual(heard.closes, [{ code: 1006, refusal: 302 }]);
  });

  it('tells a certificate that nobody vouches for', async () => {
    const server = createTlsServer(selfSigned);
    new WebSocketServer({ server });
    const heard = dial(`wss://localhost:${String(await listen(server))}/`);
    await until(() => heard.closes.length > 0);
    assert.deepEqual(heard.closes, [{ code: 1006, refusal: 'certificate' }]);
  });

  it('ends without a reason where nobody listens, and where the subprotocol is not spoken', async () => {
    const port = await listen(createServer());
    const closing = servers.pop();
    closing?.close();
    const nobody = dial(`ws://127.0.0.1:${String(port)}/`);
    const server = createServer();
    new WebSocketServer({ server, handleProtocols: () => false });
    const mute = dial(`ws://127.0.0.1:${String(await listen(server))}/`);
    await until(() => nobody.closes.length > 0 && mute.closes.length > 0);
    for (const heard of [nobody, mute]) assert.deepEqual(heard.closes, [{ code: 1006, refusal: undefined }]);
  });

  it('hears the farewell’s code, and says its own after what was sent before', async () => {
    const one = await open();
    one.far.close(4501);
    await until(() => one.near.closes.length > 0);
    assert.equal(one.near.closes[0]?.code, 4501);
    accepted.length = 0;
    const two = await open();
    let said = 0;
    two.far.on('message', () => said++);
    const closed = once(two.far, 'close');
    two.near.socket.send(new Uint8Array(60_000));
    two.near.socket.close(4400);
    two.near.socket.send(Uint8Array.of(1));
    assert.equal((await closed)[0], 4400);
    assert.equal(said, 1);
    assert.equal(two.near.drained, 1);
  });

  it('is over 2 s after its farewell, though the peer never answers it', async () => {
    const { near, far } = await open();
    far.pause();
    const started = performance.now();
    near.socket.close(1000);
    await until(() => near.closes.length > 0);
    assert.ok(performance.now() - started < 10_000, 'long before the 30 s that ws would wait');
  }).timeout(20_000);

  it('ends at once when terminated, open or still dialling', async () => {
    const { near } = await open();
    near.socket.terminate();
    const early = dial(await serve());
    early.socket.close(1000);
    await until(() => near.closes.length > 0 && early.closes.length > 0);
    assert.equal(near.closes[0]?.code, 1006);
    assert.equal(early.opened, 0);
    near.socket.send(Uint8Array.of(1));
  });

  it('counts what a peer that does not read leaves behind, and drains when it reads', async () => {
    const { near, far } = await open();
    far.pause();
    for (let i = 0; i < 500; i++) near.socket.send(new Uint8Array(60_000));
    await until(() => near.socket.backlogBytes > 0);
    const before = near.drained;
    far.on('message', () => undefined);
    far.resume();
    await until(() => near.socket.backlogBytes === 0);
    assert.ok(near.drained > before);
  });

  it('stops reading while paused', async () => {
    const { near, far } = await open();
    near.socket.pause();
    far.send(Uint8Array.of(1));
    await new Promise<void>((resolve) => {
      far.ping(resolve);
    });
    assert.equal(near.messages.length, 0);
    near.socket.resume();
    await until(() => near.messages.length === 1);
  });

  it('refuses a message longer than a link may carry', async () => {
    const { near, far } = await open();
    far.send(new Uint8Array(MAX_LINK_MESSAGE_BYTES));
    await until(() => near.messages.length === 1);
    far.send(new Uint8Array(MAX_LINK_MESSAGE_BYTES + 1));
    await until(() => near.closes.length > 0);
    assert.equal(near.messages.length, 1);
  });
});
