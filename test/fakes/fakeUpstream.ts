import { fromUtf8, utf8 } from '../../src/base/bytes.ts';
import type { TunnelError } from '../../src/protocol/errors.ts';
import type { Upstream, UpstreamFlow, UpstreamHead, UpstreamRequest, UpstreamSink } from '../../src/ollama/upstream.ts';

/** One request that came to a {@link FakeUpstream}, answered by the test. */
export class FakeFlow implements UpstreamFlow {
  readonly request: UpstreamRequest;
  readonly #sink: UpstreamSink;
  isPaused = false;
  isDisposed = false;
  isOver = false;

  constructor(request: UpstreamRequest, sink: UpstreamSink) {
    this.request = request;
    this.#sink = sink;
  }

  /** The body that was asked with. */
  get json(): unknown {
    return JSON.parse(fromUtf8(this.request.body ?? new Uint8Array())) as unknown;
  }

  head(head: UpstreamHead): void {
    if (!this.isDisposed) this.#sink.onHead(head);
  }

  /** @throws when more comes than one piece after a pause, which no socket does */
  body(bytes: Uint8Array | string): void {
    if (this.isPaused) throw new Error('written while paused');
    if (!this.isDisposed) this.#sink.onBody(typeof bytes === 'string' ? utf8(bytes) : bytes);
  }

  end(): void {
    if (this.isDisposed) return;
    this.isOver = true;
    this.#sink.onEnd();
  }

  fail(error: TunnelError): void {
    if (this.isDisposed) return;
    this.isOver = true;
    this.#sink.onError(error);
  }

  /** A whole answer in JSON. */
  answer(status: number, value: unknown): void {
    this.head({ status, contentType: 'application/json; charset=utf-8' });
    this.body(typeof value === 'string' ? value : JSON.stringify(value));
    this.end();
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  dispose(): void {
    this.isDisposed = true;
  }
}

/** Keeps every request for the test to answer. */
export class FakeUpstream implements Upstream {
  readonly flows: FakeFlow[] = [];

  /** The newest request. @throws when there is none */
  get last(): FakeFlow {
    const flow = this.flows.at(-1);
    if (!flow) throw new Error('nothing was asked');
    return flow;
  }

  forward(request: UpstreamRequest, sink: UpstreamSink): UpstreamFlow {
    const flow = new FakeFlow(request, sink);
    this.flows.push(flow);
    return flow;
  }
}
