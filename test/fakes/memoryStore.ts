import { isRunning, type ChatMessage, type ChatReply, type ConversationSummary } from '../../src/protocol/chat.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import type { AnswerUpdate, ConversationStore, NewTurn, OwnerId } from '../../src/conversation/ports.ts';

interface Kept {
  readonly owner: OwnerId;
  readonly id: string;
  readonly title: string;
  readonly createdAt: number;
  updatedAt: number;
  model: string | undefined;
  deleted: boolean;
  readonly messages: ChatMessage[];
}

/** Conversations in memory, under the same conformance suite as the SQLite store. Kept across hubs it plays the disk of a device. */
export class MemoryStore implements ConversationStore {
  readonly #conversations: Kept[] = [];
  readonly #replies = new Map<string, ChatReply>();
  /** Turns committed, oldest first. */
  readonly turns: NewTurn[] = [];
  /** Every write fails while this is set: the disk is full. */
  failing = false;

  listConversations(owner: OwnerId, options: { readonly limit?: number; readonly before?: string } = {}): ConversationSummary[] {
    const { limit = Infinity, before } = options;
    const sorted = this.#conversations
      .map((kept, ordinal) => ({ kept, ordinal }))
      .sort((a, b) => b.kept.updatedAt - a.kept.updatedAt || b.ordinal - a.ordinal)
      .map(({ kept }) => kept);
    const behind = before === undefined ? sorted : sorted.slice(sorted.findIndex(({ id }) => id === before) + 1);
    return behind
      .filter((kept) => kept.owner === owner && !kept.deleted)
      .slice(0, limit)
      .map(summaryOf);
  }

  conversation(owner: OwnerId, conversationId: string): ConversationSummary | undefined {
    const kept = this.#find(owner, conversationId);
    return kept && summaryOf(kept);
  }

  messages(
    owner: OwnerId,
    conversationId: string,
    options: { readonly limit: number; readonly before?: string },
  ): { readonly messages: readonly ChatMessage[]; readonly more: boolean } {
    const all = this.#find(owner, conversationId)?.messages ?? [];
    const end =
      options.before === undefined
        ? all.length
        : Math.max(
            0,
            all.findIndex(({ id }) => id === options.before),
          );
    const start = Math.max(0, end - options.limit);
    return { messages: all.slice(start, end), more: start > 0 };
  }

  commitTurn(turn: NewTurn): void {
    this.#check();
    const { owner, conversationId: id, title, question, answer, requestId, reply } = turn;
    const known = this.#conversations.find((kept) => kept.id === id);
    if (known && (known.owner !== owner || known.deleted)) throw new TunnelError('unknownConversation');
    this.#remember(owner, requestId, reply);
    const createdAt = answer.createdAt;
    const kept = known ?? { owner, id, title, createdAt, updatedAt: createdAt, model: answer.model, deleted: false, messages: [] };
    if (!known) this.#conversations.push(kept);
    kept.messages.push(question, answer);
    kept.updatedAt = createdAt;
    kept.model = answer.model;
    this.turns.push(turn);
  }

  replyTo(owner: OwnerId, requestId: string): ChatReply | undefined {
    return this.#replies.get(`${owner} ${requestId}`);
  }

  rememberReply(owner: OwnerId, requestId: string, reply: ChatReply): void {
    this.#check();
    this.#remember(owner, requestId, reply);
  }

  updateAnswer(answerId: string, update: AnswerUpdate): void {
    this.#check();
    for (const { messages } of this.#conversations) {
      const at = messages.findIndex(({ id }) => id === answerId);
      const message = messages[at];
      if (message) messages[at] = { ...message, ...update };
    }
  }

  deleteConversation(owner: OwnerId, conversationId: string): void {
    this.#check();
    const kept = this.#find(owner, conversationId);
    if (kept) kept.deleted = true;
  }

  interruptRunning(): number {
    this.#check();
    let count = 0;
    for (const { messages } of this.#conversations)
      for (const [at, message] of messages.entries())
        if (message.state !== undefined && isRunning(message.state)) {
          messages[at] = { ...message, state: 'interrupted' };
          count++;
        }
    return count;
  }

  dispose(): void {
    // What a disk holds is still there when a program ends.
  }

  #find(owner: OwnerId, id: string): Kept | undefined {
    return this.#conversations.find((kept) => kept.id === id && kept.owner === owner && !kept.deleted);
  }

  #remember(owner: OwnerId, requestId: string, reply: ChatReply): void {
    const key = `${owner} ${requestId}`;
    if (this.#replies.has(key)) throw new TunnelError('storeFailed', 'request id used twice');
    this.#replies.set(key, reply);
  }

  #check(): void {
    if (this.failing) throw new TunnelError('storeFailed', 'disk full');
  }
}

function summaryOf({ id, title, model, createdAt, updatedAt, messages }: Kept): ConversationSummary {
  const running = messages.some(({ state }) => state !== undefined && isRunning(state));
  return { id, title, ...(model === undefined ? {} : { model }), createdAt, updatedAt, running };
}
