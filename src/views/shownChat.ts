import * as vscode from 'vscode';
import type { Logger } from '../base/log.ts';

const shape = /^[A-Za-z0-9_-]{22}$/;

/** Is it the id of a conversation? What was written down may have been changed by others. */
export function isConversationId(text: string): boolean {
  return shape.test(text);
}

/** Which conversation the chat view shows, over the end of a window. */
export interface ShownChat {
  /** The one noted last, if any. Never throws. */
  read(): Promise<string | undefined>;
  /** It is shown now. */
  note(conversationId: string): void;
}

/**
 * Keeps it in a file of the workspace's own folder. The editor remembers a view's state too, but writes it down seconds later in a browser:
 * a window that is loaded anew just then would begin with an empty chat.
 */
export class ShownChatFile implements ShownChat {
  readonly #folder: vscode.Uri;
  readonly #log: Logger;
  #noted: string | undefined;
  /** One write after another, so that the last one stays. */
  #written: Promise<void> = Promise.resolve();

  /** @param folder the extension's `storageUri`, or where there is none its `globalStorageUri` */
  constructor(folder: vscode.Uri, log: Logger) {
    this.#folder = folder;
    this.#log = log;
  }

  async read(): Promise<string | undefined> {
    if (this.#noted !== undefined) return this.#noted;
    try {
      const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(this.#file));
      return isConversationId(text) ? text : undefined;
    } catch {
      return undefined; // nothing was shown yet
    }
  }

  note(conversationId: string): void {
    if (conversationId === this.#noted) return;
    this.#noted = conversationId;
    this.#written = this.#written.then(() => this.#write(conversationId));
  }

  get #file(): vscode.Uri {
    return vscode.Uri.joinPath(this.#folder, 'shown-chat');
  }

  async #write(conversationId: string): Promise<void> {
    try {
      await vscode.workspace.fs.createDirectory(this.#folder);
      await vscode.workspace.fs.writeFile(this.#file, new TextEncoder().encode(conversationId));
    } catch (error) {
      this.#log.warn('chat view: what it shows is not remembered', { reason: error instanceof Error ? error.message : 'unknown' });
    }
  }
}
