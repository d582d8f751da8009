import type { Disposable } from '../base/disposable.ts';
import type { TunnelError } from '../protocol/errors.ts';

/** A request to Ollama as the policy has rebuilt it: nothing in it is a client's own bytes. */
export interface UpstreamRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  /** Canonical, from the policy's table. */
  readonly path: string;
  /** JSON. */
  readonly body?: Uint8Array;
}

/** What of an answer's head counts for a client. */
export interface UpstreamHead {
  readonly status: number;
  readonly contentType?: string;
}

/** Hears one answer: `onHead`, any number of `onBody`, then `onEnd`; or `onError` at any point, after which nothing follows. */
export interface UpstreamSink {
  onHead(head: UpstreamHead): void;
  /** Bytes of the body without HTTP's framing, exactly as Ollama wrote them. They belong to the sink. */
  onBody(bytes: Uint8Array): void;
  onEnd(): void;
  /** `ollamaEndedEarly` when the answer broke off, `ollamaForeign` when it was no HTTP. */
  onError(error: TunnelError): void;
}

/** One answer on its way. Disposing it closes the connection at once, which stops the model; the sink then hears nothing more. */
export interface UpstreamFlow extends Disposable {
  /** Reads no further, so that Ollama is held back by its own socket. At most one more piece may follow. */
  pause(): void;
  resume(): void;
}

/** Carries requests to Ollama, each once and on a connection that meanwhile carries nothing else. Implementations: `ollama/node`, and a fake. */
export interface Upstream {
  /** Asks once; never retried. No callback comes before this returns. */
  forward(request: UpstreamRequest, sink: UpstreamSink): UpstreamFlow;
}
