import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { MAX_SOCKET_BACKLOG_BYTES } from '../../protocol/limits.ts';
import { deafHandlers, type AnswerHead, type Exchange, type ExchangeHandlers } from '../exchange.ts';
import type { Gateway } from '../gateway.ts';
import { refusalBody, type Refusal } from '../refusal.ts';

/** Nobody on the way may hold back, change or keep an answer. */
const passThrough = ['Cache-Control', 'no-cache, no-transform', 'X-Accel-Buffering', 'no', 'X-Content-Type-Options', 'nosniff'];

/**
 * How long the rest of a request may take that has its answer already. It is read, so that the connection stays of use; but whoever has no key
 * could hold the connection with a byte now and then for as long as a server gives to long requests.
 */
const REST_OF_BODY_MS = 5_000;

/** Answers one request of a `node:http` server. @param address as {@link Exchange.address} */
export function serveHttp(
  gateway: Pick<Gateway, 'handle'>,
  request: IncomingMessage,
  response: ServerResponse,
  address: string | undefined,
  restOfBodyMs = REST_OF_BODY_MS,
): void {
  const exchange = new NodeExchange(request, response, address, restOfBodyMs);
  exchange.listen(gateway.handle(exchange));
}

/** Refuses one request without asking the gateway. */
export function refuseHttp(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const exchange = new NodeExchange(request, response, undefined, REST_OF_BODY_MS);
  exchange.refuse(refusal);
  exchange.listen(deafHandlers);
}

/**
 * An exchange of a `node:http` server. Answers are framed here and written straight to the socket, one write for each piece: that costs
 * the relay a seventh less per token than `ServerResponse.write`, which writes a chunk's size, bytes and end apart.
 */
class NodeExchange implements Exchange {
  readonly method: string;
  readonly target: string;
  readonly address: string | undefined;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #restOfBodyMs: number;
  #handlers: ExchangeHandlers | undefined;
  #isBodyWanted = false;
  /** Where own framing goes; undefined when Node has to frame: HTTP/1.0, and answers that wait for an earlier one on their connection. */
  #socket: Socket | undefined;
  #isCorked = false;

  constructor(request: IncomingMessage, response: ServerResponse, address: string | undefined, restOfBodyMs: number) {
    this.method = request.method ?? '';
    this.target = request.url ?? '';
    this.address = address;
    this.#request = request;
    this.#response = response;
    this.#restOfBodyMs = restOfBodyMs;
  }

  listen(handlers: ExchangeHandlers): void {
    const request = this.#request;
    const response = this.#response;
    this.#handlers = handlers;
    response.once('close', () => {
      this.#socket?.removeListener('drain', this.#onDrain);
      this.#handlers = undefined;
      handlers.onClosed();
    });
    response.on('drain', this.#onDrain);
    request.on('error', ignore); // `close` of the response follows
    response.on('error', ignore);
    if (this.#isBodyWanted) this.#readBody(handlers);
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  resumeBody(): void {
    const isFirst = !this.#isBodyWanted;
    this.#isBodyWanted = true;
    if (!isFirst) this.#request.resume();
    else if (this.#handlers) this.#readBody(this.#handlers);
  }

  begin({ status, contentType, retryAfter }: AnswerHead): void {
    const response = this.#response;
    const headers = [...passThrough];
    if (contentType !== undefined) headers.push('Content-Type', contentType);
    if (retryAfter !== undefined) headers.push('Retry-After', String(retryAfter));
    const { socket } = response;
    const isFramed = socket !== null && this.#request.httpVersion === '1.1' && hasBody(this.method, status);
    if (isFramed) this.#takeSocket(socket);
    response.writeHead(status, headers);
    response.flushHeaders();
  }

  write(bytes: Uint8Array): boolean {
    const socket = this.#socket;
    if (!this.#handlers || bytes.length === 0) return true;
    if (socket) {
      this.#cork(socket);
      socket.write(chunkOf(bytes));
    } else {
      this.#response.write(bytes);
    }
    // `drain` comes all the same: above this mark Node has asked for patience long ago.
    return (socket ?? this.#response).writableLength < MAX_SOCKET_BACKLOG_BYTES;
  }

  end(): void {
    if (this.#socket) this.#cork(this.#socket);
    this.#response.end();
    this.#dropRest(); // what is left of the request is of no use, and stands before the next one
  }

  refuse(refusal: Refusal): void {
    const body = Buffer.from(refusalBody(this.target.split('?', 1)[0] ?? '', refusal));
    const headers = [...passThrough, 'Content-Type', 'application/json', 'Content-Length', String(body.length)];
    if (refusal.status === 401) headers.push('WWW-Authenticate', 'Bearer');
    if (refusal.retryAfter !== undefined) headers.push('Retry-After', String(refusal.retryAfter));
    if (refusal.status === 413) headers.push('Connection', 'close');
    else this.#dropRest();
    this.#response.writeHead(refusal.status, headers);
    this.#response.end(body);
  }

  cut(): void {
    this.#socket?.uncork(); // what was said before goes out with it
    this.#response.destroy();
  }

  #dropRest(): void {
    this.resumeBody();
    const request = this.#request;
    if (request.complete) return;
    const due = setTimeout(() => {
      request.destroy();
    }, this.#restOfBodyMs);
    for (const end of ['end', 'close'])
      request.once(end, () => {
        clearTimeout(due);
      });
  }

  /** Not before it is wanted: a request without a body ends as soon as somebody listens, paused or not. */
  #readBody(handlers: ExchangeHandlers): void {
    const request = this.#request;
    const length = Number(request.headers['content-length']);
    let received = 0;
    let isWhole = false;
    const end = (): void => {
      if (isWhole) return;
      isWhole = true;
      handlers.onBodyEnd();
    };
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
      const mayGoOn = handlers.onBody(viewOf(chunk));
      // Node says so only in another turn: the end would travel alone, and the device waits for it
      if (received === length) end();
      else if (!mayGoOn) request.pause();
    });
    request.on('end', end);
  }

  #takeSocket(socket: Socket): void {
    this.#socket = socket;
    socket.on('drain', this.#onDrain);
    this.#cork(socket);
  }

  /** What is written in one turn leaves in one piece, and at its end. */
  #cork(socket: Socket): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    socket.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      socket.uncork();
    });
  }

  readonly #onDrain = (): void => {
    this.#handlers?.onWritable();
  };
}

/** A chunk of HTTP/1.1 (RFC 9112, section 7.1). */
function chunkOf(bytes: Uint8Array): Buffer {
  const size = bytes.length.toString(16);
  const chunk = Buffer.allocUnsafe(size.length + bytes.length + 4);
  chunk.write(`${size}\r\n`, 'latin1');
  chunk.set(bytes, size.length + 2);
  chunk.write('\r\n', size.length + 2 + bytes.length, 'latin1');
  return chunk;
}

/** RFC 9110, sections 9.3.2, 15.3.5 and 15.4.5. */
function hasBody(method: string, status: number): boolean {
  return method !== 'HEAD' && status !== 204 && status !== 304;
}

/** A plain view: the `slice` of a Buffer copies nothing, and neutral code counts on its copies. */
function viewOf({ buffer, byteOffset, byteLength }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function ignore(): void {
  return;
}
