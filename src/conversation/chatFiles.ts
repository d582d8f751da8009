import type { ChatFiles } from '../protocol/chatFiles.ts';
import type { Hub } from './hub.ts';
import { MACHINE_OWNER } from './ports.ts';

/** The chats of the person at this machine as files. */
export function ownersFiles(hub: Hub): ChatFiles {
  return {
    exportChat: (conversationId, format) => hub.transfer.exportChat(MACHINE_OWNER, conversationId, format),
    importChats: (json, options) => hub.transfer.importChats(MACHINE_OWNER, json, options),
  };
}
