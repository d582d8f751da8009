/** How a chat leaves as a file: for people, or with all of its branches, to be read back. */
export type ExportFormat = 'markdown' | 'json';

export interface ImportOptions {
  /** Conversations read so far, and in all; after each. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Asked before each: what is there already stays. */
  readonly isCancelled?: () => boolean;
}

export interface ImportResult {
  readonly added: number;
  /** Conversations of the file that hold nothing or make no sense. */
  readonly skipped: number;
  /** Conversations that were not come to, because the person gave up. */
  readonly left: number;
}

/** Chats as files, for the person at the machine itself. */
export interface ChatFiles {
  /** @throws TunnelError `unknownConversation`, `storeFailed` */
  exportChat(conversationId: string, format: ExportFormat): string;
  /** Each conversation comes whole or not at all. @throws TunnelError `importFailed`, `storeFailed` */
  importChats(json: string, options?: ImportOptions): Promise<ImportResult>;
}

/** A name for the file of a chat, without a path and without what file systems refuse. */
export function exportName(title: string, format: ExportFormat): string {
  const plain = title
    .replace(/[\p{Cc}\p{Cf}<>:"/\\|?*]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 80)
    .replace(/^[. ]+|[. ]+$/g, '');
  return `${plain === '' ? 'chat' : plain}.${format === 'json' ? 'json' : 'md'}`;
}
