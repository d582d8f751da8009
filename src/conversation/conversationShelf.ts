import { MAX_IDLE_EVENT_LOGS } from '../protocol/limits.ts';
import { LiveConversation } from './liveConversation.ts';
import type { OwnerId } from './ports.ts';

/** Holds live conversations, and the logs of the last few idle ones for viewers that come back. */
export class ConversationShelf {
  readonly #live = new Map<string, LiveConversation>();
  /** No number of a log that was let go is above this, so a new log of the same conversation never takes an old position for its own. */
  #highest = 0;

  get all(): readonly LiveConversation[] {
    return [...this.#live.values()];
  }

  find(owner: OwnerId, id: string): LiveConversation | undefined {
    return this.#live.get(keyOf(owner, id));
  }

  take(owner: OwnerId, id: string): LiveConversation {
    const found = this.find(owner, id);
    if (found) return found;
    const made = new LiveConversation(owner, id, this.#highest);
    this.#live.set(keyOf(owner, id), made);
    return made;
  }

  /** Somebody has left it: when it is idle it becomes the youngest idle one, and the oldest may have to go. */
  release(conversation: LiveConversation): void {
    const key = keyOf(conversation.owner, conversation.id);
    if (!conversation.isIdle || this.#live.get(key) !== conversation) return;
    if (conversation.log.end === 0) {
      this.#drop(conversation);
      return;
    }
    this.#live.delete(key);
    this.#live.set(key, conversation);
    const idle = this.all.filter(({ isIdle }) => isIdle);
    for (const old of idle.slice(0, Math.max(0, idle.length - MAX_IDLE_EVENT_LOGS))) this.#drop(old);
  }

  #drop(conversation: LiveConversation): void {
    this.#highest = Math.max(this.#highest, conversation.log.last);
    this.#live.delete(keyOf(conversation.owner, conversation.id));
  }
}

function keyOf(owner: OwnerId, id: string): string {
  return `${id} ${owner}`;
}
