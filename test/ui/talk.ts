import type { ChatReply } from '../../src/protocol/chat.ts';
import type { AnswerState, ChatMessage } from '../../src/protocol/chatMessage.ts';

/** Ids and replies for tests of the chat UI. */
export const idOf = (name: string): string => name.padEnd(22, '0').slice(0, 22);
export const epoch = idOf('epoch');
export const chat = idOf('chat');

export function question(name: string, text = `question ${name}`): ChatMessage {
  return { id: idOf(name), role: 'user', text, createdAt: 1000 };
}

export function answer(name: string, state: AnswerState = 'waiting', text = '', more: Partial<ChatMessage> = {}): ChatMessage {
  return { id: idOf(name), role: 'assistant', text, createdAt: 1000, model: 'qwen3:8b', state, nextSequence: 0, ...more };
}

export function snapshot(
  sequence: number,
  messages: ChatMessage[] = [],
  more: Partial<Extract<ChatReply, { type: 'snapshot' }>> = {},
): ChatReply {
  return { type: 'snapshot', conversationId: chat, hubEpoch: epoch, sequence, title: '', messages, more: false, ...more };
}

export function turn(sequence: number, name: string, text?: string): ChatReply {
  const event = { type: 'turn', question: question(`q${name}`, text), answer: answer(`a${name}`) } as const;
  return { type: 'event', conversationId: chat, sequence, event };
}

export function chunk(sequence: number, name: string, chunkSequence: number, text: string, isComplete = false): ChatReply {
  const message = { id: idOf(`a${name}`), conversationId: chat, chunk: text, isComplete, sequence: chunkSequence, timestamp: 2000 };
  return { type: 'event', conversationId: chat, sequence, event: { type: 'chunk', message } };
}

export function state(sequence: number, name: string, to: AnswerState): ChatReply {
  return { type: 'event', conversationId: chat, sequence, event: { type: 'answerState', answerId: idOf(`a${name}`), state: to } };
}
