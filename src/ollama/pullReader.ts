import * as v from 'valibot';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { PullProgress, PullSink } from '../conversation/ports.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { errorText, statusError, textError } from './errors.ts';
import { NdjsonDecoder, NdjsonError } from './ndjson.ts';
import type { UpstreamHead, UpstreamSink } from './upstream.ts';

/** Without a line for so long a download has stalled. Ollama says nothing while it checks a layer: a big one on a slow disk takes minutes. */
export const PULL_STALL_MS = 5 * 60_000;
/** Layers counted; a model has about five. */
const MAX_LAYERS = 256;
/** A refusal's body is one short sentence. */
const MAX_REFUSAL_BYTES = 64 * 1024;

const bytes = v.fallback(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 0);
const progressLine = v.object({
  status: v.optional(v.string(), ''),
  digest: v.optional(v.string()),
  total: v.optional(bytes, 0),
  completed: v.optional(bytes, 0),
});

/** Reads the answer of `/api/pull`. Only a `success` line is a success. After `onDone` or `onError` nothing follows. */
export class PullReader implements UpstreamSink, Disposable {
  readonly #sink: PullSink;
  readonly #clock: Clock;
  readonly #decoder = new NdjsonDecoder();
  readonly #layers = new Map<string, { readonly total: number; readonly completed: number }>();
  #step: PullProgress['step'] = 'manifest';
  /** Set while the body is a refusal's. */
  #refusal: { readonly status: number; text: string } | undefined;
  #isOver = false;
  #timer: Disposable | undefined;

  constructor(sink: PullSink, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
    this.#wait();
  }

  onHead({ status }: UpstreamHead): void {
    if (status !== 200) this.#refusal = { status, text: '' };
  }

  onBody(body: Uint8Array): void {
    if (this.#isOver) return;
    this.#wait();
    if (!this.#refusal) this.#hear(this.#decoder.push(body));
    else if (this.#refusal.text.length < MAX_REFUSAL_BYTES) this.#refusal.text += new TextDecoder().decode(body);
  }

  onEnd(): void {
    if (this.#refusal) {
      const { status, text } = this.#refusal;
      this.onError(pullError(errorText(text) ?? '', statusError(status, text)));
    } else if (!this.#isOver) this.#hear(this.#decoder.end());
    this.onError(new TunnelError('ollamaPullFailed', 'it broke off'));
  }

  onError(error: TunnelError): void {
    if (this.#isOver) return;
    this.dispose();
    this.#sink.onError(error.code === 'ollamaEndedEarly' ? new TunnelError('ollamaPullFailed', 'it broke off', { cause: error }) : error);
  }

  /** The sink is to hear no more. */
  dispose(): void {
    this.#isOver = true;
    this.#timer?.dispose();
  }

  #hear(values: Iterable<unknown>): void {
    try {
      for (const value of values) {
        this.#take(value);
        if (this.#over()) return;
      }
    } catch (error) {
      if (!(error instanceof NdjsonError)) throw error;
      this.onError(new TunnelError('ollamaPullFailed', error.message, { cause: error }));
    }
  }

  #take(value: unknown): void {
    if (typeof value === 'object' && value !== null && 'error' in value) {
      const text = typeof value.error === 'string' ? value.error : '';
      this.onError(pullError(text, textError(text)));
      return;
    }
    const line = v.safeParse(progressLine, value);
    if (!line.success) {
      this.onError(new TunnelError('ollamaPullFailed', 'a line makes no sense'));
      return;
    }
    const { status, digest, total, completed } = line.output;
    if (status === 'success') {
      this.dispose();
      this.#sink.onDone();
      return;
    }
    if (digest !== undefined && (this.#layers.has(digest) || this.#layers.size < MAX_LAYERS))
      this.#layers.set(digest, { total, completed: Math.min(completed, total) });
    this.#step = stepOf(status, digest) ?? this.#step;
    this.#sink.onProgress({ step: this.#step, ...this.#sums() });
  }

  #sums(): { readonly completed: number; readonly total: number } {
    let [completed, total] = [0, 0];
    for (const layer of this.#layers.values()) {
      completed += layer.completed;
      total += layer.total;
    }
    return { completed, total };
  }

  #wait(): void {
    this.#timer?.dispose();
    this.#timer = this.#clock.after(PULL_STALL_MS, () => {
      this.onError(new TunnelError('ollamaPullFailed', 'it has stalled'));
    });
  }

  /** Asked anew each time: every call to the sink may have ended us. */
  #over(): boolean {
    return this.#isOver;
  }
}

function stepOf(status: string, digest: string | undefined): PullProgress['step'] | undefined {
  if (digest !== undefined) return 'downloading';
  if (/^pulling manifest/i.test(status)) return 'manifest';
  if (/^verifying/i.test(status)) return 'verifying';
  return /^(writing|removing)/i.test(status) ? 'finishing' : undefined;
}

/** Why a download failed, in the words of Ollama, its registry and the systems below; first match wins. */
const causes: readonly (readonly [RegExp, ErrorCode])[] = [
  // ENOSPC and EDQUOT, as Go says them; ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL of Windows
  [/no space left on device|disk quota exceeded|not enough space on the disk|the disk is full/i, 'ollamaDiskFull'],
  // a manifest that the registry does not have, and names that no registry could have
  [/file does not exist|manifest unknown|^model ['"].*['"] not found|invalid model name/i, 'ollamaUnknownModel'],
  [/dial (tcp|udp)|no such host|network is (unreachable|down)|no route to host|i\/o timeout|TLS handshake timeout/i, 'ollamaOffline'],
];

function pullError(text: string, error: TunnelError): TunnelError {
  const code = causes.find(([pattern]) => pattern.test(text))?.[1];
  if (code !== undefined) return new TunnelError(code);
  return error.code === 'ollamaFailed' || error.code === 'ollamaModelMissing' ? new TunnelError('ollamaPullFailed', error.detail) : error;
}
