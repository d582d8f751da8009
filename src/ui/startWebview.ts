import { assertNever } from '../base/assertNever.ts';
import { DecodeError } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import {
  parseHostMessage,
  type CodeRequest,
  type HostToWebview,
  type ViewPreferences,
  type WebviewToHost,
  type WebviewView,
} from '../protocol/webviewMessages.ts';
import { ChatController } from './chatController.ts';
import { isGenerating, modelOf, type ChatModel } from './chatModel.ts';
import { codeActionEvent } from './codeActions.ts';
import { carryOut } from './components/carryOut.ts';
import './components/chatElement.ts';
import { hear } from './components/fire.ts';
import { PostMessagePort } from './postMessagePort.ts';
import type { ViewState } from './viewStorage.ts';

/** What the editor gives a webview. */
export interface WebviewApi {
  postMessage(message: WebviewToHost): void;
  getState(): unknown;
  setState(state: ViewState): void;
}

interface Line {
  readonly port: PostMessagePort;
  readonly controller: ChatController;
}

/** Draws the chat into this document and keeps it joined with the host. It lives as long as the document. */
export function startWebview(api: WebviewApi, { clock, random }: { readonly clock: Clock; readonly random: Random }): void {
  const chat = document.createElement('c2l-chat');
  document.body.append(chat);
  let line: Line | undefined;
  /** What the context menu was last opened on. */
  let pointed: Element | undefined;
  const reporter = new ViewReporter((view) => {
    api.postMessage({ type: 'view', view });
  });

  const prefer = ({ sendWith, answerDetails, thinking, remoteImages }: ViewPreferences): void => {
    chat.toggleAttribute('without-details', !answerDetails);
    chat.setAttribute('send-with', sendWith);
    chat.setAttribute('thinking', thinking);
    chat.setAttribute('remote-images', remoteImages);
    for (const message of chat.querySelectorAll('c2l-message')) message.requestUpdate();
  };

  const join = ({ capabilities, status, preferences, conversationId }: Extract<HostToWebview, { type: 'init' }>): void => {
    prefer(preferences);
    line?.controller.dispose();
    line?.port.dispose();
    const port = new PostMessagePort(capabilities, status, (message) => {
      api.postMessage(message);
    });
    const storage = {
      load: () => api.getState(),
      save: (state: ViewState): void => {
        api.setState(state);
      },
    };
    const controller = new ChatController({ port, clock, random, storage, ...(conversationId === undefined ? {} : { conversationId }) });
    line = { port, controller };
    chat.controller = controller;
    controller.start();
  };

  const receive = (message: HostToWebview): void => {
    switch (message.type) {
      case 'init':
        join(message);
        return;
      case 'reply':
        line?.port.takeReply(message.reply);
        return;
      case 'status':
        line?.port.takeStatus(message.status);
        return;
      case 'preferences':
        prefer(message.preferences);
        return;
      case 'openConversation':
        line?.controller.open(message.conversationId);
        return;
      case 'useModel':
        line?.controller.chooseModel(message.model);
        chat.focusInput();
        return;
      case 'attach':
        line?.controller.attach(message.items);
        chat.focusInput();
        return;
      case 'command':
        carryOut(chat, line?.controller, message.command, pointed);
        return;
      default:
        assertNever(message);
    }
  };

  window.addEventListener('message', (event: MessageEvent<unknown>) => {
    try {
      receive(parseHostMessage(event.data));
    } catch (error) {
      // The editor posts messages of its own into every webview.
      if (!(error instanceof DecodeError)) throw error;
    }
  });
  document.addEventListener('contextmenu', ({ target }) => {
    pointed = target instanceof Element ? target : undefined;
  });
  document.addEventListener(codeActionEvent, (event) => {
    api.postMessage({ type: 'code', code: (event as CustomEvent<CodeRequest>).detail });
  });
  hear(chat, 'c2l-mend', (action) => {
    api.postMessage({ type: 'mend', action });
  });
  hear(document, 'c2l-files', (files) => {
    api.postMessage({ type: 'files', files });
  });
  // What is not kept yet goes with the page: a hidden view is a new page when it comes back.
  window.addEventListener('pagehide', () => line?.controller.keep());
  for (const type of ['focusin', 'focusout', 'c2l-shown']) {
    document.addEventListener(type, () => {
      reporter.report(line?.controller.model);
    });
  }
  for (const type of ['focus', 'blur']) {
    window.addEventListener(type, () => {
      reporter.report(line?.controller.model);
    });
  }
  api.postMessage({ type: 'ready' });
}

/** Tells the host what the view shows, when that has changed. */
class ViewReporter {
  readonly #post: (view: WebviewView) => void;
  #last = '';

  constructor(post: (view: WebviewView) => void) {
    this.#post = post;
  }

  report(model: ChatModel | undefined): void {
    if (!model) return;
    const { id, title, messages } = model.conversation;
    const answering = modelOf(model);
    const view: WebviewView = {
      conversationId: id,
      title,
      hasConversation: messages.length > 0,
      hasAnswer: messages.some(({ role }) => role === 'assistant'),
      generating: isGenerating(model),
      // The webview is the chat: a press on its text focuses no element of it, and the keys still go there.
      chatFocused: document.hasFocus(),
      inputFocused: document.hasFocus() && document.activeElement?.matches('c2l-composer textarea') === true,
      ...(answering === undefined ? {} : { model: answering }),
    };
    const now = JSON.stringify(view);
    if (now === this.#last) return;
    this.#last = now;
    this.#post(view);
  }
}
