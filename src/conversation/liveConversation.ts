import type { ConversationEvent } from '../protocol/chat.ts';
import type { ChatMessage } from '../protocol/chatMessage.ts';
import { EventLog } from './eventLog.ts';
import type { Generation } from './generation.ts';
import type { OwnerId } from './ports.ts';

/** A conversation that somebody follows or a model is at work on. */
export class LiveConversation {
  readonly owner: OwnerId;
  readonly id: string;
  readonly log: EventLog;
  /** Called after each publication. */
  readonly viewers = new Set<() => void>();
  /** The running answer, or the last one while it is not stored. */
  answer: Generation | undefined;

  constructor(owner: OwnerId, id: string, start: number) {
    this.owner = owner;
    this.id = id;
    this.log = new EventLog(start);
  }

  get isBusy(): boolean {
    return this.answer?.isRunning === true;
  }

  get isIdle(): boolean {
    return this.viewers.size === 0 && this.answer === undefined;
  }

  /** Appends all of them before any viewer looks, so that nobody sees half of what belongs together. */
  publish(...events: readonly ConversationEvent[]): void {
    for (const event of events) this.log.append(event);
    this.#wake();
  }

  /** What was is no more: every viewer gets a snapshot. */
  forget(): void {
    this.log.clear();
    this.#wake();
  }

  /** A stored message as viewers know it: a running answer is ahead of its last checkpoint. */
  current(stored: ChatMessage): ChatMessage {
    const live = this.answer?.message;
    return live?.id === stored.id ? { ...stored, ...live } : stored;
  }

  #wake(): void {
    for (const wake of [...this.viewers]) wake();
  }
}
