import * as vscode from 'vscode';
import { fromUtf8 } from '../base/bytes.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { Event } from '../base/emitter.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { StatusEventBus } from '../protocol/status.ts';
import type { CodeRequest, FilesRequest, MendAction, WebviewView } from '../protocol/webviewMessages.ts';
import { ChatBridge, type PageOrder } from './chatBridge.ts';
import { runCodeAction } from './codeInEditor.ts';
import type { AgentReady } from './editorAgent.ts';
import type { HiddenAnswers } from './hiddenAnswers.ts';
import { commandId } from './ids.ts';
import { showError } from './showError.ts';
import type { ShownChat } from './shownChat.ts';
import { onDidChangePreferences, readPreferences } from './viewPreferences.ts';
import { speaksGerman, webviewHtml } from './webviewHtml.ts';

export interface ChatSurfaceOptions {
  readonly extensionUri: vscode.Uri;
  readonly agent: AgentReady;
  readonly bus: StatusEventBus;
  readonly random: Random;
  readonly log: Logger;
  /** Carries out a press on what mends Ollama. */
  readonly mend: (action: MendAction) => Promise<void>;
  /** Says of answers that nobody saw end. */
  readonly hiddenAnswers: Pick<HiddenAnswers, 'shown' | 'leftBehind'>;
}

/** One webview that draws the chat. A hidden one loses its document and draws itself anew when it is shown. */
export class ChatSurface implements Disposable {
  readonly #owned = new DisposableStore();
  readonly #bridge: ChatBridge;

  constructor(webview: vscode.Webview, options: ChatSurfaceOptions, shown: ShownChat) {
    const { agent, bus, log } = options;
    const onCode = (code: CodeRequest): void => {
      runCodeAction(code).catch((error: unknown) => {
        showError(error, log, { command: code.action });
      });
    };
    const onMend = (action: MendAction): void => {
      options.mend(action).catch((error: unknown) => {
        showError(error, log, { command: action });
      });
    };
    const onFiles = ({ command, chat }: FilesRequest): void => {
      void vscode.commands.executeCommand(commandId(command), chat);
    };
    this.#bridge = this.#owned.add(
      new ChatBridge({ page: webview, agent, bus, shown, log, preferences: readPreferences, onCode, onMend, onFiles }),
    );
    this.#owned.add(
      this.#bridge.onDidChangeView((view) => {
        options.hiddenAnswers.shown(view);
      }),
    );
    this.#owned.add(
      this.#bridge.onDidLeaveBehind((view) => {
        options.hiddenAnswers.leftBehind(view);
      }),
    );
    this.#owned.add(
      onDidChangePreferences(() => {
        this.#bridge.preferencesChanged();
      }),
    );
    const root = vscode.Uri.joinPath(options.extensionUri, 'dist', 'webview');
    // Fonts and parts lie once in the package, with the page.
    const shared = vscode.Uri.joinPath(options.extensionUri, 'dist', 'page');
    webview.options = { enableScripts: true, enableCommandUris: false, localResourceRoots: [root, shared] };
    const page = { title: 'CloudToLocalLLM', root, script: 'webview.js', styles: ['webview.css'], trustedTypes: 'lit-html c2l' };
    const draw = (begin = ''): void => {
      if (!this.#owned.isDisposed) webview.html = webviewHtml(webview, { ...page, begin }, options.random);
    };
    if (!speaksGerman()) draw();
    else
      void vscode.workspace.fs.readFile(vscode.Uri.joinPath(root, 'german.js')).then(
        (bytes) => {
          draw(fromUtf8(bytes));
        },
        () => {
          draw();
        },
      );
  }

  /** What it shows, on each change. */
  get onDidChangeView(): Event<WebviewView> {
    return this.#bridge.onDidChangeView;
  }

  /** Has it do something, at once or when it has loaded. */
  run(order: PageOrder): void {
    this.#bridge.run(order);
  }

  /** Its document is gone. */
  pageGone(): void {
    this.#bridge.pageGone();
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
