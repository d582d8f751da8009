import type { Clock } from '../../base/clock.ts';
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import type { Logger } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { Hub } from '../../conversation/hub.ts';
import { LocalChatPort, ownView } from '../../conversation/localChatPort.ts';
import { SqliteStore } from '../../conversation/node/sqliteStore.ts';
import type { ModelClient } from '../../conversation/ports.ts';
import type { ChatCapabilities, ChatPort } from '../../protocol/chatPort.ts';
import { TunnelError } from '../../protocol/errors.ts';
import type { OllamaStatus } from '../../protocol/status.ts';

export interface HistoryOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly deviceName: string;
}

/** The chats as another process has written them, to be read while that one does not answer. */
export class History implements Disposable {
  readonly #owned = new DisposableStore();
  readonly #hub: Hub;
  readonly #clock: Clock;

  /** @throws TunnelError `storeFailed`, `storeNewer` */
  constructor(file: string, { clock, random, log, deviceName }: HistoryOptions) {
    this.#clock = clock;
    const store = this.#owned.add(SqliteStore.open(file, clock, true).store);
    try {
      this.#hub = this.#owned.add(new Hub({ clock, random, log, deviceName, store, readsOnly: true, models: noModels }));
    } catch (error) {
      this.#owned.dispose();
      throw error;
    }
  }

  /** Whoever asked for it ends it, and asks it nothing that changes something. */
  createChatPort(capabilities: ChatCapabilities): ChatPort {
    return new LocalChatPort({ hub: this.#hub, clock: this.#clock, peer: ownView, capabilities });
  }

  dispose(): void {
    this.#owned.dispose();
  }
}

const unknown: OllamaStatus = { state: 'unknown' };
const refuse = (): Promise<never> => Promise.reject(new TunnelError('leaderStuck'));
const never = (): Disposable => toDisposable(() => undefined);

/** Ollama is the leader’s to ask. */
const noModels: ModelClient = {
  status: unknown,
  onDidChangeStatus: never,
  check: () => Promise.resolve(unknown),
  listModels: refuse,
  generate: never,
  listLoaded: refuse,
  unload: refuse,
  deleteModel: refuse,
  pull: never,
  dispose: () => undefined,
};
