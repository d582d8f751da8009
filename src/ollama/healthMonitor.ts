import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/emitter.ts';
import type { OllamaStatus } from '../protocol/status.ts';
import type { OllamaAddress } from './host.ts';

/**
 * Between two looks, ms. A stop is shown within 10 s: at worst a poll just missed it, its ping times out, and a look right after agrees
 * ({@link PING_TIMEOUT_MS} + {@link SECOND_LOOK_MS} + one probe).
 */
export const OLLAMA_POLL_MS = 5_000;
/** How long `/api/version` may take. */
export const PING_TIMEOUT_MS = 1_500;
/** From a ping that failed to the look that decides. */
export const SECOND_LOOK_MS = 500;

/** What a look at all candidates found. */
export interface OllamaFinding {
  readonly status: OllamaStatus;
  /** Where to send requests; there even when nobody answers now. */
  readonly address: OllamaAddress | undefined;
}

/** How the monitor reaches out; neither throws. */
export interface OllamaEyes {
  look(signal: AbortSignal): Promise<OllamaFinding>;
  /** The version, or `undefined` without a proper answer within {@link PING_TIMEOUT_MS}. */
  ping(address: OllamaAddress, signal: AbortSignal): Promise<string | undefined>;
}

/** Keeps watch over Ollama: looks at all candidates until one answers, then pings that one, and tells of changes only. */
export class HealthMonitor implements Disposable {
  readonly #clock: Clock;
  readonly #eyes: OllamaEyes;
  readonly #ended = new AbortController();
  readonly #changed = new Emitter<OllamaStatus>();
  #status: OllamaStatus = { state: 'unknown' };
  #address: OllamaAddress | undefined;
  #looking: Promise<OllamaStatus> | undefined;
  #timer: Disposable | undefined;
  #lifeAt = -Infinity;

  constructor(clock: Clock, eyes: OllamaEyes) {
    this.#clock = clock;
    this.#eyes = eyes;
  }

  get status(): OllamaStatus {
    return this.#status;
  }

  get address(): OllamaAddress | undefined {
    return this.#address;
  }

  get onDidChangeStatus(): Event<OllamaStatus> {
    return this.#changed.event;
  }

  /** Looks now; joins a look under way. The first call begins the watch. */
  check(): Promise<OllamaStatus> {
    if (this.#ended.signal.aborted) return Promise.resolve(this.#status);
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Bytes have come from Ollama by another way: a look that fails meanwhile only means that it is busy. */
  noteLife(): void {
    this.#lifeAt = this.#clock.monotonic();
  }

  /** Somebody has listed the models. */
  noteModels(hasAny: boolean): void {
    if (this.#status.state === 'ok' && !hasAny) this.#apply({ ...this.#status, state: 'noModels' });
    if (this.#status.state === 'noModels' && hasAny) this.#apply({ ...this.#status, state: 'ok' });
  }

  dispose(): void {
    this.#ended.abort();
    this.#timer?.dispose();
    this.#changed.dispose();
  }

  async #look(): Promise<OllamaStatus> {
    this.#timer?.dispose();
    const startedAt = this.#clock.monotonic();
    const finding = await this.#eyes.look(this.#ended.signal);
    if (this.#isEnded()) return this.#status;
    const isBusyOnly = isUp(this.#status) && !isUp(finding.status) && this.#lifeAt > startedAt;
    if (!isBusyOnly) {
      this.#address = finding.address;
      this.#apply(finding.status);
    }
    this.#wait(OLLAMA_POLL_MS);
    return this.#status;
  }

  async #poll(): Promise<void> {
    const address = this.#address;
    // without models the list is what may change, and only a look reads it
    if (this.#status.state !== 'ok' || !address) {
      await this.check();
      return;
    }
    const version = await this.#eyes.ping(address, this.#ended.signal);
    if (this.#isEnded() || this.#looking) return;
    if (version === undefined) {
      this.#wait(SECOND_LOOK_MS, () => this.check());
      return;
    }
    // another version may be another program: let a look tell
    if (version !== this.#status.version) await this.check();
    else this.#wait(OLLAMA_POLL_MS);
  }

  #wait(ms: number, next: () => Promise<unknown> = () => this.#poll()): void {
    this.#timer?.dispose();
    this.#timer = this.#clock.after(ms, () => void next());
  }

  #apply(status: OllamaStatus): void {
    const before = this.#status;
    const isSame =
      before.state === status.state && before.url === status.url && before.version === status.version && before.standIn === status.standIn;
    if (isSame) return;
    this.#status = status;
    this.#changed.fire(status);
  }

  /** Asked anew after each wait. */
  #isEnded(): boolean {
    return this.#ended.signal.aborted;
  }
}

function isUp(status: OllamaStatus): boolean {
  return status.state === 'ok' || status.state === 'noModels';
}
