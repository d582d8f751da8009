import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import type { WebviewView } from '../protocol/webviewMessages.ts';
import type { ChatPlace } from './activeChat.ts';
import type { PageOrder } from './chatBridge.ts';
import { ChatSurface, type ChatSurfaceOptions } from './chatSurface.ts';
import { CHAT_VIEW_ID } from './ids.ts';
import type { ShownChat } from './shownChat.ts';

/** The chat in the secondary side bar. The editor makes it when first shown, and anew whenever it likes. */
export class ChatView implements vscode.WebviewViewProvider, ChatPlace, Disposable {
  readonly #options: ChatSurfaceOptions;
  readonly #chat: ShownChat;
  readonly #owned = new DisposableStore();
  readonly #shown = this.#owned.add(new Emitter<WebviewView>());
  #current: ChatSurface | undefined;
  #view: vscode.WebviewView | undefined;
  /** Asked for before the view was made. */
  #waiting: PageOrder | undefined;

  readonly onDidChangeView = this.#shown.event;

  /** @param chat which conversation it shows, over the end of a window */
  constructor(options: ChatSurfaceOptions, chat: ShownChat) {
    this.#options = options;
    this.#chat = chat;
    this.#owned.add(vscode.window.registerWebviewViewProvider(CHAT_VIEW_ID, this, { webviewOptions: { retainContextWhenHidden: false } }));
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.#current?.dispose();
    const owned = this.#owned.add(new DisposableStore());
    const surface = owned.add(new ChatSurface(view.webview, this.#options, this.#chat));
    this.#current = surface;
    this.#view = view;
    owned.add(
      surface.onDidChangeView((shown) => {
        this.#shown.fire(shown);
      }),
    );
    owned.add(
      view.onDidChangeVisibility(() => {
        if (!view.visible) surface.pageGone();
      }),
    );
    owned.add(
      view.onDidDispose(() => {
        surface.pageGone();
        if (this.#current === surface) this.#current = this.#view = undefined;
        this.#owned.delete(owned);
      }),
    );
    if (this.#waiting) surface.run(this.#waiting);
    this.#waiting = undefined;
  }

  get isVisible(): boolean {
    return this.#view?.visible === true;
  }

  async open(order: PageOrder): Promise<void> {
    const made = this.#current;
    if (!made) this.#waiting = order; // handed over when the editor makes the view
    await vscode.commands.executeCommand(`${CHAT_VIEW_ID}.focus`);
    made?.run(order);
  }

  run(order: PageOrder): void {
    this.#current?.run(order);
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
