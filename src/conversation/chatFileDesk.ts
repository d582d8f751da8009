import { DecodeError, fromBase64url, fromUtf8, toBase64url, utf8 } from '../base/bytes.ts';
import type { ChatReply, FileRequest } from '../protocol/chat.ts';
import type { ExportFormat } from '../protocol/chatFiles.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { MAX_CHAT_FILE_PART_BYTES } from '../protocol/limits.ts';
import type { ChatTransfer } from './chatTransfer.ts';
import type { OwnerId } from './ports.ts';

type Transfer = Pick<ChatTransfer, 'exportChat' | 'importChats'>;
type Get = Extract<FileRequest, { type: 'getChatFile' }>;
type Put = Extract<FileRequest, { type: 'putChatFile' }>;
type Held = Extract<ChatReply, { type: 'chatFileHeld' }>;
type Respond = (reply: Held) => void;

interface Leaving {
  readonly conversationId: string;
  readonly format: ExportFormat;
  readonly bytes: Uint8Array;
}

interface Coming {
  readonly fileId: string;
  readonly total: number;
  /** Room for the whole file; empty once nothing more is to be done with it. */
  bytes: Uint8Array;
  held: number;
  /** Who hears the result, from the last part on. */
  waiting: Respond[] | undefined;
  outcome: Pick<Held, 'result' | 'error'> | undefined;
}

const nothing = new Uint8Array();

/** Chats as files on their way to views and from them, in parts: of each owner one that leaves and one that comes. */
export class ChatFileDesk {
  readonly #transfer: Transfer;
  readonly #leaving = new Map<OwnerId, Leaving>();
  readonly #coming = new Map<OwnerId, Coming>();

  constructor(transfer: Transfer) {
    this.#transfer = transfer;
  }

  get(owner: OwnerId, { conversationId, format, offset }: Get): ChatReply {
    const bytes = this.#fileOf(owner, conversationId, format, offset > 0);
    const end = offset + MAX_CHAT_FILE_PART_BYTES;
    if (end >= bytes.length) this.#leaving.delete(owner);
    const data = toBase64url(bytes.subarray(offset, end));
    return { type: 'chatFilePart', conversationId, format, offset, total: bytes.length, data };
  }

  put(owner: OwnerId, { fileId, total, offset, data }: Put, respond: Respond): void {
    let file = this.#coming.get(owner);
    if (file?.fileId !== fileId || file.total !== total) {
      if (file?.waiting) {
        respond({ type: 'chatFileHeld', fileId, held: 0, error: 'busy' });
        return;
      }
      file = { fileId, total, bytes: new Uint8Array(total), held: 0, waiting: undefined, outcome: undefined };
      this.#coming.set(owner, file);
    }
    if (offset === file.held && file.held < total) take(file, data);
    if (file.outcome) respond({ type: 'chatFileHeld', fileId, held: file.held, ...file.outcome });
    else if (file.held < total) respond({ type: 'chatFileHeld', fileId, held: file.held });
    else if (file.waiting) file.waiting.push(respond);
    else {
      file.waiting = [respond];
      void this.#import(owner, file);
    }
  }

  /** The last view of an owner has left. What is being taken in is taken in, and what came of a file stays known: its last part may come again. */
  forget(owner: OwnerId): void {
    this.#leaving.delete(owner);
    const file = this.#coming.get(owner);
    if (file && !file.waiting && !file.outcome) this.#coming.delete(owner);
  }

  async #import(owner: OwnerId, file: Coming): Promise<void> {
    let outcome: Coming['outcome'];
    try {
      const { added, skipped } = await this.#transfer.importChats(owner, fromUtf8(file.bytes));
      outcome = { result: { added, skipped } };
    } catch (error) {
      outcome = { error: codeOf(error) };
    }
    const waiting = file.waiting ?? [];
    end(file, outcome);
    for (const respond of waiting) respond({ type: 'chatFileHeld', fileId: file.fileId, held: file.held, ...outcome });
  }

  /** The file that is being read, or one that is made now. */
  #fileOf(owner: OwnerId, conversationId: string, format: ExportFormat, isGoingOn: boolean): Uint8Array {
    const held = this.#leaving.get(owner);
    if (isGoingOn && held?.conversationId === conversationId && held.format === format) return held.bytes;
    try {
      const bytes = utf8(this.#transfer.exportChat(owner, conversationId, format));
      this.#leaving.set(owner, { conversationId, format, bytes });
      return bytes;
    } catch (error) {
      if (error instanceof TunnelError && error.code === 'unknownConversation') return nothing;
      throw error;
    }
  }
}

function take(file: Coming, data: string): void {
  try {
    const bytes = fromBase64url(data);
    if (file.held + bytes.length > file.total) throw new TunnelError('importFailed', 'more than was said');
    file.bytes.set(bytes, file.held);
    file.held += bytes.length;
  } catch (error) {
    end(file, { error: codeOf(error) });
  }
}

function end(file: Coming, outcome: NonNullable<Coming['outcome']>): void {
  file.bytes = nothing;
  file.waiting = undefined;
  file.outcome = outcome;
}

/** What is no text is no file of chats. */
function codeOf(error: unknown): ErrorCode {
  return error instanceof DecodeError ? 'importFailed' : TunnelError.from(error).code;
}
