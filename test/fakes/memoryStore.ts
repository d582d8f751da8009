import { type ChatReply, type ConversationSummary, type SearchHit } from '../../src/protocol/chat.ts';
import { isRunning, type ChatMessage } from '../../src/protocol/chatMessage.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import type { ArchivedConversation } from '../../src/conversation/chatArchive.ts';
import type { ChatSettings } from '../../src/protocol/chatSettings.ts';
import type { SavedPrompt } from '../../src/protocol/chatPrompts.ts';
import type { AnswerUpdate, Continuation, ConversationStore, NewTurn, OwnerId, PromptStore } from '../../src/conversation/ports.ts';

interface Placed {
  message: ChatMessage;
  readonly parentId: string | null;
}

interface Kept {
  readonly owner: OwnerId;
  readonly id: string;
  title: string;
  readonly createdAt: number;
  updatedAt: number;
  model: string | undefined;
  /** In the order of deletion; 0 while it is not deleted. */
  deleted: number;
  /** The end of the branch that is shown. */
  headId: string | null;
  /** All branches, oldest first. */
  readonly messages: Branches;
}

/** The messages of a conversation, oldest first, found by their id and by what they follow. */
class Branches {
  readonly #all: Placed[] = [];
  readonly #byId = new Map<string, Placed>();
  readonly #byParent = new Map<string | null, Placed[]>();

  get all(): readonly Placed[] {
    return this.#all;
  }

  add(placed: Placed): void {
    const beside = this.#byParent.get(placed.parentId) ?? [];
    this.#byParent.set(placed.parentId, beside);
    this.#byId.set(placed.message.id, placed);
    for (const list of [this.#all, beside]) list.push(placed);
  }

  find(id: string | null): Placed | undefined {
    return id === null ? undefined : this.#byId.get(id);
  }

  behind(parentId: string | null): readonly Placed[] {
    return this.#byParent.get(parentId) ?? [];
  }
}

/** Conversations in memory, under the same conformance suite as the SQLite store. Kept across hubs it plays the disk of a device. */
export class MemoryStore implements ConversationStore {
  readonly #conversations: Kept[] = [];
  readonly #replies = new Map<string, ChatReply>();
  readonly #settings = new Map<string, ChatSettings>();
  /** Turns committed, oldest first. */
  readonly turns: NewTurn[] = [];
  /** Every write fails while this is set: the disk is full. */
  failing = false;
  #deletions = 0;
  readonly #prompts = new Map<string, SavedPrompt>();
  readonly prompts: PromptStore = {
    list: (owner) =>
      [...this.#prompts]
        .filter(([key]) => key.startsWith(`${owner} `))
        .map(([, prompt]) => prompt)
        .sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1)),
    save: (owner, prompt) => {
      this.#check();
      this.#prompts.set(`${owner} ${prompt.id}`, prompt);
    },
    delete: (owner, id) => {
      this.#check();
      this.#prompts.delete(`${owner} ${id}`);
    },
  };
  readonly #images = new Map<string, string>();

  listConversations(owner: OwnerId, options: { readonly limit?: number; readonly before?: string } = {}): ConversationSummary[] {
    const { limit = Infinity, before } = options;
    const sorted = this.#conversations
      .map((kept, ordinal) => ({ kept, ordinal }))
      .sort((a, b) => b.kept.updatedAt - a.kept.updatedAt || b.ordinal - a.ordinal)
      .map(({ kept }) => kept);
    const own = sorted.filter((kept) => kept.owner === owner);
    const at = own.findIndex(({ id }) => id === before);
    const behind = before === undefined ? own : at < 0 ? [] : own.slice(at + 1);
    return behind
      .filter((kept) => kept.deleted === 0)
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
    const kept = this.#find(owner, conversationId);
    if (!kept) return { messages: [], more: false };
    const start = options.before === undefined ? kept.headId : (kept.messages.find(options.before)?.parentId ?? null);
    const path: ChatMessage[] = [];
    let at = kept.messages.find(start);
    for (; at && path.length < options.limit; at = kept.messages.find(at.parentId)) path.push(withSiblings(kept, at));
    return { messages: path.reverse(), more: at !== undefined };
  }

  message(
    owner: OwnerId,
    conversationId: string,
    messageId: string,
  ): { readonly message: ChatMessage; readonly parentId: string | null } | undefined {
    const kept = this.#find(owner, conversationId);
    const found = kept && kept.messages.find(messageId);
    return kept && found && { message: withSiblings(kept, found), parentId: found.parentId };
  }

  choose(owner: OwnerId, conversationId: string, messageId: string): void {
    this.#check();
    const kept = this.#find(owner, conversationId);
    if (!kept || !kept.messages.find(messageId)) throw new TunnelError('unknownMessage');
    for (let at: string | undefined = messageId; at !== undefined;) {
      kept.headId = at;
      at = kept.messages.behind(at).at(-1)?.message.id;
    }
  }

  commitTurn(turn: NewTurn): void {
    this.#check();
    const { owner, conversationId: id, title, question, answer, parentId, requestId, reply } = turn;
    const known = this.#conversations.find((kept) => kept.id === id);
    if (known && (known.owner !== owner || known.deleted > 0)) throw new TunnelError('unknownConversation');
    if (typeof parentId === 'string' && !(known && known.messages.find(parentId))) throw new TunnelError('unknownMessage');
    if (turn.images?.some(({ info }) => this.#images.has(info.id))) throw new TunnelError('storeFailed', 'id used twice');
    this.#remember(owner, requestId, reply);
    const createdAt = answer.createdAt;
    const kept: Kept = known ?? {
      ...{ owner, id, title, createdAt, updatedAt: createdAt, model: answer.model },
      ...{ deleted: 0, headId: null, messages: new Branches() },
    };
    if (!known) this.#conversations.push(kept);
    for (const { info, data } of turn.images ?? []) this.#images.set(info.id, data);
    const behind = parentId === undefined ? kept.headId : parentId;
    if (question) kept.messages.add({ message: question, parentId: behind });
    kept.messages.add({ message: answer, parentId: question ? question.id : behind });
    kept.headId = answer.id;
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
    for (const kept of this.#conversations) {
      const found = kept.messages.find(answerId);
      if (found) found.message = { ...found.message, ...update };
    }
  }

  continueAnswer({ requestId, owner, conversationId, answerId, reply }: Continuation): void {
    this.#check();
    const kept = this.#find(owner, conversationId);
    const found = kept && kept.messages.find(answerId);
    if (!found || kept.headId !== answerId) throw new TunnelError('unknownMessage');
    this.#remember(owner, requestId, reply);
    const { stats: _, error: __, errorDetail: ___, ...message } = found.message;
    found.message = { ...message, state: 'waiting' };
  }

  settings(owner: OwnerId, conversationId: string): ChatSettings {
    return this.#settings.get(`${owner} ${conversationId}`) ?? {};
  }

  configure(owner: OwnerId, conversationId: string, settings: ChatSettings): void {
    this.#check();
    this.#settings.set(`${owner} ${conversationId}`, settings);
  }

  rename(owner: OwnerId, conversationId: string, title: string): void {
    this.#check();
    const kept = this.#find(owner, conversationId);
    if (kept) kept.title = title;
  }

  deleteConversation(owner: OwnerId, conversationId: string): void {
    this.#check();
    const kept = this.#find(owner, conversationId);
    if (kept) kept.deleted = ++this.#deletions;
  }

  restoreConversation(owner: OwnerId, conversationId: string): void {
    this.#check();
    const kept = this.#deleted(owner).find(({ id }) => id === conversationId);
    if (!kept) throw new TunnelError('unknownConversation');
    kept.deleted = 0;
  }

  listDeleted(owner: OwnerId, limit: number): ConversationSummary[] {
    return this.#deleted(owner).slice(0, limit).map(summaryOf);
  }

  image(owner: OwnerId, conversationId: string, imageId: string): string | undefined {
    const kept = this.#find(owner, conversationId);
    const isThere = kept?.messages.all.some(({ message }) => message.images?.some(({ id }) => id === imageId));
    return isThere === true ? this.#images.get(imageId) : undefined;
  }

  archive(owner: OwnerId, conversationId: string): ArchivedConversation | undefined {
    const kept = this.#find(owner, conversationId);
    if (!kept || kept.headId === null) return undefined;
    const { title, createdAt, updatedAt, model, headId } = kept;
    const messages = kept.messages.all.map(({ message, parentId }) => ({ message, parentId }));
    const ids = messages.flatMap(({ message }) => (message.images ?? []).map(({ id }) => id));
    const images = new Map(ids.map((id) => [id, this.#images.get(id) ?? ''] as const));
    return {
      ...{ title, createdAt, updatedAt, messages, headId },
      ...(model === undefined ? {} : { model }),
      ...(images.size === 0 ? {} : { images }),
    };
  }

  addArchived(owner: OwnerId, conversationId: string, conversation: ArchivedConversation): void {
    this.#check();
    const ids = conversation.messages.map(({ message }) => message.id);
    const isTaken = this.#conversations.some(
      (kept) => kept.id === conversationId || kept.messages.all.some(({ message }) => ids.includes(message.id)),
    );
    if (isTaken || new Set(ids).size < ids.length) throw new TunnelError('storeFailed', 'id used twice');
    const { title, createdAt, updatedAt, model, headId } = conversation;
    for (const [id, data] of conversation.images ?? []) this.#images.set(id, data);
    const messages = new Branches();
    for (const { message, parentId } of conversation.messages) messages.add({ message, parentId });
    this.#conversations.push({ owner, id: conversationId, title, createdAt, updatedAt, model, deleted: 0, headId, messages });
  }

  search(owner: OwnerId, query: string, limit: number): SearchHit[] {
    const wanted = wordsOf(query);
    if (wanted.length === 0) return [];
    const last = wanted.length - 1;
    return this.#conversations
      .filter((kept) => kept.owner === owner && kept.deleted === 0)
      .flatMap(({ id, title, messages }) =>
        messages.all.flatMap(({ message }): SearchHit[] => {
          const there = wordsOf(message.text);
          const holds = (word: string, at: number): boolean =>
            there.some((other) => (at === last ? other.startsWith(word) : other === word));
          if (!wanted.every(holds)) return [];
          const { id: messageId, role, createdAt, text } = message;
          return [{ conversationId: id, title, messageId, role, createdAt, excerpt: text, marks: [] }];
        }),
      )
      .slice(0, limit);
  }

  unwritten(before: number, limit: number): { owner: OwnerId; id: string }[] {
    return this.#conversations
      .filter(({ updatedAt, deleted }) => deleted === 0 && updatedAt < before)
      .sort((a, b) => a.updatedAt - b.updatedAt)
      .slice(0, limit)
      .map(({ owner, id }) => ({ owner, id }));
  }

  /** It has no clock: nothing is ever past its time. */
  purge(): boolean {
    this.#check();
    return false;
  }

  interruptRunning(): number {
    this.#check();
    let count = 0;
    for (const { messages } of this.#conversations)
      for (const found of messages.all)
        if (found.message.state !== undefined && isRunning(found.message.state)) {
          found.message = { ...found.message, state: 'interrupted' };
          count++;
        }
    return count;
  }

  dispose(): void {
    // What a disk holds is still there when a program ends.
  }

  #find(owner: OwnerId, id: string): Kept | undefined {
    return this.#conversations.find((kept) => kept.id === id && kept.owner === owner && kept.deleted === 0);
  }

  /** Last deleted first. */
  #deleted(owner: OwnerId): Kept[] {
    return this.#conversations.filter((kept) => kept.owner === owner && kept.deleted > 0).sort((a, b) => b.deleted - a.deleted);
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
  const running = messages.all.some(({ message: { state } }) => state !== undefined && isRunning(state));
  return { id, title, ...(model === undefined ? {} : { model }), createdAt, updatedAt, running };
}

function withSiblings(kept: Kept, { message, parentId }: Placed): ChatMessage {
  const all = kept.messages.behind(parentId).map((other) => other.message.id);
  if (all.length === 1) return message;
  const at = all.indexOf(message.id);
  const [previous, next] = [all[at - 1], all[at + 1]];
  const siblings = {
    position: at + 1,
    count: all.length,
    ...(previous === undefined ? {} : { previous }),
    ...(next === undefined ? {} : { next }),
  };
  return { ...message, siblings };
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
}
