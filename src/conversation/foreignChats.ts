import type { ChatMessage } from '../protocol/chatMessage.ts';

/** A message as a foreign file has it. Ids are that file's own. */
export interface ForeignMessage {
  readonly id: string;
  readonly parentId: string | null;
  readonly role: 'user' | 'assistant' | 'other';
  readonly text: string;
  /** ms */
  readonly createdAt?: number | undefined;
  readonly model?: string | undefined;
  /** What only our own format keeps. */
  readonly own?: Partial<ChatMessage>;
}

/** A conversation as a foreign file has it: a tree in any order. */
export interface ForeignConversation {
  readonly title: string;
  readonly createdAt?: number | undefined;
  readonly updatedAt?: number | undefined;
  readonly headId?: string | undefined;
  readonly messages: readonly ForeignMessage[];
  /** Base64 text by id; what only our own format keeps. */
  readonly images?: Readonly<Record<string, string>> | undefined;
}
