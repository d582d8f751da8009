import * as v from 'valibot';
import type { MaybePromise } from '../base/maybePromise.ts';
import { count, errorCode, id } from './chatMessage.ts';
import { MAX_CHAT_FILE_BYTES, MAX_CHAT_FILE_PART_BYTES } from './limits.ts';

const exportFormat = v.picklist(['markdown', 'json']);
/** How a chat leaves as a file: for people, or with all of its branches, to be read back. */
export type ExportFormat = v.InferOutput<typeof exportFormat>;

/** Bytes as base64url (RFC 4648, section 5). */
const part = v.pipe(v.string(), v.maxLength(Math.ceil((MAX_CHAT_FILE_PART_BYTES * 4) / 3)), v.regex(/^[A-Za-z0-9_-]*$/));

export const fileRequests = [
  /** A part of a conversation as a file, from byte `offset` on. At 0 the file is made; the parts that follow are of that one. */
  v.object({ type: v.literal('getChatFile'), conversationId: id, format: exportFormat, offset: count }),
  /**
   * A part of a file of conversations to take in, of `total` bytes. Each is answered with how much is held; the next one begins there. The
   * last one begins the import, whose result is the answer then, to whatever is put of this file again too. Another file takes its place.
   */
  v.object({
    type: v.literal('putChatFile'),
    fileId: id,
    total: v.pipe(count, v.minValue(1), v.maxValue(MAX_CHAT_FILE_BYTES)),
    offset: count,
    data: part,
  }),
] as const;

export const fileReplies = [
  /** `total` 0: there is no such conversation. */
  v.object({ type: v.literal('chatFilePart'), conversationId: id, format: exportFormat, offset: count, total: count, data: part }),
  /** `added` and `skipped` conversations once all is done; or why nothing came of it. */
  v.object({
    type: v.literal('chatFileHeld'),
    fileId: id,
    held: count,
    result: v.optional(v.object({ added: count, skipped: count })),
    error: v.optional(errorCode),
  }),
] as const;

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
  exportChat(conversationId: string, format: ExportFormat): MaybePromise<string>;
  /** Each conversation comes whole or not at all. @throws TunnelError `importFailed`, `storeFailed` */
  importChats(json: string, options?: ImportOptions): Promise<ImportResult>;
}
