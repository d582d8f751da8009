import { DecodeError } from '../base/bytes.ts';
import { DisposableStore } from '../base/disposable.ts';
import type { Mux } from '../mux/mux.ts';
import type { MuxStream } from '../mux/muxStream.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import { HeadSplitter } from '../protocol/headSplitter.ts';
import { decodeHttpResponseHead, encodeHttpHead, type HttpRequestHead, type HttpResponseHead } from '../protocol/http.ts';
import { MAX_HTTP_HEAD_BYTES } from '../protocol/limits.ts';
import { encodeStreamMessage } from '../protocol/messageStream.ts';

/** What a stream is given at once, so that its writer's bound holds whatever the caller's pieces. */
const MAX_PIECE_BYTES = 32 * 1024;

/** What becomes of a call. `onEnd` or `onFailed` comes last and once, unless the caller has aborted; then nothing comes. */
export interface HttpCallEvents {
  /** The answer's head, before its body. */
  onHead(head: HttpResponseHead): void;
  /** A piece of the answer's body. @returns whether more may come now; after `false` nothing comes until {@link HttpCall.resume} */
  onBody(bytes: Uint8Array): boolean;
  /** The answer is whole. */
  onEnd(): void;
  /** The answer will not become whole: what has come of it is all there is. */
  onFailed(error: ErrorCode): void;
  /** More of the request's body may be written. */
  onRequestWritable?(): void;
}

/**
 * One request and its answer on an `http` stream of `mux`. It is sent once and never again: after a cut it goes on where it was, and when
 * the device has forgotten it, it fails. Follow with the body and {@link HttpCall.end}.
 * @throws TunnelError `tooManyStreams`, `closed`
 */
export function openHttpCall(mux: Mux, head: HttpRequestHead, events: HttpCallEvents): HttpCall {
  return new HttpCall(mux.openStream('http'), head, events);
}

export class HttpCall {
  readonly #stream: MuxStream;
  readonly #events: HttpCallEvents;
  readonly #store = new DisposableStore();
  readonly #splitter = new HeadSplitter(MAX_HTTP_HEAD_BYTES);
  /** Of the request's body, what the stream has not taken yet. */
  #unsent: Uint8Array[] = [];
  #isEnding = false;
  #hasHead = false;
  #isPaused = false;

  /** @internal use {@link openHttpCall} */
  constructor(stream: MuxStream, head: HttpRequestHead, events: HttpCallEvents) {
    this.#stream = stream;
    this.#events = events;
    this.#store.add(
      stream.onReadable(() => {
        this.#read();
      }),
    );
    this.#store.add(
      stream.onWritable(() => {
        this.#flush();
        if (!this.#isEnding && this.#unsent.length === 0) this.#events.onRequestWritable?.();
      }),
    );
    this.#store.add(
      stream.onEnd((end) => {
        if (end.kind === 'reset') this.#fail(end.code);
      }),
    );
    stream.write(encodeStreamMessage(encodeHttpHead(head)));
  }

  /** A piece of the request's body, which stays as it is. @returns whether more may follow now; else `onRequestWritable` says when */
  write(bytes: Uint8Array): boolean {
    if (this.#store.isDisposed || this.#isEnding) return true;
    for (let at = 0; at < bytes.length; at += MAX_PIECE_BYTES) this.#unsent.push(bytes.subarray(at, at + MAX_PIECE_BYTES));
    this.#flush();
    return this.#unsent.length === 0 && this.#stream.isWritable;
  }

  /** The request is whole. */
  end(): void {
    this.#isEnding = true;
    this.#flush();
  }

  /** Takes more of the answer again. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#read();
  }

  /** Ends the request, and the device's request to Ollama with it. No event follows. */
  abort(): void {
    if (this.#store.isDisposed) return;
    this.#close();
    this.#stream.reset('cancelled');
  }

  #flush(): void {
    while (this.#unsent.length > 0 && this.#stream.isWritable) {
      const piece = this.#unsent.shift();
      if (piece) this.#stream.write(piece);
    }
    if (this.#isEnding && this.#unsent.length === 0) this.#stream.end();
  }

  #read(): void {
    try {
      while (!this.#isPaused && !this.#store.isDisposed) {
        const piece = this.#stream.read();
        if (!piece) break;
        this.#take(piece);
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#refuse();
      return;
    }
    if (!this.#isPaused && !this.#store.isDisposed && this.#stream.isReadEnded) this.#finish();
  }

  #take(piece: Uint8Array): void {
    if (this.#hasHead) {
      this.#isPaused = !this.#events.onBody(piece);
      return;
    }
    const split = this.#splitter.push(piece);
    if (!split) return;
    const head = decodeHttpResponseHead(split.head);
    this.#hasHead = true;
    this.#events.onHead(head);
    if (split.rest.length > 0 && !this.#store.isDisposed) this.#isPaused = !this.#events.onBody(split.rest);
  }

  #finish(): void {
    if (!this.#hasHead) {
      this.#refuse();
      return;
    }
    this.#close();
    this.#stream.end(); // an answer may come before the request is whole: the rest of it is of no use
    this.#events.onEnd();
  }

  /** The device has sent something that is no answer. */
  #refuse(): void {
    this.#stream.reset('badMessage');
    this.#fail('badMessage');
  }

  #fail(error: ErrorCode): void {
    if (this.#store.isDisposed) return;
    this.#close();
    this.#events.onFailed(error);
  }

  #close(): void {
    this.#store.dispose();
    this.#unsent = [];
  }
}
