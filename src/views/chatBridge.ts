import type * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import type { Logger } from '../base/log.ts';
import type { ChatPort } from '../protocol/chatPort.ts';
import { TunnelError } from '../protocol/errors.ts';
import {
  parseWebviewMessage,
  type CodeRequest,
  type FilesRequest,
  type HostToWebview,
  type MendAction,
  type ViewPreferences,
  type WebviewToHost,
  type WebviewView,
} from '../protocol/webviewMessages.ts';
import type { StatusEventBus } from '../protocol/status.ts';
import type { AgentReady } from './editorAgent.ts';
import { LateChatPort } from './lateChatPort.ts';
import type { ShownChat } from './shownChat.ts';

/** Orders kept for a page that is still loading; more are dropped, oldest first. */
const MAX_WAITING_ORDERS = 8;

/** What the editor has a page do. */
export type PageOrder = Extract<HostToWebview, { type: 'command' | 'attach' | 'openConversation' | 'useModel' }>;

/** The line of the page now loaded. A later page makes an earlier line stale. */
type Line =
  | { readonly kind: 'none' }
  | { readonly kind: 'joining' }
  /** `port` is missing when the agent cannot run here. */
  | { readonly kind: 'joined'; readonly port?: ChatPort; readonly owned: DisposableStore }
  /** The page went away: what it still said is carried out, what it should hear is not posted. */
  | { readonly kind: 'left'; readonly port?: ChatPort; readonly owned: DisposableStore };

type Page = Pick<vscode.Webview, 'onDidReceiveMessage' | 'postMessage'>;

export interface ChatBridgeOptions {
  readonly page: Page;
  readonly agent: AgentReady;
  /** Tells that another window has the agent. */
  readonly bus: StatusEventBus;
  readonly shown: ShownChat;
  readonly log: Logger;
  readonly preferences: () => ViewPreferences;
  /** A press on a block of code. */
  readonly onCode: (code: CodeRequest) => void;
  /** A press on what mends Ollama. */
  readonly onMend: (action: MendAction) => void;
  /** A press on what exports or imports chats. */
  readonly onFiles: (request: FilesRequest) => void;
}

/**
 * Joins one webview with the hub. Each page that says `ready` gets a fresh ChatPort and then opens its conversation from where it stood;
 * a page that went away is owed nothing. What the page says is checked before anything acts on it.
 */
export class ChatBridge implements Disposable {
  readonly #page: Page;
  readonly #agent: AgentReady;
  readonly #bus: StatusEventBus;
  readonly #shown: ShownChat;
  readonly #log: Logger;
  readonly #onCode: (code: CodeRequest) => void;
  readonly #preferences: () => ViewPreferences;
  readonly #onMend: (action: MendAction) => void;
  readonly #onFiles: (request: FilesRequest) => void;
  readonly #owned = new DisposableStore();
  readonly #views = this.#owned.add(new Emitter<WebviewView>());
  readonly #leftBehind = this.#owned.add(new Emitter<WebviewView>());
  #line: Line = { kind: 'none' };
  #lastView: WebviewView | undefined;
  #waiting: PageOrder[] = [];

  /** What the page shows, on each change. */
  readonly onDidChangeView = this.#views.event;

  /** The page went away while its chat was being answered. */
  readonly onDidLeaveBehind = this.#leftBehind.event;

  constructor({ page, agent, bus, shown, log, preferences, onCode, onMend, onFiles }: ChatBridgeOptions) {
    this.#page = page;
    this.#agent = agent;
    this.#bus = bus;
    this.#shown = shown;
    this.#log = log;
    this.#onCode = onCode;
    this.#preferences = preferences;
    this.#onMend = onMend;
    this.#onFiles = onFiles;
    this.#owned.add(
      page.onDidReceiveMessage((message: unknown) => {
        this.#receive(message);
      }),
    );
  }

  /** Has the page do something, at once or when it has loaded. */
  run(order: PageOrder): void {
    if (this.#line.kind === 'joined') this.#post(order);
    else this.#waiting = [...this.#waiting, order].slice(-MAX_WAITING_ORDERS);
  }

  /** The page is gone, hidden for instance; its line stays until the next one asks, for a request may still be under way. */
  pageGone(): void {
    this.#waiting = [];
    const view = this.#lastView;
    const wasHere = this.#line.kind === 'joined';
    if (this.#line.kind === 'joined') this.#line = { ...this.#line, kind: 'left' };
    if (!view) return;
    this.#views.fire({ ...view, generating: false, chatFocused: false, inputFocused: false });
    if (wasHere && view.generating) this.#leftBehind.fire(view);
  }

  /** What the person prefers may have changed. */
  preferencesChanged(): void {
    this.#post({ type: 'preferences', preferences: this.#preferences() });
  }

  dispose(): void {
    this.#leave();
    this.#owned.dispose();
  }

  #receive(message: unknown): void {
    let read: WebviewToHost;
    try {
      read = parseWebviewMessage(message);
    } catch (error) {
      this.#log.warn('chat view: message refused', { reason: error instanceof Error ? error.message : 'unknown' });
      return;
    }
    switch (read.type) {
      case 'ready':
        void this.#join();
        break;
      case 'request':
        if (this.#port) this.#send(this.#port, read.request);
        else this.#log.warn('chat view: request before the line was there', { type: read.request.type });
        break;
      case 'code':
        this.#onCode(read.code);
        break;
      case 'mend':
        this.#onMend(read.action);
        break;
      case 'files':
        this.#onFiles(read.files);
        break;
      case 'view':
        this.#lastView = read.view;
        this.#shown.note(read.view.conversationId);
        this.#views.fire(read.view);
        break;
    }
  }

  #send(port: ChatPort, request: Parameters<ChatPort['send']>[0]): void {
    try {
      port.send(request);
    } catch (error) {
      const { code, detail } = TunnelError.from(error);
      this.#log.warn('chat view: request refused', { type: request.type, code });
      const about = { ...('requestId' in request ? { requestId: request.requestId } : {}), ...(detail === undefined ? {} : { detail }) };
      this.#post({ type: 'reply', reply: { type: 'refused', error: code, ...about } });
    }
  }

  async #join(): Promise<void> {
    this.#leave();
    const line = { kind: 'joining' } as const;
    this.#line = line;
    const [port, conversationId] = await Promise.all([this.#newPort(), this.#shown.read()]);
    if (this.#line !== line || this.#owned.isDisposed) {
      if (!(port instanceof TunnelError)) port.dispose();
      return;
    }
    const owned = new DisposableStore();
    const remembered = { preferences: this.#preferences(), ...(conversationId === undefined ? {} : { conversationId }) };
    if (port instanceof TunnelError) {
      this.#line = { kind: 'joined', owned };
      const capabilities = { editorActions: false, showsConnection: true };
      this.#post({ type: 'init', capabilities, status: { state: 'error', error: port.code }, ...remembered });
      return;
    }
    this.#line = { kind: 'joined', port: owned.add(port), owned };
    this.#post({ type: 'init', capabilities: port.capabilities, status: port.status, ...remembered });
    owned.add(
      port.onReply((reply) => {
        this.#post({ type: 'reply', reply });
      }),
    );
    owned.add(
      port.onDidChangeStatus((status) => {
        this.#post({ type: 'status', status });
      }),
    );
    for (const order of this.#waiting.splice(0)) this.#post(order);
  }

  async #newPort(): Promise<ChatPort | TunnelError> {
    let following: Disposable | undefined;
    const ledElsewhere = new Promise<undefined>((resolve) => {
      following = this.#bus.statusStream(({ error }) => {
        if (error === 'anotherLeads') resolve(undefined);
      });
    });
    try {
      const ready = await Promise.race([this.#agent, ledElsewhere]);
      return ready ? ready.createChatPort() : new LateChatPort(this.#agent, 'anotherLeads');
    } catch (error) {
      return TunnelError.from(error);
    } finally {
      following?.dispose();
    }
  }

  get #port(): ChatPort | undefined {
    return this.#line.kind === 'joined' || this.#line.kind === 'left' ? this.#line.port : undefined;
  }

  #leave(): void {
    if ('owned' in this.#line) this.#line.owned.dispose();
    this.#line = { kind: 'none' };
  }

  #post(message: HostToWebview): void {
    if (this.#line.kind !== 'joined') return;
    // a page that has just gone refuses; it has nothing to hear any more
    Promise.resolve(this.#page.postMessage(message)).catch(() => undefined);
  }
}
