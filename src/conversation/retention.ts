import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Logger } from '../base/log.ts';
import { TunnelError } from '../protocol/errors.ts';
import type { ConversationStore } from './ports.ts';

/** Not while everything else is starting, ms. */
const FIRST_AFTER_MS = 60_000;
const EVERY_MS = 60 * 60_000;
/** Between two steps, so that answers and views have their turn, ms. */
const PAUSE_MS = 50;

/** Has a store forget what is past its time, a little at once. */
export class Retention implements Disposable {
  readonly #clock: Clock;
  readonly #store: ConversationStore;
  readonly #log: Logger;
  #timer: Disposable;

  constructor(clock: Clock, store: ConversationStore, log: Logger) {
    this.#clock = clock;
    this.#store = store;
    this.#log = log;
    this.#timer = this.#plan(FIRST_AFTER_MS);
  }

  dispose(): void {
    this.#timer.dispose();
  }

  #plan(ms: number): Disposable {
    return this.#clock.after(ms, () => {
      this.#timer = this.#plan(this.#step() ? PAUSE_MS : EVERY_MS);
    });
  }

  /** Is there more? */
  #step(): boolean {
    try {
      return this.#store.purge();
    } catch (error) {
      this.#log.warn('what is past its time could not be forgotten', { code: TunnelError.from(error).code });
      return false;
    }
  }
}
