import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Exchange } from './exchange.ts';
import { Gone } from './gate.ts';
import type { FakeOllamaKnobs } from './knobs.ts';
import { checkOriginAndHost } from './originRules.ts';
import { pause } from './pause.ts';
import { Refusal } from './refusal.ts';
import { RequestLog } from './requestLog.ts';
import { route } from './routes.ts';
import type { StandInState } from './state.ts';

/** The stand-in's sockets: listens, takes requests in, lets knobs spoil them, and leaves nothing behind. */
export class StandInServer {
  readonly state: StandInState;
  readonly log = new RequestLog();
  readonly sockets = new Set<Socket>();
  knobs: FakeOllamaKnobs;
  /** Answers paths that are not Ollama's, e.g. the control endpoint's; says whether it did. */
  extra: ((req: IncomingMessage, res: ServerResponse) => boolean) | undefined;
  readonly #host: string;
  #server: Server | undefined;
  #port: number;

  constructor(state: StandInState, knobs: FakeOllamaKnobs, host: string, port: number) {
    this.state = state;
    this.knobs = knobs;
    this.#host = host;
    this.#port = port;
  }

  get port(): number {
    return this.#port;
  }

  get isListening(): boolean {
    return this.#server !== undefined;
  }

  async listen(): Promise<void> {
    if (this.#server) return;
    // as net/http: no limits in time
    const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0, noDelay: true }, (req, res) => {
      this.#take(req, res);
    });
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
      socket.on('error', () => undefined);
    });
    this.#server = server;
    server.listen(this.#port, this.#host);
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Ends listener and connections; everyone is cut off. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    const closed = [server, ...this.sockets].map((one) => once(one, 'close'));
    server.close();
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(closed);
  }

  #take(req: IncomingMessage, res: ServerResponse): void {
    if (this.extra?.(req, res)) return;
    const { clock } = this.state;
    const exchange = new Exchange(req, res, this.log.add(req, clock.now()), this.knobs, clock);
    void this.#serve(exchange).catch((error: unknown) => {
      if (error instanceof Gone || exchange.signal.aborted) return;
      if (error instanceof Refusal && !res.headersSent) exchange.refuse(error);
      else {
        console.error('stand-in:', error);
        res.destroy();
      }
    });
  }

  async #serve(exchange: Exchange): Promise<void> {
    const { knobs, res, signal } = exchange;
    const { clock } = this.state;
    await this.#readBody(exchange);
    if (knobs.acceptThenSilent) await pause(clock, 'forever', signal);
    if (knobs.keepAlive === 'closeEach') res.setHeader('Connection', 'close');
    const idle = /^closeIdle:(\d+)$/.exec(knobs.keepAlive);
    if (idle && this.#server) this.#server.keepAliveTimeout = Number(idle[1]);
    if (knobs.redirectTo !== null) {
      res.writeHead(307, { Location: knobs.redirectTo, 'Content-Length': '0' }).end();
      return;
    }
    if (knobs.notOllama) {
      playForeign(exchange, knobs.notOllama);
      return;
    }
    checkOriginAndHost(exchange);
    await route(exchange, this.state);
  }

  async #readBody(exchange: Exchange): Promise<void> {
    const { req, knobs, record, signal } = exchange;
    const parts: Buffer[] = [];
    let length = 0;
    try {
      for await (const part of req as AsyncIterable<Buffer>) {
        length += part.length;
        if (knobs.maxBody !== null && length > knobs.maxBody)
          throw Refusal.text(413, '<html><head><title>413 Request Entity Too Large</title></head></html>');
        parts.push(part);
        if (knobs.slowBodyReadMs > 0) await pause(this.state.clock, knobs.slowBodyReadMs, signal);
      }
    } catch (error) {
      throw error instanceof Refusal ? error : new Gone();
    }
    record.body = Buffer.concat(parts).toString('utf8');
  }
}

/** Something else that has the port. */
function playForeign(exchange: Exchange, kind: 'html' | 'otherJson' | 'tls'): void {
  if (kind === 'html') exchange.sendText(200, '<!doctype html><title>Welcome</title><h1>It works!</h1>', 'text/html');
  else if (kind === 'otherJson') exchange.sendJson(200, { name: 'something else', ok: true });
  // a TLS alert, `unexpected_message` (RFC 8446, section 6)
  else exchange.res.socket?.end(Buffer.from([0x15, 3, 1, 0, 2, 2, 10]));
}
