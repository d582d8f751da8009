import type { HubReply } from '../protocol/chat.ts';
import { MAX_VIEWER_NAMES } from '../protocol/limits.ts';
import type { ChatPeer } from './chatPeer.ts';

/** One view, as far as others may know of it. */
export interface Onlooker {
  readonly peer: ChatPeer;
  isLookingAt(conversationId: string): boolean;
}

/** By what names a conversation is looked at by others of the same owner, each once, in alphabetical order; at most {@link MAX_VIEWER_NAMES}. */
export function othersLooking(all: Iterable<Onlooker>, self: Onlooker, conversationId: string): string[] {
  const names = new Set<string>();
  for (const one of all) {
    const { owner, name, isHere } = one.peer;
    if (one === self || owner !== self.peer.owner || name === undefined || isHere?.() === false) continue;
    if (one.isLookingAt(conversationId)) names.add(name);
  }
  return [...names].sort((a, b) => a.localeCompare(b)).slice(0, MAX_VIEWER_NAMES);
}

/** Tells one view who else looks at what it has open. It is pulled, and remembers only what it has told. */
export class OnlookerFeed {
  readonly #namesOf: (conversationId: string) => readonly string[];
  readonly #told = new Map<string, string>();
  #isWanted = false;
  #isStale = false;

  constructor(namesOf: (conversationId: string) => readonly string[]) {
    this.#namesOf = namesOf;
  }

  /** The view understands it. */
  begin(): void {
    this.#isWanted = this.#isStale = true;
  }

  /** Somebody has come or gone somewhere. */
  changed(): void {
    this.#isStale = this.#isWanted;
  }

  /** The view begins anew with a conversation, and knows of nobody. */
  forget(conversationId: string): void {
    this.#told.delete(conversationId);
  }

  /** The next reply, if there is news of what the view has open. */
  next(viewings: { readonly open: readonly string[] }): HubReply | undefined {
    if (!this.#isStale) return undefined;
    for (const conversationId of viewings.open) {
      const names = [...this.#namesOf(conversationId)];
      const key = JSON.stringify(names);
      if (key === (this.#told.get(conversationId) ?? '[]')) continue;
      this.#told.set(conversationId, key);
      return { type: 'viewers', conversationId, names };
    }
    this.#isStale = false;
    return undefined;
  }
}
