import type { Clock } from '../base/clock.ts';
import type { Dialler, DialOutcome, RelayMeter } from './relayMeter.ts';

/** Counts what one client link looks for and gets: of its dials each ends exactly once, and only one runs at a time. */
export class ClientMeter {
  readonly #meter: RelayMeter;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #isDialling = false;
  /** Of JOINED, then of each record. */
  #lastMs = 0;
  #isFirstDue = false;

  constructor({ meter, clock }: { readonly meter: RelayMeter; readonly clock: Pick<Clock, 'monotonic'> }) {
    this.#meter = meter;
    this.#clock = clock;
  }

  dialBegan(by: Dialler): void {
    this.dialEnded('abandoned');
    this.#isDialling = true;
    this.#meter.dialBegan(by);
  }

  dialWaited(): void {
    this.#meter.dialWaited();
  }

  /** Does nothing when no dial runs. */
  dialEnded(outcome: DialOutcome): void {
    if (!this.#isDialling) return;
    this.#isDialling = false;
    this.#meter.dialEnded(outcome);
  }

  joined(): void {
    this.dialEnded('joined');
    this.#lastMs = this.#clock.monotonic();
    this.#isFirstDue = true;
  }

  /** A record goes to the client. */
  record(): void {
    const nowMs = this.#clock.monotonic();
    if (this.#isFirstDue) this.#meter.firstRecordAfter(nowMs - this.#lastMs);
    else this.#meter.recordGap(nowMs - this.#lastMs);
    this.#isFirstDue = false;
    this.#lastMs = nowMs;
  }
}
