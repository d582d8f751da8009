import type { ChatMessage } from '../protocol/chatMessage.ts';
import type { PromptMessage } from './ports.ts';

/**
 * What the model is given of a conversation: each question once and every answer that holds text, however it ended. An answer without
 * text is left out; its question stays, for the next one may refer to it, unless the next is the same question asked again.
 */
export function promptMessages(messages: readonly ChatMessage[], imageOf?: (imageId: string) => string | undefined): PromptMessage[] {
  const spoken = messages.filter(({ role, text }) => role === 'user' || text.trim() !== '');
  return spoken
    .filter((message, index) => {
      const next = spoken[index + 1];
      return !(message.role === 'user' && next?.role === 'user' && next.text === message.text);
    })
    .map(({ role, text, images = [] }) => {
      const seen = images.map(({ id }) => imageOf?.(id)).filter((data) => data !== undefined);
      return { role, content: text, ...(seen.length === 0 ? {} : { images: seen }) };
    });
}
