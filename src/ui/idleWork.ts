/** What a frame may spend on finishing touches, ms. */
const SLICE_MS = 8;
/** A page that is never idle gets its finishing touches after this, ms. */
const PATIENCE_MS = 500;

/** Runs tasks while nothing else is to be done, a few at a time. */
export class IdleWork {
  readonly #tasks: (() => void)[] = [];
  #isAsked = false;

  add(task: () => void): void {
    this.#tasks.push(task);
    this.#ask();
  }

  #ask(): void {
    if (this.#isAsked || this.#tasks.length === 0) return;
    this.#isAsked = true;
    const run = (deadline?: IdleDeadline): void => {
      this.#isAsked = false;
      const started = performance.now();
      const hasTime = (): boolean =>
        performance.now() - started < SLICE_MS && (deadline === undefined || deadline.didTimeout || deadline.timeRemaining() > 1);
      do this.#tasks.shift()?.();
      while (this.#tasks.length > 0 && hasTime());
      this.#ask();
    };
    // Safari has no idle callbacks.
    if ('requestIdleCallback' in globalThis) requestIdleCallback(run, { timeout: PATIENCE_MS });
    else setTimeout(run, 50);
  }
}

/** One queue for everything in a document. */
export const idleWork = new IdleWork();
