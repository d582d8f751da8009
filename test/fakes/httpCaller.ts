import { concatBytes, emptyBytes, fromUtf8, utf8 } from '../../src/base/bytes.ts';
import type { MuxStream, StreamEnd } from '../../src/mux/muxStream.ts';
import { HeadSplitter } from '../../src/protocol/headSplitter.ts';
import { decodeHttpResponseHead, type HttpResponseHead } from '../../src/protocol/http.ts';
import { MAX_HTTP_HEAD_BYTES } from '../../src/protocol/limits.ts';
import { encodeStreamMessage } from '../../src/protocol/messageStream.ts';

/** A caller's end of one `http` stream, for tests: it may write what no sound client would. */
export class HttpCaller {
  readonly stream: MuxStream;
  /** While set nothing is read. */
  #isHolding = false;
  readonly #splitter = new HeadSplitter(MAX_HTTP_HEAD_BYTES);
  head: HttpResponseHead | undefined;
  #pieces: Uint8Array[] = [];
  /** The answer is whole. */
  isEnded = false;
  outcome: StreamEnd | undefined;

  constructor(stream: MuxStream) {
    this.stream = stream;
    stream.onReadable(() => {
      this.#read();
    });
    stream.onEnd((end) => {
      this.outcome = end;
    });
  }

  get body(): Uint8Array {
    return concatBytes(...this.#pieces);
  }

  get text(): string {
    return fromUtf8(this.body);
  }

  get json(): unknown {
    return JSON.parse(this.text) as unknown;
  }

  /** Any head, whether or not a sound client could send it. */
  sendHead(head: unknown): this {
    this.stream.write(encodeStreamMessage(typeof head === 'string' ? utf8(head) : utf8(JSON.stringify(head))));
    return this;
  }

  sendBody(body: unknown): this {
    this.stream.write(body instanceof Uint8Array ? body : utf8(typeof body === 'string' ? body : JSON.stringify(body)));
    return this;
  }

  /** A whole request. */
  ask(method: string, path: string, body?: unknown): this {
    this.sendHead({ method, path });
    if (body !== undefined) this.sendBody(body);
    this.stream.end();
    return this;
  }

  hold(): void {
    this.#isHolding = true;
  }

  release(): void {
    this.#isHolding = false;
    this.#read();
  }

  #read(): void {
    if (this.#isHolding) return;
    for (let piece = this.stream.read(); piece; piece = this.stream.read()) {
      let rest: Uint8Array = piece;
      if (!this.head) {
        const split = this.#splitter.push(piece);
        if (split) this.head = decodeHttpResponseHead(split.head);
        rest = split?.rest ?? emptyBytes;
      }
      this.#pieces.push(rest);
    }
    this.isEnded = this.stream.isReadEnded;
  }
}
