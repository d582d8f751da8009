import type { Disposable } from '../base/disposable.ts';
import { RateLimiter } from '../base/rateLimiter.ts';
import { TunnelError } from '../protocol/errors.ts';
import { MAX_RATE_NAMES, UNKNOWN_KEYS_PER_ADDRESS } from '../protocol/limits.ts';
import { deafHandlers, type Exchange, type ExchangeHandlers } from './exchange.ts';
import { Forwarding } from './forwarding.ts';
import { refusalOf, refusals, type Refusal } from './refusal.ts';
import { readRequest } from './request.ts';
import { TunnelPool, type TunnelPoolOptions } from './tunnelPool.ts';

export interface GatewayOptions extends TunnelPoolOptions {
  /** The one key of all requests. Without it each request brings its own. */
  readonly key?: string;
}

/**
 * Ollama's, OpenAI's and Anthropic's API over HTTP, spoken as a paired client: each request becomes an `http` stream to the device that its key names.
 * It stores nothing.
 */
export class Gateway implements Disposable {
  readonly #pool: TunnelPool;
  /** Slows down who tries keys. They cannot be guessed; this is about load. */
  readonly #unknownKeys: RateLimiter;
  readonly #key: string | undefined;

  constructor(options: GatewayOptions) {
    this.#pool = new TunnelPool(options);
    this.#unknownKeys = new RateLimiter(options.clock, UNKNOWN_KEYS_PER_ADDRESS, MAX_RATE_NAMES);
    this.#key = options.key;
  }

  /** Answers one request. The result hears what happens on it. */
  handle(exchange: Exchange): ExchangeHandlers {
    const request = readRequest(exchange);
    if (request.kind === 'refused') return refuse(exchange, request.refusal);
    const { address } = exchange;
    const waitMs = address === undefined ? 0 : this.#unknownKeys.waitMs(address);
    if (waitMs > 0) return refuse(exchange, { ...refusals.manyBadKeys, retryAfter: Math.ceil(waitMs / 1000) });
    const key = this.#key ?? keyOf(exchange);
    if (key === undefined) return refuse(exchange, refusals.noKey);
    try {
      const lease = this.#pool.take(key);
      return new Forwarding(exchange, request.head, lease, (error) => this.#refusal(error, address));
    } catch (error) {
      return refuse(exchange, this.#refusal(error, address));
    }
  }

  /** Dials with the one key before anybody asks. How it goes is told by `onState`. */
  async connect(): Promise<void> {
    if (this.#key === undefined) return;
    try {
      (await this.#pool.take(this.#key)).dispose();
    } catch (error) {
      if (!(error instanceof TunnelError)) throw error;
    }
  }

  dispose(): void {
    this.#pool.dispose();
  }

  #refusal(error: unknown, address: string | undefined): Refusal {
    const { code } = TunnelError.from(error);
    if (code === 'unknownKey' && address !== undefined) this.#unknownKeys.take(address);
    return refusalOf(code);
  }
}

/** `Authorization: Bearer`, as OpenAI's clients send it; `x-api-key`, as Anthropic's do. */
function keyOf(exchange: Exchange): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(exchange.header('authorization') ?? '')?.[1];
  return bearer ?? exchange.header('x-api-key');
}

function refuse(exchange: Exchange, refusal: Refusal): ExchangeHandlers {
  exchange.refuse(refusal);
  return deafHandlers;
}
