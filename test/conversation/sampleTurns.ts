import { toBase64url, utf8 } from '../../src/base/bytes.ts';
import type { ChatMessage } from '../../src/protocol/chatMessage.ts';
import type { NewTurn } from '../../src/conversation/ports.ts';

/** A readable id in the contract's form: 16 bytes made of `name`. */
export function idOf(name: string): string {
  const bytes = new Uint8Array(16);
  bytes.set(utf8(name).subarray(0, 16));
  return toBase64url(bytes);
}

export interface SampleTurn {
  readonly name: string;
  readonly conversation?: string;
  readonly owner?: string;
  readonly at?: number;
  readonly question?: string;
  readonly model?: string;
}

/** A turn whose ids come from its name. */
export function sampleTurn(sample: SampleTurn): NewTurn & { readonly question: ChatMessage } {
  const { name, conversation = 'c', owner = 'owner', at = 1000, question = `question ${name}`, model = 'm:1' } = sample;
  const answerId = idOf(`a ${name}`);
  const requestId = idOf(`r ${name}`);
  return {
    requestId,
    owner,
    conversationId: idOf(conversation),
    title: `title ${conversation}`,
    question: { id: idOf(`q ${name}`), role: 'user', text: question, createdAt: at },
    answer: { id: answerId, role: 'assistant', text: '', createdAt: at, model, state: 'waiting', nextSequence: 0 },
    reply: { type: 'accepted', requestId, answerId },
  };
}

/** Another answer to the question of the turn `name`. */
export function sampleAnswer(name: string, toTurn: string): NewTurn {
  const { question: _, ...turn } = sampleTurn({ name });
  return { ...turn, parentId: idOf(`q ${toTurn}`) };
}
