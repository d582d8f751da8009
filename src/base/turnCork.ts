/** What can hold back what is written to it: every stream of Node's. */
export interface Corkable {
  cork(): void;
  uncork(): void;
}

/** Lets all that is written to a socket in one turn of the event loop leave with one system call, which costs more than a short message. */
export class TurnCork {
  readonly #socket: Corkable;
  #isHeld = false;

  constructor(socket: Corkable) {
    this.#socket = socket;
  }

  /** Call it before a write; the end of the turn lets go. */
  hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#socket.cork();
    queueMicrotask(this.#letGo);
  }

  readonly #letGo = (): void => {
    this.#isHeld = false;
    this.#socket.uncork();
  };
}
