import type { ChatRequest } from '../protocol/chat.ts';
import type { ChatModel } from './chatModel.ts';
import type { Conversation } from './conversationModel.ts';

/** May this view begin chats that are never written down? */
export function offersTemporary({ hub }: ChatModel): boolean {
  return hub?.features?.includes('temporaryChats') === true;
}

/** A request as it goes to the hub: what may begin the shown chat says that it is a temporary one, after a restart of the hub too. */
export function markedTemporary({ conversation }: ChatModel, request: ChatRequest): ChatRequest {
  if (conversation.temporary !== true || (request.type !== 'send' && request.type !== 'configure')) return request;
  return request.conversationId === conversation.id ? { ...request, temporary: true } : request;
}

/** The model without anything of a temporary chat that is left: nobody can come back to it. */
export function withoutTraces(model: ChatModel, { id, messages, temporary }: Conversation): ChatModel {
  if (temporary !== true) return model;
  const own = new Set([id, ...messages.map((message) => message.id)]);
  const others = <T>(items: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(items).filter(([key]) => !own.has(key)));
  return {
    ...model,
    drafts: others(model.drafts),
    attachments: others(model.attachments),
    images: others(model.images),
    pending: model.pending.filter(({ conversationId }) => conversationId !== id),
  };
}

/** A fresh snapshot of a temporary chat that was shown and holds nothing any more: the hub that held it has ended. */
export function tellIfOver(before: ChatModel, after: ChatModel): ChatModel {
  const { temporary, messages } = before.conversation;
  if (temporary !== true || messages.length === 0 || after.conversation.messages.length > 0) return after;
  const pending = after.pending.filter((send) => send.conversationId !== after.conversation.id || send.state !== 'accepted');
  return { ...after, pending, refusal: { error: 'unknownConversation' } };
}
