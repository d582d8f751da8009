import type { Disposable } from '../base/disposable.ts';
import { every, type Clock } from '../base/clock.ts';
import type { ChatReply, ConversationSummary, SearchHit } from '../protocol/chat.ts';
import type { ChatMessage } from '../protocol/chatMessage.ts';
import type { ChatSettings } from '../protocol/chatSettings.ts';
import { TunnelError } from '../protocol/errors.ts';
import { MAX_TEMPORARY_CHATS, TEMPORARY_CHAT_IDLE_MS } from '../protocol/limits.ts';
import type { ArchivedConversation } from './chatArchive.ts';
import {
  isGuest,
  type AnswerUpdate,
  type Continuation,
  type ConversationStore,
  type NewTurn,
  type OwnerId,
  type PromptStore,
} from './ports.ts';

export interface ChatStoresOptions {
  readonly clock: Clock;
  /** Where chats live that are kept. */
  readonly kept: ConversationStore;
  /** A store that writes nothing down, for one temporary chat; absent where there are none. */
  readonly makeTemporary: (() => ConversationStore) | undefined;
  /** Is somebody looking, or a model at work? */
  readonly isInUse: (owner: OwnerId, conversationId: string) => boolean;
  readonly onDidForget: (owner: OwnerId, conversationId: string) => void;
}

interface Temporary {
  readonly owner: OwnerId;
  readonly id: string;
  readonly store: ConversationStore;
  readonly answers: Set<string>;
  /** Since when nobody has looked at it, on the monotonic clock. */
  idleSince: number | undefined;
}

/**
 * The store of the chats that are kept, and a store of its own in memory for each that is not; from outside it is one. A temporary chat is
 * in no list, in no search and in no bin, and goes with its store. What its requests were answered with is kept like that of others: ids alone.
 */
export class ChatStores implements ConversationStore, Disposable {
  readonly #options: ChatStoresOptions;
  readonly #kept: ConversationStore;
  readonly #temporary = new Map<string, Temporary>();
  #sweeping: Disposable | undefined;

  constructor(options: ChatStoresOptions) {
    this.#options = options;
    this.#kept = options.kept;
  }

  get prompts(): PromptStore {
    return this.#kept.prompts;
  }

  /** From now on this conversation is not written down; one that already is stays so. @throws TunnelError `tooManyStreams`, `notAllowed` where there are none */
  begin(owner: OwnerId, conversationId: string): void {
    const { makeTemporary } = this.#options;
    if (!makeTemporary) throw new TunnelError('notAllowed', 'no temporary chats here');
    const key = keyOf(owner, conversationId);
    if (this.#temporary.has(key) || this.#kept.conversation(owner, conversationId)) return;
    this.#makeRoom(owner);
    const store = makeTemporary();
    this.#temporary.set(key, { owner, id: conversationId, store, answers: new Set(), idleSince: undefined });
    this.#sweeping ??= every(this.#options.clock, TEMPORARY_CHAT_IDLE_MS / 2, () => {
      this.#sweep();
    });
  }

  isTemporary(owner: OwnerId, conversationId: string): boolean {
    return this.#temporary.has(keyOf(owner, conversationId));
  }

  /** Forgets every temporary chat. The store of the others belongs to whoever made it. */
  dispose(): void {
    for (const chat of [...this.#temporary.values()]) this.#forget(chat);
  }

  listConversations(owner: OwnerId, options?: { readonly limit?: number; readonly before?: string }): readonly ConversationSummary[] {
    return this.#kept.listConversations(owner, options);
  }

  conversation(owner: OwnerId, conversationId: string): ConversationSummary | undefined {
    return this.#of(owner, conversationId).conversation(owner, conversationId);
  }

  messages(
    owner: OwnerId,
    conversationId: string,
    options: { readonly limit: number; readonly before?: string },
  ): { readonly messages: readonly ChatMessage[]; readonly more: boolean } {
    return this.#of(owner, conversationId).messages(owner, conversationId, options);
  }

  commitTurn(turn: NewTurn): void {
    const chat = this.#find(turn.owner, turn.conversationId);
    (chat?.store ?? this.#kept).commitTurn(turn);
    if (chat) this.#answered(chat, turn.answer.id, turn);
  }

  continueAnswer(continuation: Continuation): void {
    const chat = this.#find(continuation.owner, continuation.conversationId);
    (chat?.store ?? this.#kept).continueAnswer(continuation);
    if (chat) this.#answered(chat, continuation.answerId, continuation);
  }

  replyTo(owner: OwnerId, requestId: string): ChatReply | undefined {
    for (const { store } of this.#temporary.values()) {
      const reply = store.replyTo(owner, requestId);
      if (reply) return reply;
    }
    return this.#kept.replyTo(owner, requestId);
  }

  rememberReply(owner: OwnerId, requestId: string, reply: ChatReply): void {
    this.#kept.rememberReply(owner, requestId, reply);
  }

  updateAnswer(answerId: string, update: AnswerUpdate): void {
    const chat = [...this.#temporary.values()].find(({ answers }) => answers.has(answerId));
    // One of a temporary chat that is gone is nowhere, and passed over.
    (chat?.store ?? this.#kept).updateAnswer(answerId, update);
  }

  message(
    owner: OwnerId,
    conversationId: string,
    messageId: string,
  ): { readonly message: ChatMessage; readonly parentId: string | null } | undefined {
    return this.#of(owner, conversationId).message(owner, conversationId, messageId);
  }

  choose(owner: OwnerId, conversationId: string, messageId: string): void {
    this.#of(owner, conversationId).choose(owner, conversationId, messageId);
  }

  settings(owner: OwnerId, conversationId: string): ChatSettings {
    return this.#of(owner, conversationId).settings(owner, conversationId);
  }

  configure(owner: OwnerId, conversationId: string, settings: ChatSettings): void {
    this.#of(owner, conversationId).configure(owner, conversationId, settings);
  }

  rename(owner: OwnerId, conversationId: string, title: string): void {
    this.#of(owner, conversationId).rename(owner, conversationId, title);
  }

  /** A temporary chat has no bin to go to. */
  deleteConversation(owner: OwnerId, conversationId: string): void {
    const chat = this.#find(owner, conversationId);
    if (chat) this.#forget(chat);
    else this.#kept.deleteConversation(owner, conversationId);
  }

  restoreConversation(owner: OwnerId, conversationId: string): void {
    this.#kept.restoreConversation(owner, conversationId);
  }

  listDeleted(owner: OwnerId, limit: number): readonly ConversationSummary[] {
    return this.#kept.listDeleted(owner, limit);
  }

  image(owner: OwnerId, conversationId: string, imageId: string): string | undefined {
    return this.#of(owner, conversationId).image(owner, conversationId, imageId);
  }

  archive(owner: OwnerId, conversationId: string): ArchivedConversation | undefined {
    return this.#of(owner, conversationId).archive(owner, conversationId);
  }

  addArchived(owner: OwnerId, conversationId: string, conversation: ArchivedConversation): void {
    this.#kept.addArchived(owner, conversationId, conversation);
  }

  search(owner: OwnerId, query: string, limit: number): readonly SearchHit[] {
    return this.#kept.search(owner, query, limit);
  }

  unwritten(before: number, limit: number): ReturnType<ConversationStore['unwritten']> {
    return this.#kept.unwritten(before, limit);
  }

  purge(): boolean {
    return this.#kept.purge();
  }

  interruptRunning(): number {
    return this.#kept.interruptRunning();
  }

  /** A guest takes no chat of another's away, and all guests together have half of the room. */
  #makeRoom(owner: OwnerId): void {
    const all = [...this.#temporary.values()];
    const guests = all.filter((chat) => isGuest(chat.owner)).length;
    if (all.length < MAX_TEMPORARY_CHATS && (!isGuest(owner) || guests < MAX_TEMPORARY_CHATS / 2)) return;
    const idle = all.find((chat) => (chat.owner === owner || !isGuest(owner)) && !this.#options.isInUse(chat.owner, chat.id));
    if (!idle) throw new TunnelError('tooManyStreams', 'too many temporary chats');
    this.#forget(idle);
  }

  #find(owner: OwnerId, conversationId: string): Temporary | undefined {
    return this.#temporary.get(keyOf(owner, conversationId));
  }

  #of(owner: OwnerId, conversationId: string): ConversationStore {
    return this.#find(owner, conversationId)?.store ?? this.#kept;
  }

  /** So that a repeat after a restart, when the chat is gone, does not ask the model again. */
  #answered(chat: Temporary, answerId: string, { requestId, reply }: { readonly requestId: string; readonly reply: ChatReply }): void {
    chat.answers.add(answerId);
    try {
      this.#kept.rememberReply(chat.owner, requestId, reply);
    } catch {
      // A full disk does not stop what is not to be written to it; until a restart the chat's own store knows the reply.
    }
  }

  #sweep(): void {
    const now = this.#options.clock.monotonic();
    for (const chat of [...this.#temporary.values()]) {
      if (this.#options.isInUse(chat.owner, chat.id)) chat.idleSince = undefined;
      else {
        chat.idleSince ??= now;
        if (now - chat.idleSince >= TEMPORARY_CHAT_IDLE_MS) this.#forget(chat);
      }
    }
  }

  #forget(chat: Temporary): void {
    this.#temporary.delete(keyOf(chat.owner, chat.id));
    chat.store.dispose();
    this.#options.onDidForget(chat.owner, chat.id);
    if (this.#temporary.size > 0) return;
    this.#sweeping?.dispose();
    this.#sweeping = undefined;
  }
}

function keyOf(owner: OwnerId, id: string): string {
  return `${id} ${owner}`;
}
