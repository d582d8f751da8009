import { assertNever } from '../base/assertNever.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Logger } from '../base/log.ts';
import { mayPullModel, mayUseModel } from '../policy/chatPolicy.ts';
import type { ChatReply, ModelRequest } from '../protocol/chat.ts';
import type { LoadedModel } from '../protocol/chatModels.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { MAX_LISTED } from '../protocol/limits.ts';
import type { ChatPeer } from './chatPeer.ts';
import type { ModelClient } from './ports.ts';
import { Pulls, type PullNotes } from './pulls.ts';

export interface ModelDeskOptions {
  readonly clock: Clock;
  readonly models: ModelClient;
  readonly log: Logger;
  readonly isCloudModel: (name: string) => boolean;
  /** Does any view follow what is loaded? Only then Ollama is asked by itself. */
  readonly isWatched: () => boolean;
  readonly onDidChangePulls: () => void;
  readonly onDidChangeLoaded: () => void;
  /** There are other models than before. */
  readonly onDidChangeModels: () => void;
  readonly pullNotes?: PullNotes | undefined;
}

/** Ollama unloads some time after a model's time is over. */
const EXPIRED_MS = 1_000;

/** Which models are in memory and which are coming, and what changes that. */
export class ModelDesk implements Disposable {
  readonly #options: ModelDeskOptions;
  readonly #pulls: Pulls;
  #loaded: readonly LoadedModel[] = [];
  /** A refresh is under way, and another is wanted behind it. */
  #refreshing = false;
  #again = false;
  #expiry: Disposable | undefined;
  #isDisposed = false;

  constructor(options: ModelDeskOptions) {
    this.#options = options;
    const { clock, models, onDidChangePulls, onDidChangeModels, pullNotes: notes } = options;
    this.#pulls = new Pulls({ clock, models, onDidChange: onDidChangePulls, onPulled: onDidChangeModels, notes });
    this.#goOn();
  }

  get hasPulls(): boolean {
    return this.#pulls.all.length > 0;
  }

  pulls(): ChatReply {
    return { type: 'pulls', items: [...this.#pulls.all] };
  }

  /** As last heard of; cloud-backed ones for those alone who may use them. */
  loaded(peer: ChatPeer): ChatReply {
    return { type: 'loaded', items: this.#loaded.filter((model) => mayUseModel(peer, model)).slice(0, MAX_LISTED) };
  }

  /** Asks Ollama what is in memory, then tells the views that follow it. */
  refresh(): void {
    this.#again = this.#refreshing;
    if (this.#refreshing || this.#isDisposed) return;
    this.#refreshing = true;
    void this.#options.models
      .listLoaded()
      // of an Ollama that cannot be asked its own status says why
      .catch((): readonly LoadedModel[] => [])
      .then((loaded) => {
        this.#refreshing = false;
        this.#take(loaded);
        if (this.#again) this.refresh();
      });
  }

  /** Ollama is otherwise than before. */
  statusChanged(): void {
    this.#goOn();
    this.noteChange();
  }

  /** Something may have loaded or unloaded a model. */
  noteChange(): void {
    if (this.#options.isWatched()) this.refresh();
  }

  change(peer: ChatPeer, request: ModelRequest, respond: (reply: ChatReply) => void): void {
    const { models, isCloudModel } = this.#options;
    const { requestId, model } = request;
    const settle = (error?: ErrorCode, detail?: string): void => {
      if (error === undefined) respond({ type: 'accepted', requestId });
      else respond({ type: 'refused', requestId, error, ...(detail === undefined ? {} : { detail }) });
    };
    if (model.trim() !== model) {
      settle('badMessage');
      return;
    }
    switch (request.type) {
      case 'pullModel':
        settle(mayPullModel(peer, model) ? this.#pulls.start(model) : 'notAllowed');
        return;
      case 'cancelPull':
        this.#pulls.cancel(model);
        settle();
        return;
      case 'unloadModel':
      case 'deleteModel': {
        if (!mayUseModel(peer, { name: model, cloud: isCloudModel(model) })) {
          settle('notAllowed');
          return;
        }
        const isDeletion = request.type === 'deleteModel';
        (isDeletion ? models.deleteModel(model) : models.unload(model)).then(
          () => {
            settle();
            if (this.#isDisposed) return;
            if (isDeletion) this.#options.onDidChangeModels();
            this.noteChange();
          },
          (error: unknown) => {
            const { code, detail } = TunnelError.from(error);
            this.#options.log.warn('a model could not be changed', { code });
            settle(code, detail);
          },
        );
        return;
      }
      default:
        assertNever(request);
    }
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#expiry?.dispose();
    this.#pulls.dispose();
  }

  #goOn(): void {
    const { state } = this.#options.models.status;
    if (state === 'ok' || state === 'noModels') this.#pulls.resume();
  }

  #take(loaded: readonly LoadedModel[]): void {
    if (this.#isDisposed) return;
    this.#loaded = loaded;
    this.#options.onDidChangeLoaded();
    this.#expiry?.dispose();
    const ends = loaded.flatMap(({ expiresAt }) => (expiresAt === undefined ? [] : [expiresAt]));
    if (ends.length === 0 || !this.#options.isWatched()) return;
    const { clock } = this.#options;
    this.#expiry = clock.after(Math.max(0, Math.min(...ends) - clock.now()) + EXPIRED_MS, () => {
      this.noteChange();
    });
  }
}
