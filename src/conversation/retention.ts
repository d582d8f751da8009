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
const DAY_MS = 24 * 60 * 60_000;

export interface RetentionOptions {
  readonly clock: Clock;
  readonly store: Pick<ConversationStore, 'purge'>;
  readonly log: Logger;
  /** After how many days chats that nobody writes in go to the bin; 0 keeps them. Read at each step. */
  readonly days: () => number;
  /** Bins a few that were last written in before `before`. @returns whether there may be more */
  readonly retire: (before: number) => boolean;
}

/** Has what is past its time forgotten, a little at once: chats go to the bin, and out of it. */
export class Retention implements Disposable {
  readonly #options: RetentionOptions;
  #timer: Disposable;

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#timer = this.#plan(FIRST_AFTER_MS);
  }

  dispose(): void {
    this.#timer.dispose();
  }

  #plan(ms: number): Disposable {
    return this.#options.clock.after(ms, () => {
      this.#timer = this.#plan(this.#step() ? PAUSE_MS : EVERY_MS);
    });
  }

  /** Is there more? */
  #step(): boolean {
    const { clock, store, log, days, retire } = this.#options;
    try {
      return (days() > 0 && retire(clock.now() - days() * DAY_MS)) || store.purge();
    } catch (error) {
      log.warn('what is past its time could not be forgotten', { code: TunnelError.from(error).code });
      return false;
    }
  }
}
