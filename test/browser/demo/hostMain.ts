import {
  parseWebviewMessage,
  type CodeRequest,
  type FilesRequest,
  type HostToWebview,
  type MendAction,
  type WebviewView,
} from '../../../src/protocol/webviewMessages.ts';
import { demoChats, demoLoaded, demoModels } from './demoFixtures.ts';
import { demoIdOf, DemoPort } from './demoPort.ts';

/** The editor's side of a webview, in the same page: what it posts comes back as messages, and it keeps the state over reloads. */
export class WebviewHost {
  readonly port = new DemoPort(demoChats(Date.now()), { editorActions: true, showsConnection: false }, { state: 'ok' });
  readonly views: WebviewView[] = [];
  /** Messages that did not decode. */
  readonly code: CodeRequest[] = [];
  readonly mended: MendAction[] = [];
  readonly files: FilesRequest[] = [];
  refused = 0;

  constructor() {
    this.port.scope = 'local';
    this.port.desk.models = demoModels;
    this.port.desk.loaded = demoLoaded(Date.now());
    this.port.onReply((reply) => {
      this.post({ type: 'reply', reply });
    });
  }

  post(message: HostToWebview): void {
    window.postMessage(message, '*');
  }

  receive(message: unknown): void {
    let read;
    try {
      read = parseWebviewMessage(structuredClone(message));
    } catch {
      this.refused += 1;
      return;
    }
    if (read.type === 'view') this.views.push(read.view);
    else if (read.type === 'request') this.port.send(read.request);
    else if (read.type === 'code') this.code.push(read.code);
    else if (read.type === 'mend') this.mended.push(read.action);
    else if (read.type === 'files') this.files.push(read.files);
    else {
      const { capabilities, status } = this.port;
      const preferences = { sendWith: 'enter', answerDetails: true, thinking: 'collapsed', remoteImages: 'ask' } as const;
      this.post({ type: 'init', capabilities, status, preferences, conversationId: demoIdOf('main') });
    }
  }
}

declare global {
  interface Window {
    host: WebviewHost;
  }
}

const host = new WebviewHost();
window.host = host;
Object.assign(window, {
  acquireVsCodeApi: () => ({
    postMessage: (message: unknown) => {
      host.receive(message);
    },
    getState: () => JSON.parse(sessionStorage.getItem('state') ?? 'null') as unknown,
    setState: (state: unknown) => {
      sessionStorage.setItem('state', JSON.stringify(state));
    },
  }),
});
