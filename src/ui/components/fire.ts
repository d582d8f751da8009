import type { FilesRequest } from '../../protocol/webviewMessages.ts';

/** What views of the chat ask of whoever holds them; each bubbles to `c2l-chat`, which asks its controller. */
export interface ChatEvents {
  'c2l-regenerate': string;
  /** The id of a question to edit in its place; undefined leaves it. */
  'c2l-edit': string | undefined;
  'c2l-edit-draft': { readonly questionId: string; readonly text: string };
  'c2l-edit-send': string;
  'c2l-choose': { readonly messageId: string; readonly control: 'previous' | 'next' };
  /** A queued question goes now, comes back into the composer, or is dropped. */
  'c2l-queued': { readonly requestId: string; readonly what: 'send' | 'edit' | 'remove' };
  'c2l-detach': number;
  /** Files that go with the question. */
  'c2l-take-files': readonly File[];
  'c2l-drop-image': string;
  'c2l-file-note-read': undefined;
  'c2l-rename': { readonly id: string; readonly title: string };
  'c2l-delete': string;
  'c2l-restore': { readonly id: string; readonly open: boolean };
  'c2l-forget-undo': undefined;
  'c2l-bin': boolean;
  /** The host makes a file of a chat, or chats of a file. */
  'c2l-files': FilesRequest;
  'c2l-search': string;
  'c2l-go': { readonly conversationId: string; readonly messageId: string };
}

export function fire<K extends keyof ChatEvents>(from: Element, type: K, detail: ChatEvents[K]): void {
  from.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));
}

export function hear<K extends keyof ChatEvents>(at: Element | Document, type: K, listener: (detail: ChatEvents[K]) => void): void {
  at.addEventListener(type, (event) => {
    // An event says `null` where it was given nothing.
    listener(((event as CustomEvent<ChatEvents[K] | null>).detail ?? undefined) as ChatEvents[K]);
  });
}
