import type { ConversationShelf } from './conversationShelf.ts';
import type { ConversationStore, OwnerId } from './ports.ts';

/** Chats that one step looks at: more than views can have open, so that those in use never hide the others. */
const LOOKED_AT = 100;
/** And bins. */
const BINNED_AT_ONCE = 20;

export interface RetireOptions {
  readonly store: ConversationStore;
  readonly shelf: ConversationShelf;
  readonly onDidChange: (owner: OwnerId) => void;
}

/** Puts a few of the chats that nobody has written in since `before` into the bin; one that somebody looks at stays. @returns whether there may be more */
export function retireChats({ store, shelf, onDidChange }: RetireOptions, before: number): boolean {
  const unused = store.unwritten(before, LOOKED_AT).filter(({ owner, id }) => shelf.find(owner, id)?.isIdle !== false);
  for (const { owner, id } of unused.slice(0, BINNED_AT_ONCE)) {
    store.deleteConversation(owner, id);
    shelf.find(owner, id)?.forget();
    onDidChange(owner);
  }
  return unused.length > BINNED_AT_ONCE;
}
