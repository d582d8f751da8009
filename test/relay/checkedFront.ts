import { createServer, request, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { systemClock } from '../../src/base/clock.ts';
import { nullLogger } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import type { PageFiles } from '../../src/relay/node/pages.ts';
import { startRelayServer, type RelayServer } from '../../src/relay/node/relayServer.ts';
import { readRelaySettings } from '../../src/relay/node/settings.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { selfSigned } from '../tunnel/node/selfSigned.ts';

/** What a web server before a relay may do to what passes through it. */
export interface FrontOptions {
  readonly secure?: boolean;
  /** Which the relay is told; the front's own when left out. */
  readonly publicUrl?: (own: string) => string;
  readonly hasPage?: boolean;
  /** Answers in the relay's place where it returns true. */
  readonly instead?: (request: IncomingMessage, response: Parameters<RequestListener>[1]) => boolean;
  /** The Host that is passed on. */
  readonly host?: string;
  /** Changes what is said of an answer. */
  readonly headers?: (headers: Record<string, unknown>) => void;
  /** Collects each answer before it is passed on. */
  readonly buffers?: boolean;
  /** What becomes of an upgrade. */
  readonly upgrade?: 'pass' | 'asRequest' | 'refuse' | 'foreignAnswer' | 'cutSoon';
}

const page: PageFiles = new Map([
  [
    '/',
    {
      contentType: 'text/html; charset=utf-8',
      cacheControl: 'no-store',
      body: new TextEncoder().encode('<title>c</title>'),
      gzipped: undefined,
    },
  ],
]);

/** A relay behind a web server, both of this process. */
export class CheckedFront {
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();
  readonly #options: FrontOptions;
  #relay: RelayServer | undefined;
  #relayPort = 0;

  private constructor(options: FrontOptions) {
    this.#options = options;
    const listener: RequestListener = (incoming, response) => {
      if (options.instead?.(incoming, response) !== true) this.#pass(incoming, response);
    };
    this.#server = options.secure === true ? createSecureServer(selfSigned, listener) : createServer(listener);
    this.#server.on('connection', (socket: Socket) => {
      this.#track(socket);
    });
    this.#server.on('upgrade', (incoming: IncomingMessage, socket: Duplex) => {
      this.#upgrade(incoming, socket);
    });
  }

  static async start(options: FrontOptions = {}): Promise<CheckedFront> {
    const front = new CheckedFront(options);
    await new Promise<void>((resolve) => front.#server.listen(0, '127.0.0.1', resolve));
    const publicUrl = [options.publicUrl?.(front.origin) ?? front.origin];
    front.#relayPort = await freePort();
    front.#relay = await startRelayServer({
      settings: readRelaySettings({ port: String(front.#relayPort), publicUrl, open: true }, {}, systemRandom),
      page: options.hasPage === false ? undefined : page,
      clock: systemClock,
      random: systemRandom,
      crypto: nodeCrypto,
      log: nullLogger,
    });
    return front;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `${this.#options.secure === true ? 'https://localhost' : 'http://127.0.0.1'}:${String(this.port)}`;
  }

  async stop(): Promise<void> {
    await this.#relay?.close();
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #track(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #pass(incoming: IncomingMessage, response: Parameters<RequestListener>[1]): void {
    const { host = incoming.headers.host ?? '', headers: change, buffers = false } = this.#options;
    const headers = { ...incoming.headers, host, connection: 'close' };
    const onward = request({
      port: this.#relayPort,
      host: '127.0.0.1',
      path: incoming.url,
      method: incoming.method,
      headers,
      agent: false,
    });
    onward.on('response', (answer) => {
      const said: Record<string, unknown> = { ...answer.headers };
      change?.(said);
      const begin = (): unknown => response.writeHead(answer.statusCode ?? 0, said as Record<string, string>);
      if (!buffers) {
        begin();
        answer.pipe(response);
        return;
      }
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        begin();
        response.end(Buffer.concat(chunks));
      });
    });
    onward.on('error', () => response.destroy());
    onward.end();
  }

  #upgrade(incoming: IncomingMessage, socket: Duplex): void {
    const { upgrade = 'pass', host } = this.#options;
    this.#track(socket);
    if (upgrade === 'refuse') {
      socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    if (upgrade === 'foreignAnswer') {
      socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n');
      return;
    }
    const onward = connect(this.#relayPort, '127.0.0.1');
    this.#track(onward);
    const lines: string[] = [];
    incoming.rawHeaders.forEach((name, at) => {
      if (at % 2 === 1 || (upgrade === 'asRequest' && /^(upgrade|connection)$/i.test(name))) return;
      lines.push(`${name}: ${/^host$/i.test(name) && host !== undefined ? host : (incoming.rawHeaders[at + 1] ?? '')}\r\n`);
    });
    onward.write(`GET ${incoming.url ?? ''} HTTP/1.1\r\n${lines.join('')}\r\n`);
    onward.pipe(socket).pipe(onward);
    for (const [one, other] of [
      [onward, socket],
      [socket, onward],
    ] as const)
      one.once('close', () => other.destroy());
    if (upgrade === 'cutSoon' && incoming.headers.origin !== undefined) setTimeout(() => socket.destroy(), 300).unref();
  }
}

/** One that nobody has now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });
}
