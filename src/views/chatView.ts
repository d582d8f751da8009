import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { CodeRequest, FilesRequest, WebviewView } from '../protocol/webviewMessages.ts';
import type { StatusEventBus } from '../protocol/status.ts';
import type { ChosenChat } from './chatFileCommands.ts';
import { ChatBridge, type PageOrder } from './chatBridge.ts';
import { runCodeAction } from './codeInEditor.ts';
import type { AgentReady } from './editorAgent.ts';
import { CHAT_VIEW_ID, commandId } from './ids.ts';
import { showError } from './showError.ts';
import type { ShownChat } from './shownChat.ts';
import { webviewHtml } from './webviewHtml.ts';

export interface ChatViewOptions {
  readonly extensionUri: vscode.Uri;
  readonly agent: AgentReady;
  readonly bus: StatusEventBus;
  readonly shown: ShownChat;
  readonly random: Random;
  readonly log: Logger;
}

/** The chat in the secondary side bar. The editor makes it when first shown, and anew whenever it likes. */
export class ChatView implements vscode.WebviewViewProvider, Disposable {
  readonly #options: ChatViewOptions;
  readonly #owned = new DisposableStore();
  readonly #shown = this.#owned.add(new Emitter<WebviewView>());
  #current: ChatBridge | undefined;
  /** The chat that was shown last, if it holds a message. */
  #shownChat: ChosenChat | undefined;
  /** Asked for before the view was made. */
  #waiting: PageOrder | undefined;

  /** What the view shows, on each change. */
  readonly onDidChangeView = this.#shown.event;

  constructor(options: ChatViewOptions) {
    this.#options = options;
    this.#owned.add(vscode.window.registerWebviewViewProvider(CHAT_VIEW_ID, this, { webviewOptions: { retainContextWhenHidden: false } }));
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const { agent, bus, shown: chat, log } = this.#options;
    this.#current?.dispose();
    const onCode = (code: CodeRequest): void => {
      runCodeAction(code).catch((error: unknown) => {
        showError(error, log, { command: code.action });
      });
    };
    const onFiles = ({ command, chat: chosen }: FilesRequest): void => {
      void vscode.commands.executeCommand(commandId(command), chosen);
    };
    const bridge = new ChatBridge({ page: view.webview, agent, bus, shown: chat, log, onCode, onFiles });
    const owned = this.#owned.add(new DisposableStore());
    owned.add(bridge);
    this.#current = bridge;
    owned.add(
      bridge.onDidChangeView((shown) => {
        const { conversationId, title, hasConversation } = shown;
        this.#shownChat = hasConversation ? { conversationId, title } : undefined;
        this.#shown.fire(shown);
      }),
    );
    owned.add(
      view.onDidChangeVisibility(() => {
        if (!view.visible) bridge.pageGone();
      }),
    );
    owned.add(
      view.onDidDispose(() => {
        bridge.pageGone();
        if (this.#current === bridge) this.#current = undefined;
        this.#owned.delete(owned);
      }),
    );
    this.#load(view.webview);
    if (this.#waiting) bridge.run(this.#waiting);
    this.#waiting = undefined;
  }

  /** Shows the chat and has it do something. */
  async open(order: PageOrder): Promise<void> {
    const made = this.#current;
    if (!made) this.#waiting = order; // handed over when the editor makes the view
    await vscode.commands.executeCommand(`${CHAT_VIEW_ID}.focus`);
    made?.run(order);
  }

  /** Has the chat do something if there is one; does not show it. */
  run(order: PageOrder): void {
    this.#current?.run(order);
  }

  get shownChat(): ChosenChat | undefined {
    return this.#shownChat;
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #load(webview: vscode.Webview): void {
    const root = vscode.Uri.joinPath(this.#options.extensionUri, 'dist', 'webview');
    webview.options = { enableScripts: true, enableCommandUris: false, localResourceRoots: [root] };
    const page = { title: 'CloudToLocalLLM', root, script: 'webview.js', styles: ['webview.css'], trustedTypes: 'lit-html c2l' };
    webview.html = webviewHtml(webview, page, this.#options.random);
  }
}
