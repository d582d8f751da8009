import type { ChatSettings } from '../../protocol/chatSettings.ts';
import type { FilesRequest, MendAction } from '../../protocol/webviewMessages.ts';
import type { ModelAsk } from '../modelWork.ts';
import type { SettingsField } from '../settingsForm.ts';

/** What views of the chat ask of whoever holds them; each bubbles to `c2l-chat`, which asks its controller. */
export interface ChatEvents {
  'c2l-regenerate': string;
  'c2l-continue': string;
  /** Opens the settings of this chat, at one of them. */
  'c2l-open-settings': SettingsField | undefined;
  'c2l-configure': ChatSettings;
  'c2l-open-prompts': undefined;
  /** Keeps a prompt; without an id a new one. */
  'c2l-save-prompt': { readonly id?: string | undefined; readonly name: string; readonly text: string };
  'c2l-delete-prompt': string;
  'c2l-restore-prompt': undefined;
  'c2l-forget-prompt': undefined;
  /** A saved prompt comes into the message. */
  'c2l-use-prompt': string;
  'c2l-new-chat': undefined;
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
  /** A file is to be made of a chat, or chats of a file. */
  'c2l-files': FilesRequest;
  'c2l-search': string;
  'c2l-models': ModelAsk;
  /** The sheet of models; `pull` goes to the field for a name. */
  'c2l-show-models': 'list' | 'pull';
  'c2l-choose-model': undefined;
  'c2l-use-model': string;
  /** What the host can do about Ollama; only where it can. */
  'c2l-mend': MendAction;
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
