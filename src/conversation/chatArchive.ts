import type { ChatMessage } from '../protocol/chatMessage.ts';

/** One message of an archive and the one that it stands behind; null for the beginning. */
export interface ArchivedMessage {
  readonly message: ChatMessage;
  readonly parentId: string | null;
}

/** A whole conversation, all branches: what an export holds and an import brings. Parents stand before their children. */
export interface ArchivedConversation {
  readonly title: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly model?: string;
  readonly messages: readonly ArchivedMessage[];
  /** Base64 text of the images of its messages, by id. */
  readonly images?: ReadonlyMap<string, string>;
  /** The end of the branch that is shown. */
  readonly headId: string;
}

/** The branch that is shown, oldest first. */
export function shownBranch({ messages, headId }: ArchivedConversation): ChatMessage[] {
  const byId = new Map(messages.map((placed) => [placed.message.id, placed]));
  const branch: ChatMessage[] = [];
  // Each step takes one out, so that no circle holds it.
  for (let at = byId.get(headId); at; at = byId.get(at.parentId ?? '')) {
    branch.push(at.message);
    byId.delete(at.message.id);
  }
  return branch.reverse();
}
