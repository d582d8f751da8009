import type { ChatRequest } from '../protocol/chat.ts';
import type { ChatModel } from './chatModel.ts';

const nothing = { conversationId: '', hubEpoch: '', sequence: 0 };

/** How far the events of the shown conversation have been drawn, as far as the hub has been told. */
export class DrawnMark {
  #last = nothing;

  /** A snapshot begins a new count of what the hub believes to be drawn. */
  reset(): void {
    this.#last = nothing;
  }

  /** `model` has been painted. @returns what the hub is to be told of it, each position once */
  advance({ conversation: { id: conversationId, phase, hubEpoch, sequence } }: ChatModel): ChatRequest | undefined {
    if (phase !== 'ready') return undefined;
    const last = this.#last;
    const sameLine = last.conversationId === conversationId && last.hubEpoch === hubEpoch;
    if (sameLine && sequence <= last.sequence) return undefined;
    this.#last = { conversationId, hubEpoch, sequence };
    return sequence > 0 ? { type: 'ack', conversationId, sequence } : undefined;
  }
}
