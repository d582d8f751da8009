import { hostname } from 'node:os';
import { systemClock } from '../../base/clock.ts';
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import type { Logger } from '../../base/log.ts';
import { systemRandom } from '../../base/random.ts';
import type { DamagedFile } from '../../conversation/node/openDatabase.ts';
import { SqliteStore } from '../../conversation/node/sqliteStore.ts';
import { Retention } from '../../conversation/retention.ts';
import { OllamaClient, type OllamaSettings } from '../../ollama/node/ollamaClient.ts';
import type { ChatSettings } from '../../protocol/chatSettings.ts';
import type { StatusEventBus } from '../../protocol/status.ts';
import { soundCrypto } from '../../secure/node/soundCrypto.ts';
import { watchNetwork } from '../../tunnel/node/networkWatch.ts';
import { dialWs } from '../../tunnel/node/wsLinkSocket.ts';
import { Agent } from '../agent.ts';
import { LeaderLock } from './leaderLock.ts';
import { SqliteDeviceStore } from './sqliteDeviceStore.ts';
import { defaultStateFolder, StateFolder } from './stateFolder.ts';

export interface NodeAgentOptions {
  /** Default: the OS user's own, or `C2L_STATE`. */
  readonly stateFolder?: string;
  readonly bus: StatusEventBus;
  readonly log: Logger;
  /** Read at each look for Ollama. */
  readonly ollama?: () => OllamaSettings;
  /** How chats are asked that say nothing themselves; read for each answer. */
  readonly chatDefaults?: () => ChatSettings;
  /** How people know this machine. Default: its host name. */
  readonly deviceName?: string;
}

export interface NodeAgent extends Disposable {
  readonly agent: Agent;
  /** A damaged conversation file that was set aside. */
  readonly damaged?: DamagedFile;
  /** The path of a damaged file of pairings that was set aside: every client must pair again. */
  readonly damagedPairings?: string;
}

/**
 * The agent on this machine: the same assembly in the extension and in the headless agent.
 * @throws TunnelError `anotherLeads`, `identityLost`, `storeFailed`, `storeNewer`
 */
export function createNodeAgent(options: NodeAgentOptions): NodeAgent {
  const store = new DisposableStore();
  try {
    const crypto = soundCrypto();
    const folder = new StateFolder(options.stateFolder ?? defaultStateFolder());
    store.add(new LeaderLock(folder.lockFile));
    const { store: conversations, damaged } = SqliteStore.open(folder.conversationsFile, systemClock);
    store.add(conversations);
    store.add(new Retention(systemClock, conversations, options.log));
    const devices = store.add(new SqliteDeviceStore(folder.deviceFile, systemClock.now()));
    const models = store.add(
      new OllamaClient({
        clock: systemClock,
        log: options.log,
        environment: process.env['OLLAMA_HOST'],
        ...(options.ollama ? { settings: options.ollama } : {}),
      }),
    );
    const agent = store.add(
      new Agent({
        clock: systemClock,
        random: systemRandom,
        crypto,
        dial: dialWs,
        identity: folder.identity(crypto, systemRandom),
        deviceName: options.deviceName ?? hostname(),
        conversations,
        makeTemporaryStore: () => SqliteStore.inMemory(systemClock),
        devices,
        relayFile: folder.relayFile,
        models,
        upstream: models,
        chatDefaults: options.chatDefaults,
        bus: options.bus,
        log: options.log,
      }),
    );
    store.add(followNetwork(agent));
    return {
      agent,
      ...(damaged === undefined ? {} : { damaged }),
      ...(devices.damagedFile === undefined ? {} : { damagedPairings: devices.damagedFile }),
      dispose: () => {
        store.dispose();
      },
    };
  } catch (error) {
    store.dispose();
    throw error;
  }
}

/** Tells the agent of another network for as long as it wants a connection. */
function followNetwork(agent: Agent): Disposable {
  let watch: Disposable | undefined;
  const stop = (): void => {
    watch?.dispose();
    watch = undefined;
  };
  const states = agent.bus.statusStream(({ state }) => {
    if (state === 'disconnected' || state === 'error') stop();
    else
      watch ??= watchNetwork(systemClock, () => {
        agent.wake();
      });
  });
  return toDisposable(() => {
    states.dispose();
    stop();
  });
}
