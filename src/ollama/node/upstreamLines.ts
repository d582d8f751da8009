import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { OllamaAddress } from '../host.ts';
import { UpstreamLine } from './upstreamLine.ts';

/** Shorter than any server's own patience (Node's 5 s, Go's none), so that a line is not closed under the request that takes it. */
export const MAX_IDLE_MS = 2_000;
/** Each holds a read buffer of 64 KiB. A client asks one thing after the other; many at once pay for their connections. */
export const MAX_IDLE_LINES = 4;

interface IdleLine {
  readonly line: UpstreamLine;
  /** Monotonic, ms. */
  readonly since: number;
}

/** Connections that have carried a whole answer and may carry another: opening one costs a round trip and a tenth of a request's CPU. */
export class UpstreamLines implements Disposable {
  readonly #clock: Clock;
  /** Oldest first. */
  #idle: IdleLine[] = [];
  #timer: Disposable | undefined;
  #isDisposed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Lines that wait now. */
  get idleCount(): number {
    return this.#idle.length;
  }

  /** A line to `address` for one request: the one that was used last, or a new one. */
  take(address: OllamaAddress): UpstreamLine {
    const at = this.#idle.findLastIndex(({ line }) => isSame(line.address, address));
    const found = at < 0 ? undefined : this.#idle.splice(at, 1)[0];
    // the timer may be late, as after a sleep of the machine
    if (!found || this.#isStale(found)) {
      found?.line.destroy();
      return new UpstreamLine(address);
    }
    found.line.onGone = undefined;
    return found.line;
  }

  /** Takes back a line whose answer was whole, or closes it. */
  giveBack(line: UpstreamLine): void {
    line.detach();
    if (this.#isDisposed || !line.isFitToKeep) {
      line.destroy();
      return;
    }
    line.onGone = () => {
      this.#idle = this.#idle.filter((one) => one.line !== line);
    };
    this.#idle.push({ line, since: this.#clock.monotonic() });
    if (this.#idle.length > MAX_IDLE_LINES) this.#idle.shift()?.line.destroy();
    this.#watch(MAX_IDLE_MS);
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#timer?.dispose();
    for (const { line } of this.#idle) line.destroy();
    this.#idle = [];
  }

  /** One timer for all: it looks who is due when it fires. */
  #watch(ms: number): void {
    this.#timer ??= this.#clock.after(ms, () => {
      this.#timer = undefined;
      while (this.#idle[0] && this.#isStale(this.#idle[0])) this.#idle.shift()?.line.destroy();
      const [oldest] = this.#idle;
      // rounded up: a rest of less than a ms would fire at once, again and again
      if (oldest) this.#watch(Math.ceil(oldest.since + MAX_IDLE_MS - this.#clock.monotonic()));
    });
  }

  #isStale({ since }: IdleLine): boolean {
    return this.#clock.monotonic() - since >= MAX_IDLE_MS;
  }
}

function isSame(a: OllamaAddress, b: OllamaAddress): boolean {
  return a.scheme === b.scheme && a.host === b.host && a.port === b.port;
}
