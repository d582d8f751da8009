import { nullLogger } from '../../src/base/log.ts';
import { Hub, type HubOptions } from '../../src/conversation/hub.ts';
import type { ChatPeer } from '../../src/conversation/chatPeer.ts';
import type { ConversationStore } from '../../src/conversation/ports.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { FakeModelClient, type FakeAnswer } from '../fakes/fakeModelClient.ts';
import { MemoryStore } from '../fakes/memoryStore.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { idOf } from './sampleTurns.ts';
import { TestView } from './testView.ts';

export interface HubWorldOptions {
  readonly answer?: (question: string) => FakeAnswer;
  readonly gate?: 'open' | 'manual';
  readonly store?: ConversationStore;
  readonly makeTemporaryStore?: () => ConversationStore;
  readonly seed?: number;
}

/** A hub with its clock, store and model, in memory. */
export class HubWorld {
  readonly clock = new FakeClock();
  readonly random: SeededRandom;
  readonly memory = new MemoryStore();
  readonly store: ConversationStore;
  readonly models: FakeModelClient;
  readonly #makeTemporaryStore: HubWorldOptions['makeTemporaryStore'];
  hub: Hub;
  readonly #views: TestView[] = [];
  #requests = 0;

  constructor(options: HubWorldOptions = {}) {
    const { answer, gate = 'open', seed = 1 } = options;
    this.random = new SeededRandom(seed);
    this.store = options.store ?? this.memory;
    this.#makeTemporaryStore = options.makeTemporaryStore;
    this.models = new FakeModelClient({
      clock: this.clock,
      gate,
      models: [{ name: 'm:1', capabilities: ['completion'] }],
      ...(answer ? { answer: (request) => answer(request.messages.at(-1)?.content ?? '') } : {}),
    });
    this.hub = this.start();
  }

  /** Begins another run of the hub on the same store. */
  start(options: Pick<HubOptions, 'defaults' | 'defaultModel' | 'pullNotes'> = {}): Hub {
    const { clock, random, store, models } = this;
    const makeTemporaryStore = this.#makeTemporaryStore;
    this.hub = new Hub({ clock, random, store, models, makeTemporaryStore, deviceName: 'Desk', log: nullLogger, ...options });
    return this.hub;
  }

  view(peer?: Partial<ChatPeer>, options?: { readonly hello?: boolean; readonly credit?: number }): TestView {
    const view = new TestView(this.hub, peer, options);
    this.#views.push(view);
    return view;
  }

  /** Asks through `view`. @returns the request's id */
  ask(view: TestView, text: string, options: { conversation?: string; model?: string; requestId?: string } = {}): string {
    const { conversation = 'c', model = 'm:1', requestId = idOf(`request ${String(this.#requests++)}`) } = options;
    view.send({ type: 'send', requestId, conversationId: idOf(conversation), text, model });
    return requestId;
  }

  stop(view: TestView, conversation = 'c', requestId = idOf(`request ${String(this.#requests++)}`)): string {
    view.send({ type: 'stop', requestId, conversationId: idOf(conversation) });
    return requestId;
  }

  /** Contract faults that any view has met. */
  get faults(): string[] {
    return this.#views.flatMap(({ faults }) => faults);
  }
}
