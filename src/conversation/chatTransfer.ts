import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { ExportFormat, ImportOptions, ImportResult } from '../protocol/chatFiles.ts';
import { TunnelError } from '../protocol/errors.ts';
import { exportJson, exportMarkdown } from './exportChats.ts';
import { newId } from './ids.ts';
import { importChats } from './importChats.ts';
import type { ConversationStore, OwnerId } from './ports.ts';

export interface ChatTransferOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: ConversationStore;
  /** An owner has one more conversation. */
  readonly onDidAdd: (owner: OwnerId) => void;
}

/** Conversations as files, and files as conversations. */
export class ChatTransfer {
  readonly #options: ChatTransferOptions;

  constructor(options: ChatTransferOptions) {
    this.#options = options;
  }

  /** One conversation as a file: for people, or as JSON with all branches. @throws TunnelError `unknownConversation`, `storeFailed` */
  exportChat(owner: OwnerId, conversationId: string, format: ExportFormat): string {
    const conversation = this.#options.store.archive(owner, conversationId);
    if (!conversation) throw new TunnelError('unknownConversation');
    return format === 'json' ? exportJson([conversation]) : exportMarkdown(conversation);
  }

  /**
   * Adds the conversations of an exported file beside those that are there, each whole or not at all, and lets others have their turn after each.
   * @throws TunnelError `importFailed` when the file cannot be read, `storeFailed` when the next one cannot be stored
   */
  async importChats(owner: OwnerId, json: string, { onProgress, isCancelled }: ImportOptions = {}): Promise<ImportResult> {
    const { clock, random, store, onDidAdd } = this.#options;
    const { conversations, skipped } = importChats(json, { random, now: clock.now() });
    let added = 0;
    for (const conversation of conversations) {
      if (isCancelled?.() === true) break;
      store.addArchived(owner, newId(random), conversation);
      added++;
      onProgress?.(added, conversations.length);
      onDidAdd(owner);
      await new Promise<void>((resolve) => clock.after(0, resolve));
    }
    return { added, skipped, left: conversations.length - added };
  }
}
