import type { ChatReply } from '../protocol/chat.ts';

/** The list of models as one view has it: asked for one at a time, and again when it changed meanwhile. */
export class ModelListing {
  readonly #ask: () => Promise<ChatReply>;
  readonly #tell: (reply: ChatReply) => void;
  /** `outdated`: it has changed since Ollama was asked. */
  #state: 'unasked' | 'asking' | 'outdated' | 'asked' = 'unasked';

  /** @param ask never throws */
  constructor(ask: () => Promise<ChatReply>, tell: (reply: ChatReply) => void) {
    this.#ask = ask;
    this.#tell = tell;
  }

  list(): void {
    if (this.#state === 'asking' || this.#state === 'outdated') return;
    this.#state = 'asking';
    void this.#ask().then((reply) => {
      const isOld = this.#state === 'outdated';
      this.#state = 'asked';
      if (isOld) this.list();
      else this.#tell(reply);
    });
  }

  /** There are other models than before: tells those who have asked. */
  changed(): void {
    if (this.#state === 'asked') this.list();
    else if (this.#state === 'asking') this.#state = 'outdated';
  }
}
