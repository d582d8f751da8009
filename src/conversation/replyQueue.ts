import type { HubReply } from '../protocol/chat.ts';
import { MAX_PENDING_REPLIES } from '../protocol/limits.ts';

/** Makes replies one at a time, when the view can take them; `undefined` means there are no more. */
export type ReplySource = () => HubReply | undefined;

export function once(make: () => HubReply): ReplySource {
  let done = false;
  return () => {
    if (done) return undefined;
    done = true;
    return make();
  };
}

/** What a view has asked for and not yet taken, in order. */
export class ReplyQueue {
  readonly #sources: ReplySource[] = [];

  get isFull(): boolean {
    return this.#sources.length >= MAX_PENDING_REPLIES;
  }

  push(source: ReplySource): void {
    this.#sources.push(source);
  }

  /** @throws what the first source throws; it is then gone */
  next(): HubReply | undefined {
    for (let source = this.#sources[0]; source; source = this.#sources[0]) {
      let reply: HubReply | undefined;
      try {
        reply = source();
      } finally {
        if (!reply) this.#sources.shift();
      }
      if (reply) return reply;
    }
    return undefined;
  }
}
