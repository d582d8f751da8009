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
import type { RemoteRules } from '../../protocol/remoteRules.ts';
import type { StatusEventBus } from '../../protocol/status.ts';
import { soundCrypto } from '../../secure/node/soundCrypto.ts';
import { watchNetwork } from '../../tunnel/node/networkWatch.ts';
import { dialWs } from '../../tunnel/node/wsLinkSocket.ts';
import { Agent } from '../agent.ts';
import { PairingDesk } from '../pairingDesk.ts';
import { AuditFile } from './auditFile.ts';
import { LeaderLock } from './leaderLock.ts';
import { LeaderPipe, type LeaderFace } from './leaderPipe.ts';
import { SqliteDeviceStore } from './sqliteDeviceStore.ts';
import { defaultStateFolder, StateFolder } from './stateFolder.ts';
import { visitRelay } from './visitRelay.ts';

export interface NodeAgentOptions {
  /** Default: the OS user's own, or `C2L_STATE`. */
  readonly stateFolder?: string;
  readonly bus: StatusEventBus;
  readonly log: Logger;
  /** Read at each look for Ollama. */
  readonly ollama?: () => OllamaSettings;
  /** How chats are asked that say nothing themselves; read for each answer. */
  readonly chatDefaults?: () => ChatSettings;
  /** The model that a new chat begins with, or empty; read for each list of models. */
  readonly defaultModel?: () => string;
  /** After how many days chats that nobody writes in go to the bin; read every hour, 0 keeps them. Default: 0. */
  readonly retentionDays?: () => number;
  /** What clients from elsewhere may do; read when it is needed. */
  readonly remoteRules?: () => RemoteRules;
  /** Who leads, to the other programs of this OS user. Without it none can follow. */
  readonly face?: LeaderFace;
  /** How people know this machine. Default: its host name. */
  readonly deviceName?: string;
}

export interface NodeAgent extends Disposable {
  readonly agent: Agent;
  /** Brings the questions of a pairing to who showed the link. */
  readonly desk: PairingDesk;
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
        visit: visitRelay,
        identity: folder.identity(crypto, systemRandom),
        deviceName: options.deviceName ?? hostname(),
        conversations,
        makeTemporaryStore: () => SqliteStore.inMemory(systemClock),
        devices,
        relayFile: folder.relayFile,
        models,
        upstream: models,
        chatDefaults: options.chatDefaults,
        defaultModel: options.defaultModel,
        pullNotes: folder.pullNotes,
        remoteRules: options.remoteRules,
        bus: options.bus,
        log: options.log,
        audit: new AuditFile(folder.auditFile),
      }),
    );
    const { log, retentionDays: days = (): number => 0 } = options;
    const retire = (before: number): boolean => agent.hub.retire(before);
    store.add(new Retention({ clock: systemClock, store: conversations, log, days, retire }));
    store.add(followNetwork(agent));
    const desk = store.add(new PairingDesk(agent));
    const pipe = { clock: systemClock, random: systemRandom, log: options.log, folder, agent, desk };
    if (options.face) store.add(new LeaderPipe({ ...pipe, ...options.face }));
    return {
      agent,
      desk,
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
