import type { Clock } from '../../base/clock.ts';
import { DecodeError, utf8 } from '../../base/bytes.ts';
import type { Disposable } from '../../base/disposable.ts';
import { TunnelError, type ErrorCode } from '../../protocol/errors.ts';
import { PRODUCT_VERSION } from '../../protocol/versions.ts';
import { connectionError, connectionFailure } from '../errors.ts';
import { authority, type OllamaAddress } from '../host.ts';
import { ResponseParser } from '../responseParser.ts';
import type { UpstreamFlow, UpstreamRequest, UpstreamSink } from '../upstream.ts';
import { mayKeepLines, type LineUser, type UpstreamLine } from './upstreamLine.ts';
import type { UpstreamLines } from './upstreamLines.ts';

/** A connection that is not there by then is not coming. */
const CONNECT_TIMEOUT_MS = 10_000;
/** From the connection to the first byte: queue, load and prompt, and with `stream: false` the whole answer. */
const FIRST_BYTE_TIMEOUT_MS = 30 * 60_000;
/** Between two pieces, also while the reader makes Ollama wait: a request that nobody reads must not hold the model for ever. */
const IDLE_TIMEOUT_MS = 10 * 60_000;

export interface UpstreamConnectionOptions {
  readonly clock: Clock;
  readonly address: OllamaAddress;
  readonly lines: UpstreamLines;
  /** Sees an error before the sink does, and may sharpen it. */
  readonly refine: (error: TunnelError) => TunnelError;
  /** Bytes have come. */
  readonly onLife: () => void;
  /** It is done with the connection, which is closed or waits for another request. */
  readonly onClosed: () => void;
}

/** `connecting`, then `waiting` for the first byte, then `streaming`; `over` once the sink has heard its last word or we were stopped. */
type Phase = 'connecting' | 'waiting' | 'streaming' | 'over';

/**
 * One request on a connection that carries nothing else until it is over, and its answer as it comes. Written over the bare socket: with
 * `node:http` the first token takes longer, and a flat-out answer several times as much CPU. A piece of the body is passed on in the turn
 * in which it was read. Only after a whole answer the connection is left to another request; every other end closes it.
 */
export class UpstreamConnection implements UpstreamFlow, LineUser {
  readonly #line: UpstreamLine;
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
    this.#line = options.lines.take(address);
    this.#line.attach(this);
    this.#line.write(requestHead(request, address), request.body);
    if (this.#line.isConnected) this.onConnected();
    else this.#limit(CONNECT_TIMEOUT_MS, 'ollamaWrongHost');
  }

  pause(): void {
    this.#isPaused = true;
    this.#line.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#line.resume();
  }

  dispose(): void {
    if (this.#phase === 'over') return;
    this.#stop();
    this.#line.destroy();
  }

  /** @internal for its line, as are the four that follow */
  onConnected(): void {
    if (this.#phase !== 'connecting') return;
    this.#phase = 'waiting';
    this.#limit(FIRST_BYTE_TIMEOUT_MS, 'ollamaFirstTokenTimeout');
  }

  onEnd(): void {
    this.#guard(() => {
      this.#parser.end();
      this.#finish();
    });
  }

  onError(error: NodeJS.ErrnoException): void {
    if (this.#phase === 'over') return;
    this.#fail(this.#phase === 'streaming' ? brokenOff(error) : connectionError(connectionFailure(error.code), error));
  }

  onClose(): void {
    if (this.#phase !== 'over') this.#fail(brokenOff());
    this.#options.onClosed();
  }

  onBytes(bytes: Uint8Array): void {
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
    this.#stop();
    if (this.#parser.leavesConnection) {
      this.#options.lines.giveBack(this.#line);
      this.#options.onClosed();
    } else this.#line.destroy();
    this.#sink.onEnd();
  }

  #fail(error: TunnelError): void {
    if (this.#phase === 'over') return;
    this.dispose();
    this.#sink.onError(this.#options.refine(error));
  }

  #stop(): void {
    this.#phase = 'over';
    this.#timer?.dispose();
  }
}

/** Our own Host and nothing of a client's: no Origin, no cookie, no key. */
function requestHead(request: UpstreamRequest, address: OllamaAddress): Uint8Array {
  const { method, path, body } = request;
  const length = body ? `Content-Type: application/json\r\nContent-Length: ${String(body.length)}\r\n` : '';
  return utf8(
    `${method} ${address.prefix}${path} HTTP/1.1\r\nHost: ${authority(address)}\r\nUser-Agent: CloudToLocalLLM/${PRODUCT_VERSION}\r\n` +
      `Accept: */*\r\n${length}${mayKeepLines(address) ? '' : 'Connection: close\r\n'}\r\n`,
  );
}

function brokenOff(cause?: unknown): TunnelError {
  return new TunnelError('ollamaEndedEarly', undefined, { cause });
}
