import type { ChatReply, ChatRequest } from '../../../src/protocol/chat.ts';
import type { LoadedModel, ModelInfo, ModelPull } from '../../../src/protocol/chatModels.ts';
import type { ErrorCode } from '../../../src/protocol/errors.ts';

/** Models of a demo hub: it loads, pulls and deletes as the test says. */
export class DemoModelDesk {
  models: ModelInfo[] = [];
  loaded: LoadedModel[] = [];
  refuseNext: ErrorCode | undefined;
  #pulls: ModelPull[] = [];
  readonly #reply: (reply: ChatReply) => void;

  constructor(reply: (reply: ChatReply) => void) {
    this.#reply = reply;
  }

  /** Of a page that was loaded anew: the hub has gone on meanwhile. */
  keep(): string {
    return JSON.stringify([this.models, this.#pulls]);
  }

  recall(kept: string): void {
    [this.models, this.#pulls] = JSON.parse(kept) as [ModelInfo[], ModelPull[]];
  }

  greet(): void {
    if (this.#pulls.length > 0) this.tellPulls();
  }

  tellModels(): void {
    this.#reply({ type: 'models', items: this.models, ...(this.models[0] ? { suggested: this.models[0].name } : {}) });
  }

  tellPulls(): void {
    this.#reply({ type: 'pulls', items: this.#pulls });
  }

  /** A report of a download. One that is done brings its model. */
  pull(name: string, more: Partial<ModelPull>): void {
    const before = this.#pulls.find((pull) => pull.name === name);
    const now: ModelPull = { name, state: 'running', step: 'manifest', ...before, ...more };
    this.#pulls = before ? this.#pulls.map((pull) => (pull === before ? now : pull)) : [...this.#pulls, now];
    this.tellPulls();
    if (now.state !== 'done') return;
    this.models = [...this.models, { name, ...(now.total === undefined ? {} : { size: now.total }) }];
    this.tellModels();
  }

  answer(request: ChatRequest): void {
    if (request.type === 'listModels') this.tellModels();
    else if (request.type === 'listLoaded') this.#reply({ type: 'loaded', items: this.loaded });
    else if (
      request.type === 'pullModel' ||
      request.type === 'cancelPull' ||
      request.type === 'unloadModel' ||
      request.type === 'deleteModel'
    )
      this.#change(request);
  }

  #change({ type, requestId, model }: Extract<ChatRequest, { type: 'pullModel' | 'cancelPull' | 'unloadModel' | 'deleteModel' }>): void {
    if (this.refuseNext !== undefined) {
      this.#reply({ type: 'refused', requestId, error: this.refuseNext });
      this.refuseNext = undefined;
      return;
    }
    this.#reply({ type: 'accepted', requestId });
    if (type === 'pullModel') {
      this.#pulls = this.#pulls.filter(({ name }) => name !== model);
      this.pull(model, {});
    } else if (type === 'cancelPull') {
      if (this.#pulls.some(({ name, state }) => name === model && state === 'running')) this.pull(model, { state: 'cancelled' });
      else {
        this.#pulls = this.#pulls.filter(({ name }) => name !== model);
        this.tellPulls();
      }
    } else {
      this.loaded = this.loaded.filter(({ name }) => name !== model);
      this.#reply({ type: 'loaded', items: this.loaded });
      if (type === 'unloadModel') return;
      this.models = this.models.filter(({ name }) => name !== model);
      this.tellModels();
    }
  }
}
