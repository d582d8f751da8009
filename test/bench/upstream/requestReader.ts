export interface UpstreamRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/** Cuts a connection's bytes into requests, and hands out the next only when the last was answered. */
export class RequestReader {
  readonly #onRequest: (request: UpstreamRequest, next: () => void) => void;
  #text = '';
  #isBusy = false;

  constructor(onRequest: (request: UpstreamRequest, next: () => void) => void) {
    this.#onRequest = onRequest;
  }

  push(piece: Buffer): void {
    this.#text += piece.toString('latin1');
    this.#run();
  }

  #run(): void {
    if (this.#isBusy) return;
    const request = this.#take();
    if (!request) return;
    this.#isBusy = true;
    this.#onRequest(request, () => {
      this.#isBusy = false;
      queueMicrotask(() => {
        this.#run();
      });
    });
  }

  #take(): UpstreamRequest | undefined {
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const head = this.#text.slice(0, end);
    const [method = '', target = ''] = head.split(' ', 2);
    const isChunked = /^transfer-encoding: *chunked/im.test(head);
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    const from = end + 4;
    const bodyEnd = isChunked ? this.#text.indexOf('0\r\n\r\n', from) + 5 : from + length;
    if (bodyEnd < from + (isChunked ? 5 : 0) || this.#text.length < bodyEnd) return undefined;
    const body = this.#text.slice(from, bodyEnd);
    this.#text = this.#text.slice(bodyEnd);
    return { method, path: target.split('?', 1)[0] ?? '', body };
  }
}
