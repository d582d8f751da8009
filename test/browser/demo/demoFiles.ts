import { TunnelError } from '../../../src/protocol/errors.ts';

interface Chat {
  readonly title: string;
  readonly messages: readonly { readonly text: string }[];
}

/** Chats as files, as simple as can be: a list of titles is taken in, numbers among them are left out. */
export function demoFiles(chats: ReadonlyMap<string, Chat>) {
  return {
    exportChat(_owner: string, conversationId: string): string {
      const chat = chats.get(conversationId);
      if (!chat) throw new TunnelError('unknownConversation');
      return `# ${chat.title}\n\n${chat.messages.map(({ text }) => text).join('\n\n')}\n`;
    },
    importChats(_owner: string, json: string): Promise<{ added: number; skipped: number; left: number }> {
      let list: unknown;
      try {
        list = JSON.parse(json);
      } catch {
        list = undefined;
      }
      if (!Array.isArray(list)) return Promise.reject(new TunnelError('importFailed'));
      const added = list.filter((entry) => typeof entry === 'string').length;
      return Promise.resolve({ added, skipped: list.length - added, left: 0 });
    },
  };
}
