import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { HubOptions } from '../conversation/hub.ts';
import type { ConversationStore, ModelClient } from '../conversation/ports.ts';
import type { Upstream } from '../ollama/upstream.ts';
import type { DialLink } from '../protocol/linkSocket.ts';
import type { RemoteRules } from '../protocol/remoteRules.ts';
import type { StatusEventBus } from '../protocol/status.ts';
import type { CryptoPort, DhKey } from '../secure/crypto.ts';
import type { AuditSink } from './auditTrail.ts';
import type { DeviceStore } from './deviceStore.ts';
import type { HttpLimits } from './httpLedger.ts';
import type { RelayFile } from './relayChoice.ts';
import type { VisitRelay } from './relayVisit.ts';

/** What a device is made of. */
export interface AgentOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly crypto: CryptoPort;
  readonly dial: DialLink;
  /** How a diagnosis looks at the relay's address. */
  readonly visit: VisitRelay;
  readonly identity: DhKey;
  readonly deviceName: string;
  readonly conversations: ConversationStore;
  /** See {@link HubOptions}. */
  readonly makeTemporaryStore?: () => ConversationStore;
  readonly devices: DeviceStore;
  readonly relayFile: RelayFile;
  readonly models: ModelClient;
  readonly chatDefaults?: HubOptions['defaults'];
  readonly defaultModel?: HubOptions['defaultModel'];
  readonly pullNotes?: HubOptions['pullNotes'];
  /** What clients from elsewhere may do. Default: as without settings. */
  readonly remoteRules?: (() => RemoteRules) | undefined;
  /** The way of `http` streams to Ollama. Without one they are refused. */
  readonly upstream?: Upstream;
  readonly httpLimits?: HttpLimits;
  readonly bus: StatusEventBus;
  readonly log: Logger;
  /** Keeps what remote clients do. Without one nothing is kept. */
  readonly audit?: AuditSink;
}
