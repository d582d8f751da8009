import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import { DecodeError, utf8 } from '../../base/bytes.ts';
import type { Disposable } from '../../base/disposable.ts';
import { TunnelError, type ErrorCode } from '../../protocol/errors.ts';
import { PRODUCT_VERSION } from '../../protocol/versions.ts';
import { connectionError, connectionFailure } from '../errors.ts';
import { authority, type OllamaAddress } from '../host.ts';
import { ResponseParser } from '../responseParser.ts';
import type { UpstreamFlow, UpstreamRequest, UpstreamSink } from '../upstream.ts';

/** A connection that is not there by then is not coming. */
const CONNECT_TIMEOUT_MS = 10_000;
/** From the connection to the first byte: queue, load and prompt, and with `stream: false` the whole answer. */
const FIRST_BYTE_TIMEOUT_MS = 30 * 60_000;
/** Between two pieces, also while the reader makes Ollama wait: a request that nobody reads must not hold the model for ever. */
const IDLE_TIMEOUT_MS = 10 * 60_000;

/** What is read in one go. */
const READ_BYTES = 64 * 1024;

export interface UpstreamConnectionOptions {
  readonly clock: Clock;
  readonly address: OllamaAddress;
  /** Sees an error before the sink does, and may sharpen it. */
  readonly refine: (error: TunnelError) => TunnelError;
  /** Bytes have come. */
  readonly onLife: () => void;
  /** The connection is closed, whatever the end. */
  readonly onClosed: () => void;
}

/** `connecting`, then `waiting` for the first byte, then `streaming`; `over` once the sink has heard its last word or we were stopped. */
type Phase = 'connecting' | 'waiting' | 'streaming' | 'over';

/**
 * One request on a connection of its own, and its answer as it comes. Written over the bare socket: with `node:http` the first token takes
 * longer, and a flat-out answer several times as much CPU. A piece of the body is passed on in the turn in which it was read.
 */
export class UpstreamConnection implements UpstreamFlow {
  readonly #socket: Socket;
  readonly #sink: UpstreamSink;
  readonly #options: UpstreamConnectionOptions;
  readonly #parser: ResponseParser;
  #phase: Phase = 'connecting';
  #hasHead = false;
  #isPaused = false;
  #timer: Disposable | undefined;
  /** Monotonic, ms. */
  #lastLife = 0;

  constructor(request: UpstreamRequest, sink: UpstreamSink, options: UpstreamConnectionOptions) {
    const { address } = options;
    this.#sink = sink;
    this.#options = options;
    this.#parser = new ResponseParser(request.method === 'HEAD');
    // no proxy of the environment, no redirect, no socket that had another request
    const where = { host: address.host, port: address.port, noDelay: true };
    if (address.scheme === 'https') {
      this.#socket = connectTls({ ...where, servername: serverName(address.host) });
      this.#socket.on('data', (bytes: Uint8Array) => {
        this.#take(bytes);
      });
    } else {
      const onread = { buffer: new Uint8Array(READ_BYTES), callback: this.#onRead };
      this.#socket = connectTcp({ ...where, onread });
    }
    this.#socket.once(address.scheme === 'https' ? 'secureConnect' : 'connect', () => {
      this.#onConnected();
    });
    this.#socket.once('end', () => {
      this.#guard(() => {
        this.#parser.end();
        this.#finish();
      });
    });
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      const failure = connectionFailure(error.code);
      this.#fail(this.#phase === 'streaming' ? brokenOff(error) : connectionError(failure, error));
    });
    this.#socket.once('close', () => {
      this.#fail(brokenOff());
      this.#timer?.dispose();
      options.onClosed();
    });
    this.#socket.cork();
    this.#socket.write(requestHead(request, address));
    if (request.body) this.#socket.write(request.body);
    this.#socket.uncork();
    this.#limit(CONNECT_TIMEOUT_MS, 'ollamaWrongHost');
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  dispose(): void {
    this.#phase = 'over';
    this.#timer?.dispose();
    this.#socket.destroy();
  }

  #onConnected(): void {
    if (this.#phase !== 'connecting') return;
    this.#phase = 'waiting';
    this.#limit(FIRST_BYTE_TIMEOUT_MS, 'ollamaFirstTokenTimeout');
  }

  /** Into the one buffer of this connection: a new one for each read costs a sixth of a token's CPU more. */
  readonly #onRead = (count: number, buffer: Uint8Array): boolean => {
    this.#take(new Uint8Array(buffer.buffer, buffer.byteOffset, count));
    return true; // a pause has stopped the reading by itself
  };

  #take(bytes: Uint8Array): void {
    if (this.#phase === 'over') return;
    this.#lastLife = this.#options.clock.monotonic();
    if (this.#phase !== 'streaming') {
      this.#phase = 'streaming';
      this.#watchIdle(IDLE_TIMEOUT_MS);
      this.#options.onLife();
    }
    this.#guard(() => {
      const body = this.#parser.push(bytes);
      this.#passHead();
      // a copy, for the buffer is read into again (a Buffer's `slice` would be none, but those of TLS are not used twice)
      if (body && !this.#isOver()) this.#sink.onBody(body.slice());
      if (this.#parser.isDone) this.#finish();
    });
  }

  #passHead(): void {
    const { head } = this.#parser;
    if (!head || this.#hasHead) return;
    this.#hasHead = true;
    this.#sink.onHead(head);
  }

  /** A callback may have stopped us; told apart by a call, for the compiler does not expect it. */
  #isOver(): boolean {
    return this.#phase === 'over';
  }

  #guard(task: () => void): void {
    try {
      task();
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      const code: ErrorCode = error.message === 'the answer broke off' ? 'ollamaEndedEarly' : 'ollamaForeign';
      this.#fail(new TunnelError(code, code === 'ollamaForeign' ? error.message : undefined));
    }
  }

  /** One timer for many pieces: it looks back when it fires. */
  #watchIdle(ms: number): void {
    this.#timer?.dispose();
    this.#timer = this.#options.clock.after(ms, () => {
      const left = this.#lastLife + IDLE_TIMEOUT_MS - this.#options.clock.monotonic();
      if (left > 0) this.#watchIdle(left);
      else this.#fail(new TunnelError(this.#isPaused ? 'slowReader' : 'ollamaIdleTimeout'));
    });
  }

  #limit(ms: number, code: ErrorCode): void {
    this.#timer?.dispose();
    this.#timer = this.#options.clock.after(ms, () => {
      this.#fail(new TunnelError(code));
    });
  }

  #finish(): void {
    if (this.#phase === 'over') return;
    this.dispose();
    this.#sink.onEnd();
  }

  #fail(error: TunnelError): void {
    if (this.#phase === 'over') return;
    this.dispose();
    this.#sink.onError(this.#options.refine(error));
  }
}

/** Our own Host and nothing of a client's: no Origin, no cookie, no key. */
function requestHead(request: UpstreamRequest, address: OllamaAddress): Uint8Array {
  const { method, path, body } = request;
  const length = body ? `Content-Type: application/json\r\nContent-Length: ${String(body.length)}\r\n` : '';
  return utf8(
    `${method} ${address.prefix}${path} HTTP/1.1\r\nHost: ${authority(address)}\r\nUser-Agent: CloudToLocalLLM/${PRODUCT_VERSION}\r\n` +
      `Accept: */*\r\n${length}Connection: close\r\n\r\n`,
  );
}

/** A name for TLS; an address is none (RFC 6066, section 3). */
function serverName(host: string): string {
  return /^[\d.]+$|:/.test(host) ? '' : host;
}

function brokenOff(cause?: unknown): TunnelError {
  return new TunnelError('ollamaEndedEarly', undefined, { cause });
}
