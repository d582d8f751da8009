import type { HubReply } from '../protocol/chat.ts';
import type { ChatMessage } from '../protocol/chatMessage.ts';

import type { LiveConversation } from './liveConversation.ts';
import { nextBatch } from './messageBatch.ts';
import type { OwnerId } from './ports.ts';
import { TextsAhead } from './textsAhead.ts';

/** Where messages are read. */
export interface MessageSource {
  follow(owner: OwnerId, conversationId: string): LiveConversation;
  unfollow(conversation: LiveConversation): void;
  newestFirst(conversation: LiveConversation, before?: string): Iterable<ChatMessage>;
}

/** The messages before one, as replies that are made when they can be sent: texts that go ahead, then the page. */
export function olderMessages(source: MessageSource, owner: OwnerId, conversationId: string, before: string): () => HubReply | undefined {
  const ahead = new TextsAhead();
  let done = false;
  return () => {
    if (done) return undefined;
    const conversation = source.follow(owner, conversationId);
    const batch = nextBatch(conversationId, source.newestFirst(conversation, before), ahead);
    source.unfollow(conversation);
    if ('type' in batch) return batch;
    done = true;
    return { type: 'page', conversationId, messages: [...batch.messages], more: batch.more };
  };
}
