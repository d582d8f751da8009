import { concatBytes, fromUtf8, utf8 } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { TunnelError } from '../protocol/errors.ts';
import type { Upstream, UpstreamRequest } from './upstream.ts';

export interface UpstreamAnswer {
  readonly status: number;
  readonly body: string;
}

/** A longer body than this is not Ollama's: of `/api/show` with a licence and a template it is a hundredth of it. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** A request of our own to Ollama. */
export function jsonRequest(method: 'POST' | 'DELETE', path: string, body: unknown): UpstreamRequest {
  return { method, path, body: utf8(JSON.stringify(body)) };
}

/**
 * Asks once and reads the whole answer, whatever its status.
 * @throws TunnelError `ollamaFailed` when it takes longer than `timeoutMs`, `ollamaForeign` when it is too long or no text
 */
export function callUpstream(upstream: Upstream, clock: Clock, request: UpstreamRequest, timeoutMs: number): Promise<UpstreamAnswer> {
  return new Promise((resolve, reject) => {
    let status = 0;
    let length = 0;
    const parts: Uint8Array[] = [];
    const settle = (): void => {
      timer.dispose();
      flow.dispose();
    };
    const fail = (error: TunnelError): void => {
      settle();
      reject(error);
    };
    const timer = clock.after(timeoutMs, () => {
      fail(new TunnelError('ollamaFailed', 'no answer in time'));
    });
    const flow = upstream.forward(request, {
      onHead: (head) => {
        status = head.status;
      },
      onBody: (bytes) => {
        length += bytes.length;
        if (length > MAX_BODY_BYTES) fail(new TunnelError('ollamaForeign', 'the answer is too long'));
        else parts.push(bytes);
      },
      onEnd: () => {
        settle();
        try {
          resolve({ status, body: fromUtf8(concatBytes(...parts)) });
        } catch (error) {
          reject(new TunnelError('ollamaForeign', 'the answer is no text', { cause: error }));
        }
      },
      onError: fail,
    });
  });
}
