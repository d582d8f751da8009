import type { ConversationEvent, HubReply, Since } from '../protocol/chat.ts';
import type { ChatSettings } from '../protocol/chatSettings.ts';
import type { ChatMessage } from '../protocol/chatMessage.ts';
import { MAX_EVENT_LOG_BYTES } from '../protocol/limits.ts';
import type { LiveConversation } from './liveConversation.ts';
import { nextBatch } from './messageBatch.ts';
import { TextsAhead } from './textsAhead.ts';

/** What a viewing reads of the hub. */
export interface ViewingSource {
  readonly hubEpoch: string;
  title(conversation: LiveConversation): string;
  settings(conversation: LiveConversation): ChatSettings;
  /** Is it never written down? */
  isTemporary(conversation: LiveConversation): boolean;
  /** Messages as viewers know them, newest first, read as they are asked for. */
  newestFirst(conversation: LiveConversation, before?: string): Iterable<ChatMessage>;
}

/** How far one view has got with one conversation. It is pulled: between two calls it remembers a position, no text. */
export class Viewing {
  readonly conversation: LiveConversation;
  readonly #source: ViewingSource;
  /** The last event sent; undefined asks for a snapshot. */
  #at: number | undefined;
  #ahead = new TextsAhead();
  /** Bytes of events ever sent and acknowledged, on the log's own count. */
  #sentEnd: number;
  #ackedEnd: number;
  #acks = false;

  constructor(conversation: LiveConversation, source: ViewingSource, since: Since | undefined) {
    this.conversation = conversation;
    this.#source = source;
    this.#at = since?.hubEpoch === source.hubEpoch ? since.sequence : undefined;
    this.#sentEnd = this.#ackedEnd = conversation.log.end;
  }

  /** The next reply to write, if there is one. */
  next(): HubReply | undefined {
    const { log } = this.conversation;
    if (this.#acks && this.#sentEnd - this.#ackedEnd >= MAX_EVENT_LOG_BYTES) return undefined;
    if (this.#at === undefined || !log.covers(this.#at)) return this.#snapshot();
    const sequence = this.#at + 1;
    const event = log.at(sequence);
    return event && this.#event(sequence, event);
  }

  ack(sequence: number): void {
    this.#acks = true;
    if (this.#at === undefined) return;
    const end = sequence >= this.#at ? this.#sentEnd : this.conversation.log.endAt(sequence);
    this.#ackedEnd = Math.max(this.#ackedEnd, end ?? 0);
  }

  #snapshot(): HubReply {
    const { conversation } = this;
    // Events are of no use to this view until the snapshot is out.
    this.#at = undefined;
    const batch = nextBatch(conversation.id, this.#source.newestFirst(conversation), this.#ahead);
    if ('type' in batch) return batch;
    this.#ahead = new TextsAhead();
    const settings = this.#source.settings(conversation);
    this.#at = conversation.log.last;
    this.#sentEnd = this.#ackedEnd = conversation.log.end;
    return {
      type: 'snapshot',
      conversationId: conversation.id,
      hubEpoch: this.#source.hubEpoch,
      sequence: this.#at,
      title: this.#source.title(conversation),
      messages: [...batch.messages],
      more: batch.more,
      ...(Object.keys(settings).length === 0 ? {} : { settings }),
      ...(this.#source.isTemporary(conversation) ? { temporary: true } : {}),
    };
  }

  #event(sequence: number, event: ConversationEvent): HubReply {
    const { id: conversationId, log } = this.conversation;
    const piece = event.type === 'turn' ? this.#ahead.nextPiece(conversationId, event.question) : undefined;
    if (piece) return piece;
    this.#at = sequence;
    this.#sentEnd = log.endAt(sequence) ?? this.#sentEnd;
    if (event.type !== 'turn') return { type: 'event', conversationId, sequence, event };
    const question = this.#ahead.rest(event.question);
    this.#ahead = new TextsAhead();
    return { type: 'event', conversationId, sequence, event: { ...event, question } };
  }
}
