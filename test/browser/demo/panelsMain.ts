import { systemClock } from '../../../src/base/clock.ts';
import { Emitter } from '../../../src/base/emitter.ts';
import { nullLogger } from '../../../src/base/log.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { Hub } from '../../../src/conversation/hub.ts';
import { LocalChatPort } from '../../../src/conversation/localChatPort.ts';
import { MACHINE_OWNER } from '../../../src/conversation/ports.ts';
import { StatusBus } from '../../../src/status/statusEventBus.ts';
import type { ChatController } from '../../../src/ui/chatController.ts';
import { ChatBridge } from '../../../src/views/chatBridge.ts';
import type { EditorAgent } from '../../../src/views/editorAgent.ts';
import { FakeModelClient } from '../../fakes/fakeModelClient.ts';
import { MemoryStore } from '../../fakes/memoryStore.ts';
import { demoIdOf } from './demoPort.ts';

export interface PanelTimes {
  /** From the page's first request until the newest messages are painted, ms. */
  readonly newestMs: number;
  /** The same until all messages that came are drawn and painted, ms. */
  readonly wholeMs: number;
}

/** A webview of the editor: hidden its page is gone, shown or moved it is a new one in a frame of its own. */
export class Panel {
  readonly #bridge: ChatBridge;
  readonly #messages = new Emitter<unknown>();
  #frame: HTMLIFrameElement | undefined;
  #state: unknown;
  #firstReplyAt: number | undefined;

  constructor(createChatPort: () => LocalChatPort, conversationId: string) {
    this.#bridge = new ChatBridge({
      page: {
        onDidReceiveMessage: this.#messages.event,
        postMessage: (message: { readonly type: string }) => {
          if (message.type === 'reply') this.#firstReplyAt ??= performance.now();
          this.#frame?.contentWindow?.postMessage(message, '*');
          return Promise.resolve(true);
        },
      },
      agent: Promise.resolve({ createChatPort } as unknown as EditorAgent),
      bus: new StatusBus(),
      shown: { read: () => Promise.resolve(conversationId), note: () => undefined },
      log: nullLogger,
      preferences: () => ({ sendWith: 'enter', answerDetails: true, thinking: 'collapsed', remoteImages: 'ask' }),
      onCode: () => undefined,
      onMend: () => undefined,
      onFiles: () => undefined,
    });
  }

  /** Of the page that is shown. */
  get document(): Document {
    const document = this.#frame?.contentDocument;
    if (!document) throw new Error('hidden');
    return document;
  }

  get controller(): ChatController | undefined {
    return this.#frame?.contentDocument?.querySelector('c2l-chat')?.controller;
  }

  /** Shows it in `place`: from elsewhere or from nowhere, with a new page each time. */
  async show(place: Element, turns: number): Promise<PanelTimes> {
    this.hide();
    this.#firstReplyAt = undefined;
    const frame = document.createElement('iframe');
    this.#frame = frame;
    Object.assign(frame, { src: '/framed', width: '380', height: '700' });
    const post = (message: unknown): void => {
      this.#messages.fire(structuredClone(message));
    };
    frame.addEventListener('c2l-api', (event) => {
      (event as CustomEvent<FramedApi>).detail.api = {
        postMessage: post,
        getState: () => this.#state,
        setState: (state: unknown) => {
          this.#state = structuredClone(state);
        },
      };
    });
    place.append(frame);
    const newestAt = await this.#painted(Math.min(30, turns * 2));
    const wholeAt = await this.#painted(turns * 2);
    const from = this.#heardAt();
    return { newestMs: newestAt - from, wholeMs: wholeAt - from };
  }

  #heardAt(): number {
    return this.#firstReplyAt ?? NaN;
  }

  hide(): void {
    if (!this.#frame) return;
    this.#frame.remove();
    this.#frame = undefined;
    this.#bridge.pageGone();
  }

  /** What a person reads: titles, names and texts of all messages, and where each stands among its siblings. */
  picture(): readonly string[] {
    const { document } = this;
    const title = document.querySelector('h1')?.textContent ?? '';
    const rows = [...document.querySelectorAll('[role=article]')].map((article) => {
      const body = article.querySelector('.bubble, c2l-markdown')?.textContent ?? '';
      return `${article.getAttribute('aria-label') ?? ''}: ${body} ${article.querySelector('.siblings')?.textContent.trim() ?? ''}`;
    });
    return [title, ...rows];
  }

  async #painted(messages: number): Promise<number> {
    for (let left = 2_000; left > 0; left--) {
      // Looked at right behind a frame's painting: a look within the frame would see what was drawn one frame late.
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      if ((this.#frame?.contentDocument?.querySelectorAll('[role=article]').length ?? 0) >= messages) return performance.now();
    }
    throw new Error(`${String(messages)} messages are not drawn`);
  }
}

/** Filled in by the panel whose frame asks. */
export interface FramedApi {
  api?: unknown;
}

/** The editor's side: the hub that ships, over a store in memory and a model that answers as told. */
export class PanelHost {
  readonly store = new MemoryStore();
  readonly models = new FakeModelClient({ clock: systemClock, pieceMs: 4, models: [{ name: 'm:1', capabilities: ['completion'] }] });
  readonly hub = new Hub({
    ...{ clock: systemClock, random: systemRandom, store: this.store, models: this.models },
    ...{ deviceName: 'Desk', log: nullLogger },
  });
  readonly conversationId = demoIdOf('panels');

  panel(): Panel {
    const { hub } = this;
    const peer = { owner: MACHINE_OWNER, scope: 'local' } as const;
    const capabilities = { editorActions: true, showsConnection: false };
    return new Panel(() => new LocalChatPort({ hub, clock: systemClock, peer, capabilities }), this.conversationId);
  }

  /** A chat of so many short turns: 200 messages of them fit one snapshot. */
  fill(turns: number): void {
    const { conversationId } = this;
    for (let i = 0; i < turns; i++) {
      const [requestId, answerId] = [demoIdOf(`r${String(i)}x`), demoIdOf(`a${String(i)}x`)];
      const question = { id: demoIdOf(`q${String(i)}x`), role: 'user', text: `Question ${String(i)}?`, createdAt: i } as const;
      const answer = { id: answerId, role: 'assistant', text: '', createdAt: i, model: 'm:1', state: 'waiting', nextSequence: 0 } as const;
      const reply = { type: 'accepted', requestId, answerId } as const;
      this.store.commitTurn({ requestId, owner: MACHINE_OWNER, conversationId, title: 'A long day', question, answer, reply });
      this.store.updateAnswer(answerId, {
        text: `Answer ${String(i)}: **yes**, \`word\` and [more](https://example.com/).`,
        state: 'done',
        nextSequence: 1,
      });
    }
  }
}

declare global {
  interface Window {
    panels: PanelHost;
  }
}

window.panels = new PanelHost();
