import type { ChatController } from '../../src/ui/chatController.ts';
import { mayBranch } from '../../src/ui/chatModel.ts';
import type { SeededRandom } from '../fakes/seededRandom.ts';

const acts = ['ask', 'stop', 'regenerate', 'edit', 'choose', 'rename', 'delete', 'undo', 'switch', 'newChat', 'older'] as const;
/** What a person does in a view. */
export type Act = (typeof acts)[number];
/** To pick from: what makes messages is done more often than the rest, or there would be nothing to do it with. */
export const oftenActs: readonly Act[] = [...acts, 'ask', 'ask', 'regenerate'];

/** Somebody who does anything at any time, the same for the same chance. */
export class RandomPerson {
  readonly #chance: SeededRandom;
  #written = 0;

  constructor(chance: SeededRandom) {
    this.#chance = chance;
  }

  /** @returns whether it could be done now */
  act(controller: ChatController, kind: Act): boolean {
    const { conversation, conversations, undo } = controller.model;
    const message = this.pick(conversation.messages);
    const chat = this.pick(conversations ?? [])?.id;
    switch (kind) {
      case 'ask':
        controller.setDraft(`question ${String(++this.#written)}`);
        return controller.send();
      case 'stop':
        controller.stop();
        return controller.model.stopping !== undefined;
      case 'regenerate':
        if (message?.role !== 'assistant' || !mayBranch(controller.model)) return false;
        controller.regenerate(message.id);
        return true;
      case 'edit':
        if (message?.role !== 'user' || !mayBranch(controller.model)) return false;
        controller.edit(message.id);
        controller.setEditDraft(message.id, `edited ${String(++this.#written)}`);
        controller.sendEdit(message.id);
        return true;
      case 'choose': {
        const sibling = this.pick(conversation.messages.flatMap(({ siblings }) => siblings?.previous ?? siblings?.next ?? []));
        if (sibling === undefined || !mayBranch(controller.model)) return false;
        controller.choose(sibling);
        return true;
      }
      case 'rename':
        if (chat !== undefined) controller.rename(chat, `title ${String(++this.#written)}`);
        return chat !== undefined;
      case 'delete':
        // Most chats live on: branches need time to grow.
        if (chat === undefined || this.#chance.float() < 0.6) return false;
        controller.delete(chat);
        return true;
      case 'undo':
        if (undo) controller.restore(undo.conversationId);
        return undo !== undefined;
      case 'switch':
        if (chat !== undefined) controller.open(chat);
        return chat !== undefined;
      case 'newChat':
        if ((conversations?.length ?? 0) > 5) return false;
        controller.newChat();
        return true;
      case 'older':
        controller.loadOlder();
        return conversation.more;
    }
  }

  pick<T>(from: readonly T[]): T | undefined {
    return from[this.#chance.int(from.length)];
  }
}
