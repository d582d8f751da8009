import type { HubReply, Since } from '../protocol/chat.ts';
import type { LiveConversation } from './liveConversation.ts';
import { Viewing, type ViewingSource } from './viewing.ts';

export interface ViewingsSource extends ViewingSource {
  unfollow(conversation: LiveConversation): void;
}

/** The conversations that one view follows. */
export class Viewings {
  readonly #source: ViewingsSource;
  /** Something may have come to be sent. */
  readonly #wake: () => void;
  readonly #open = new Map<string, Viewing>();

  constructor(source: ViewingsSource, wake: () => void) {
    this.#source = source;
    // A function of its own: a view may have two lines to the hub.
    this.#wake = () => {
      wake();
    };
  }

  /** The ids of the conversations. */
  get open(): readonly string[] {
    return [...this.#open.keys()];
  }

  get size(): number {
    return this.#open.size;
  }

  add(conversation: LiveConversation, since: Since | undefined): void {
    conversation.viewers.add(this.#wake);
    this.#open.set(conversation.id, new Viewing(conversation, this.#source, since));
  }

  ack(conversationId: string, sequence: number): void {
    this.#open.get(conversationId)?.ack(sequence);
  }

  close(conversationId: string): void {
    const viewing = this.#open.get(conversationId);
    if (!viewing) return;
    this.#open.delete(conversationId);
    viewing.conversation.viewers.delete(this.#wake);
    this.#source.unfollow(viewing.conversation);
  }

  closeAll(): void {
    for (const id of [...this.#open.keys()]) this.close(id);
  }

  /** The next reply of any of them. One that cannot be read is closed. @throws TunnelError `storeFailed` */
  next(): HubReply | undefined {
    for (const [id, viewing] of [...this.#open]) {
      let reply: HubReply | undefined;
      try {
        reply = viewing.next();
      } catch (error) {
        this.close(id);
        throw error;
      }
      if (!reply) continue;
      // To the end of the line, so that one busy conversation does not starve the others.
      this.#open.delete(id);
      this.#open.set(id, viewing);
      return reply;
    }
    return undefined;
  }
}
