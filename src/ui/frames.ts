/** Runs tasks with the next frame, all of them in one, each once however often it was asked for. */
export class Frames {
  readonly #window: Pick<Window, 'requestAnimationFrame'>;
  readonly #tasks = new Set<() => void>();
  #isAsked = false;

  constructor(window: Pick<Window, 'requestAnimationFrame'>) {
    this.#window = window;
  }

  request(task: () => void): void {
    this.#tasks.add(task);
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#window.requestAnimationFrame(() => {
      this.#isAsked = false;
      const tasks = [...this.#tasks];
      this.#tasks.clear();
      for (const run of tasks) run();
    });
  }

  cancel(task: () => void): void {
    this.#tasks.delete(task);
  }
}

/** One rhythm for everything in a document. */
export const frames = new Frames(globalThis);
