import type { Clock } from '../base/clock.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { progressOf, type Announcement } from './announcements.ts';
import type { ChatModel } from './chatModel.ts';
import { runningAnswer } from './conversationModel.ts';

/** How long an answer is written before, and between, two words about it, ms: rare enough not to stand in the way of reading. */
export const PROGRESS_MS = 15_000;
/** The screen counts the seconds of a wait. */
const TICK_MS = 1_000;

export interface AnswerProgressOptions {
  readonly clock: Clock;
  readonly current: () => ChatModel;
  /** Another second has gone by without a word of the answer. */
  readonly tick: () => void;
  /** A screen reader is to be told how far the answer is. */
  readonly say: (announcement: Announcement) => void;
}

/** What time alone does to the view of an answer that is under way. */
export class AnswerProgress implements Disposable {
  readonly #options: AnswerProgressOptions;
  /** Timers of the answer {@link #answerId}. */
  readonly #timers = new DisposableStore();
  #answerId: string | undefined;

  constructor(options: AnswerProgressOptions) {
    this.#options = options;
  }

  /** The model has changed: another answer, or none, may be under way. */
  check(): void {
    const id = this.#answer?.id;
    if (id === this.#answerId) return;
    this.#timers.clear();
    this.#answerId = id;
    if (id === undefined) return;
    this.#tickLater();
    this.#sayLater();
  }

  dispose(): void {
    this.#timers.dispose();
  }

  get #answer(): ReturnType<typeof runningAnswer> {
    return runningAnswer(this.#options.current().conversation);
  }

  #tickLater(): void {
    this.#later(TICK_MS, () => {
      if (this.#answer?.text !== '') return;
      this.#options.tick();
      this.#tickLater();
    });
  }

  #sayLater(): void {
    this.#later(PROGRESS_MS, () => {
      const answer = this.#answer;
      if (answer) this.#options.say(progressOf(answer));
      this.#sayLater();
    });
  }

  #later(ms: number, task: () => void): void {
    const timer = this.#timers.add(
      this.#options.clock.after(ms, () => {
        this.#timers.delete(timer);
        task();
      }),
    );
  }
}
