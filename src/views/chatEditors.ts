import * as vscode from 'vscode';
import * as v from 'valibot';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { WebviewView } from '../protocol/webviewMessages.ts';
import type { ActiveChat, ChatPlace } from './activeChat.ts';
import type { PageOrder } from './chatBridge.ts';
import { ChatSurface, type ChatSurfaceOptions } from './chatSurface.ts';
import { CHAT_EDITOR_TYPE } from './ids.ts';
import { isConversationId, type ShownChat } from './shownChat.ts';

/** What a chat's page keeps of itself, as far as a tab that is made again needs it. */
const keptState = v.object({ conversationId: v.pipe(v.string(), v.check(isConversationId)) });

/** Chats in tabs of the editor. A tab comes back with its chat when the window is loaded anew. */
export class ChatEditors implements vscode.WebviewPanelSerializer, Disposable {
  readonly #options: ChatSurfaceOptions;
  readonly #active: ActiveChat;
  readonly #owned = new DisposableStore();
  readonly #tabs = new Set<ChatTab>();

  constructor(options: ChatSurfaceOptions, active: ActiveChat) {
    this.#options = options;
    this.#active = active;
    this.#owned.add(vscode.window.registerWebviewPanelSerializer(CHAT_EDITOR_TYPE, this));
  }

  /** Shows the conversation in a tab: the one that shows it already, or a new one. */
  open({ conversationId, title }: Pick<WebviewView, 'conversationId' | 'title'>): void {
    const showing = [...this.#tabs].find((tab) => tab.conversationId === conversationId);
    if (showing) {
      showing.reveal();
      return;
    }
    const panel = vscode.window.createWebviewPanel(CHAT_EDITOR_TYPE, tabTitle(title), vscode.ViewColumn.Active, {
      retainContextWhenHidden: false,
      enableFindWidget: true,
    });
    this.#add(panel, conversationId);
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const kept = v.safeParse(keptState, state);
    this.#add(panel, kept.success ? kept.output.conversationId : undefined);
    return Promise.resolve();
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #add(panel: vscode.WebviewPanel, conversationId: string | undefined): void {
    const { extensionUri } = this.#options;
    panel.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'view.svg');
    const tab = new ChatTab(panel, this.#options, conversationId);
    const owned = this.#owned.add(new DisposableStore());
    owned.add(tab);
    owned.add(this.#active.add(tab));
    this.#tabs.add(tab);
    owned.add(
      panel.onDidDispose(() => {
        this.#tabs.delete(tab);
        this.#owned.delete(owned);
      }),
    );
  }
}

/** One chat in one tab. */
class ChatTab implements ChatPlace, Disposable {
  readonly #panel: vscode.WebviewPanel;
  readonly #surface: ChatSurface;
  readonly #owned = new DisposableStore();
  #conversationId: string | undefined;

  constructor(panel: vscode.WebviewPanel, options: ChatSurfaceOptions, conversationId: string | undefined) {
    this.#panel = panel;
    this.#conversationId = conversationId;
    const shown: ShownChat = {
      read: () => Promise.resolve(this.#conversationId),
      note: (id) => {
        this.#conversationId = id;
      },
    };
    this.#surface = this.#owned.add(new ChatSurface(panel.webview, options, shown));
    this.#owned.add(
      this.#surface.onDidChangeView(({ title }) => {
        panel.title = tabTitle(title);
      }),
    );
    this.#owned.add(
      panel.onDidChangeViewState(() => {
        if (!panel.visible) this.#surface.pageGone();
      }),
    );
  }

  get onDidChangeView(): ChatPlace['onDidChangeView'] {
    return this.#surface.onDidChangeView;
  }

  get isVisible(): boolean {
    return this.#panel.visible;
  }

  get conversationId(): string | undefined {
    return this.#conversationId;
  }

  reveal(): void {
    this.#panel.reveal();
  }

  open(order: PageOrder): Promise<void> {
    this.reveal();
    this.run(order);
    return Promise.resolve();
  }

  run(order: PageOrder): void {
    this.#surface.run(order);
  }

  dispose(): void {
    this.#owned.dispose();
  }
}

function tabTitle(title: string): string {
  return title === '' ? vscode.l10n.t('New chat') : title;
}
