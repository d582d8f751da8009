import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Clock } from '../../base/clock.ts';
import { toDisposable, type Disposable } from '../../base/disposable.ts';
import { PRODUCT_VERSION } from '../../protocol/versions.ts';
import { connectionFailure, type ConnectionFailure } from '../errors.ts';
import { authority, type OllamaAddress } from '../host.ts';
import type { ProbeAnswer } from '../probe.ts';

/** Longest body read into memory: a list of thousands of models. A longer one is not Ollama's. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/**
 * Requests to Ollama and nowhere else. Each has a connection of its own, so none meets one that just went stale; agents of our own know
 * nothing of proxies in the environment; redirects are not followed; no header but those named here is sent, least of all Origin.
 */
export class OllamaHttp implements Disposable {
  readonly #clock: Clock;
  readonly #agents = { http: new HttpAgent({ keepAlive: false }), https: new HttpsAgent({ keepAlive: false }) };
  readonly #open = new Set<ClientRequest>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A request that nobody has written to yet. Its owner handles `error`. */
  open(address: OllamaAddress, method: 'GET' | 'POST', path: string, body?: Uint8Array): ClientRequest {
    const make = address.scheme === 'https' ? httpsRequest : httpRequest;
    const request = make({
      host: address.host,
      port: address.port,
      method,
      path: address.prefix + path,
      // a request that generates must not share its connection's fate with any other
      agent: method === 'POST' ? false : this.#agents[address.scheme],
      setHost: false,
      headers: {
        Host: authority(address),
        Accept: method === 'POST' ? 'application/x-ndjson, application/json' : 'application/json, text/plain',
        'User-Agent': `CloudToLocalLLM/${PRODUCT_VERSION}`,
        ...(body ? { 'Content-Type': 'application/json', 'Content-Length': body.length } : {}),
      },
    });
    this.#open.add(request);
    request.once('close', () => this.#open.delete(request));
    return request;
  }

  /** One GET, its body as text. Never throws. */
  get(
    address: OllamaAddress,
    path: string,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
  ): Promise<ProbeAnswer> {
    const { timeoutMs, signal } = options;
    return new Promise((resolve) => {
      if (signal?.aborted) {
        resolve({ kind: 'failure', failure: 'reset' });
        return;
      }
      const request = this.open(address, 'GET', path);
      let failure: ConnectionFailure | undefined;
      const stop = (why: ConnectionFailure): void => {
        failure ??= why;
        request.destroy();
      };
      const timer = this.#clock.after(timeoutMs, () => {
        stop('timeout');
      });
      const abort = onAbort(signal, () => {
        stop('reset');
      });
      const settle = (answer: ProbeAnswer): void => {
        timer.dispose();
        abort.dispose();
        resolve(answer);
      };
      request.on('error', (error: NodeJS.ErrnoException) => {
        settle({ kind: 'failure', failure: failure ?? connectionFailure(error.code) });
      });
      request.once('response', (response) => {
        collectBody(response, MAX_BODY_BYTES).then(
          (body) => {
            settle({ kind: 'answer', status: response.statusCode ?? 0, body });
          },
          () => {
            settle({ kind: 'failure', failure: failure ?? 'reset' });
          },
        );
      });
      request.end();
    });
  }

  dispose(): void {
    for (const request of this.#open) request.destroy();
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }
}

/** Reads a body to its end. Rejects when it is longer than `maxBytes` or broke off; then the connection is gone. */
export function collectBody(response: IncomingMessage, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    response.on('data', (part: Buffer) => {
      parts.push(part);
      length += part.length;
      if (length > maxBytes) response.destroy(new Error('body too long'));
    });
    response.once('end', () => {
      resolve(Buffer.concat(parts).toString('utf8'));
    });
    response.on('error', reject);
  });
}

function onAbort(signal: AbortSignal | undefined, task: () => void): Disposable {
  signal?.addEventListener('abort', task, { once: true });
  return toDisposable(() => signal?.removeEventListener('abort', task));
}
