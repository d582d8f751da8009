import { whenReady, type MaybePromise } from '../base/maybePromise.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import type { HttpRequestHead } from '../protocol/http.ts';
import { MAX_HTTP_BODY_BYTES } from '../protocol/limits.ts';
import type { Exchange, ExchangeHandlers } from './exchange.ts';
import { openHttpCall, type HttpCall } from './httpCall.ts';
import { refusals, type Refusal } from './refusal.ts';
import type { Lease } from './tunnelPool.ts';

/** `connecting` for a tunnel · `asking`: the answer's head has not come · `answering` · `over`: the exchange has been given its end */
type State =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'asking' | 'answering'; readonly call: HttpCall; readonly lease: Lease }
  | { readonly kind: 'over' };

/** One exchange on its way through a tunnel. Bytes pass as they come, in both directions, and each side slows the other down. */
export class Forwarding implements ExchangeHandlers {
  readonly #exchange: Exchange;
  readonly #refusalOf: (error: unknown) => Refusal;
  #state: State = { kind: 'connecting' };
  #bodyBytes = 0;

  constructor(exchange: Exchange, head: HttpRequestHead, lease: MaybePromise<Lease>, refusalOf: (error: unknown) => Refusal) {
    this.#exchange = exchange;
    this.#refusalOf = refusalOf;
    const opened = whenReady(lease, (taken) => {
      this.#open(head, taken);
    });
    if (opened instanceof Promise)
      opened.catch((error: unknown) => {
        this.#fail(refusalOf(error));
      });
  }

  onBody(bytes: Uint8Array): boolean {
    if (!('call' in this.#state)) return true;
    this.#bodyBytes += bytes.length;
    if (this.#bodyBytes <= MAX_HTTP_BODY_BYTES) return this.#state.call.write(bytes);
    this.#state.call.abort();
    this.#fail(refusals.tooLong);
    return true;
  }

  onBodyEnd(): void {
    if ('call' in this.#state) this.#state.call.end();
  }

  onWritable(): void {
    if ('call' in this.#state) this.#state.call.resume();
  }

  onClosed(): void {
    if ('call' in this.#state) this.#state.call.abort();
    this.#leave();
  }

  #open(head: HttpRequestHead, lease: Lease): void {
    if (this.#state.kind === 'over') {
      lease.dispose(); // who asked has gone while the tunnel was dialled
      return;
    }
    try {
      const call = openHttpCall(lease.mux, head, {
        onHead: ({ status, contentType, retryAfter }) => {
          this.#state = { kind: 'answering', call, lease };
          this.#exchange.begin({ status, contentType, retryAfter });
        },
        onBody: (bytes) => this.#exchange.write(bytes),
        onEnd: () => {
          this.#leave();
          this.#exchange.end();
        },
        onFailed: (error: ErrorCode) => {
          this.#fail(this.#refusalOf(new TunnelError(error)));
        },
        onRequestWritable: () => {
          this.#exchange.resumeBody();
        },
      });
      this.#state = { kind: 'asking', call, lease };
    } catch (error) {
      lease.dispose();
      throw error;
    }
    this.#exchange.resumeBody();
  }

  /** Says what went wrong, or breaks off what has begun. */
  #fail(refusal: Refusal): void {
    const { kind } = this.#state;
    if (kind === 'over') return;
    this.#leave();
    if (kind === 'answering') this.#exchange.cut();
    else this.#exchange.refuse(refusal);
  }

  #leave(): void {
    const state = this.#state;
    this.#state = { kind: 'over' };
    if ('lease' in state) state.lease.dispose();
  }
}
