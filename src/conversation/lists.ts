import { mayUseModel } from '../policy/chatPolicy.ts';
import type { ChatReply } from '../protocol/chat.ts';
import { TunnelError } from '../protocol/errors.ts';
import { MAX_LISTED, MAX_SEARCH_HITS, MAX_SNAPSHOT_BYTES } from '../protocol/limits.ts';
import type { ChatPeer } from './chatPeer.ts';
import { isGuest, type ConversationStore, type ModelClient, type OwnerId } from './ports.ts';
import { suggestModel } from './suggestModel.ts';
import { jsonBytes } from './textsAhead.ts';

/** The newest conversations that fit one reply, or those behind `before`. @throws TunnelError `storeFailed` */
export function conversationsReply(store: ConversationStore, owner: OwnerId, before?: string): ChatReply {
  const behind = before === undefined ? {} : { before };
  const all = store.listConversations(owner, { limit: MAX_LISTED + 1, ...behind });
  const items = fitting(all);
  const more = items.length < all.length ? { more: true } : {};
  return { type: 'conversations', items, ...behind, ...more };
}

/** The last deleted conversations that fit one reply. @throws TunnelError `storeFailed` */
export function deletedReply(store: ConversationStore, owner: OwnerId): ChatReply {
  return { type: 'deleted', items: fitting(store.listDeleted(owner, MAX_LISTED)) };
}

/** The best finds that fit one reply. @throws TunnelError `storeFailed` */
export function foundReply(store: ConversationStore, owner: OwnerId, query: string): ChatReply {
  return { type: 'found', query, items: fitting(store.search(owner, query, MAX_SEARCH_HITS)) };
}

/** The models as each view may see them. */
export class ModelLists {
  readonly #models: ModelClient;
  readonly #store: ConversationStore;
  readonly #preferred: () => string;
  /** Names the last list marked as running elsewhere. */
  #cloud: ReadonlySet<string> = new Set();
  /** And those that think. */
  #thinking: ReadonlySet<string> = new Set();
  /** Those of which is known what they can, and that do not see. */
  #blind: ReadonlySet<string> = new Set();

  /** @param preferred the model that the machine’s owner has set for new chats, or empty */
  constructor(models: ModelClient, store: ConversationStore, preferred: () => string = () => '') {
    this.#models = models;
    this.#store = store;
    this.#preferred = preferred;
  }

  isCloudModel(name: string): boolean {
    return this.#cloud.has(name);
  }

  /** False while that is not known. */
  canThink(name: string): boolean {
    return this.#thinking.has(name);
  }

  /** True while that is not known: Ollama says so itself. */
  canSee(name: string): boolean {
    return !this.#blind.has(name);
  }

  async models(peer: ChatPeer): Promise<ChatReply> {
    const { owner } = peer;
    try {
      const all = await this.#models.listModels();
      this.#cloud = new Set(all.filter(({ cloud }) => cloud === true).map(({ name }) => name));
      this.#thinking = new Set(all.filter(({ capabilities = [] }) => capabilities.includes('thinking')).map(({ name }) => name));
      this.#blind = new Set(all.filter(({ capabilities }) => capabilities?.includes('vision') === false).map(({ name }) => name));
      const items = fitting(all.filter((model) => mayUseModel(peer, model)));
      const lastUsed = this.#store.listConversations(owner, { limit: 1 })[0]?.model;
      const suggested = suggestModel(items, lastUsed, isGuest(owner) ? undefined : this.#preferred());
      return { type: 'models', items, ...(suggested === undefined ? {} : { suggested }) };
    } catch (error) {
      const { code, detail } = TunnelError.from(error);
      return { type: 'refused', error: code, ...(detail === undefined ? {} : { detail }) };
    }
  }
}

/** The first of `all` that fit one reply. */
function fitting<T extends object>(all: readonly T[]): T[] {
  let bytes = 0;
  const end = all.findIndex((item, index) => {
    bytes += jsonBytes(item) + 1;
    return index >= MAX_LISTED || bytes > MAX_SNAPSHOT_BYTES;
  });
  return end < 0 ? [...all] : all.slice(0, end);
}
