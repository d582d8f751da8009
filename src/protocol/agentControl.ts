import type { Event } from '../base/emitter.ts';
import type { MaybePromise } from '../base/maybePromise.ts';
import type { DiagnoseOptions, Diagnosis } from './diagnosis.ts';
import type { ClientKind, Scope } from './pairingFrames.ts';
import type { OllamaStatus, StatusEventBus, TunnelConnection, TunnelMetrics } from './status.ts';

/** A one-time offer to pair, while it is open. */
export interface PairingOffer {
  /** `https://relay/#…`; the fragment holds the secret and never reaches a server. */
  readonly link: string;
  /** The same secret to type on the relay's page: `XXXXX-XXXXX-XXXXX-XXXXX`. */
  readonly code: string;
  /** Wall clock, ms. */
  readonly expiresAt: number;
}

/** Who sits at a client: the machine's owner, who sees their chats there too, or a guest, who has chats of their own and never the owner's. */
export type Person = 'owner' | 'guest';

/** Somebody holds the offer's secret and asks to be let in. Unanswered, it is denied after 5 min. */
export interface PairingQuestion {
  /** As the client names itself, cleaned of control characters. */
  readonly name: string;
  readonly kind: ClientKind;
  readonly scope: Scope;
  /** Six words, the same on both screens. */
  readonly words: readonly string[];
  /** @param person whose client it is when it is let in. Default: the owner's */
  answer(allow: boolean, person?: Person): void;
  /** The question is over without our answer: it expired or was withdrawn. */
  readonly onDidEnd: Event<void>;
}

export interface PairedClient {
  readonly id: string;
  readonly name: string;
  /** `key`: whoever holds an API key. */
  readonly kind: ClientKind | 'key';
  readonly scope: Scope;
  /** Another person's: it has chats of its own. */
  readonly isGuest?: true;
  /** Wall clock, ms. */
  readonly pairedAt: number;
  readonly lastSeenAt?: number;
  /** A key is good until then. */
  readonly expiresAt?: number;
  readonly online: boolean;
  /** Last measured round trip to it while it is online, ms. */
  readonly rttMs?: number;
}

/** The longest that a key may be made for beside "until it is revoked", days: ten years. */
export const MAX_KEY_DAYS = 3650;

/** What a key may do, and for how long. */
export interface KeyGrant {
  /** `api`: all that programs may ask; `chat`: chat, and which models there are. Default: `api`. */
  readonly scope?: Extract<Scope, 'api' | 'chat'>;
  /** 1 to {@link MAX_KEY_DAYS}. Default: until it is revoked. */
  readonly days?: number;
}

/** A new API key. It is shown once: the device does not keep it. */
export interface CreatedApiKey {
  readonly clientId: string;
  /** `c2l_…`, 91 characters. */
  readonly key: string;
}

/** The relay this device is set to use. */
export interface RelaySetting {
  readonly origin: string;
  readonly invite?: string;
  /** A relay has been reached there; what answers in its place later is an obstacle on the way. */
  readonly isKnown?: boolean;
}

/** What windows and the CLI may ask of the agent, be it in this process or behind a pipe. */
export interface AgentControl {
  /** Who holds the connection: this window, another one, or the headless agent. Default: this one. */
  readonly role?: 'leads' | 'follows' | 'agent';
  readonly deviceId: string;
  readonly deviceName: string;
  readonly bus: StatusEventBus;
  readonly tunnel: TunnelConnection;
  readonly metrics: TunnelMetrics;
  readonly ollama: OllamaStatus;
  readonly onDidChangeOllama: Event<OllamaStatus>;
  /** Generations and `http` streams running now. */
  readonly runningStreams: number;
  readonly relay: RelaySetting | undefined;
  /** Remembers address and invite in the state folder, and connects there when connected now. @throws TunnelError `badRelayUrl` */
  setRelay(address: string, invite?: string): Promise<void>;
  /** Disconnects, and keeps neither address nor invite; who is paired stays so. @throws TunnelError `storeFailed` */
  forgetRelay(): MaybePromise<void>;
  /**
   * Goes to a relay as far as being admitted there, and keeps nothing: what a person typed is looked at before it is stored. At most 23 s.
   * Never throws.
   */
  probeRelay(address: string, invite?: string, options?: DiagnoseOptions): Promise<Diagnosis>;
  /** Resolves once connected. Single-flight. @throws TunnelError when it needs the user; transient failures go on by themselves */
  connect(options?: { readonly signal?: AbortSignal }): Promise<void>;
  disconnect(): void;
  /** Skips the wait before the next try. */
  reconnect(): void;
  readonly clients: readonly PairedClient[];
  /** Of clients, who of them is online, whether they are paused, and how much runs for them or for this machine. */
  readonly onDidChangeClients: Event<void>;
  /** Opens the one offer there can be and resolves once the relay knows it. Asked again, the old offer is void. */
  createOffer(): Promise<PairingOffer>;
  cancelOffer(): void;
  readonly onPairingQuestion: Event<PairingQuestion>;
  /** Fires after a pairing has been stored, with the client's id. */
  readonly onDidPair: Event<string>;
  /**
   * Makes an API key, and resolves once the relay knows it or, without a connection, at once.
   * @throws TunnelError `storeFailed`, `messageTooLong` for the name, `badMessage` for the days
   */
  createApiKey(name: string, grant?: KeyGrant): Promise<CreatedApiKey>;
  /** Ends the client's circuits within 1 s and keeps it out. */
  revoke(clientId: string): MaybePromise<void>;
  /** With another scope its circuits end, and it comes again by itself. @throws TunnelError `messageTooLong` for a name */
  changeClient(clientId: string, change: { readonly name?: string; readonly scope?: Scope }): MaybePromise<void>;
  /** Nobody from elsewhere is let in, for now; remembered. */
  readonly isRemotePaused: boolean;
  /** Pausing ends all circuits within 1 s; who comes is told. Answers that are being written go on and are kept. */
  setRemotePaused(paused: boolean): MaybePromise<void>;
  checkOllama(): Promise<OllamaStatus>;
  /**
   * Settings that the agent of this process reads by itself are others than before: tells the views that were told what follows from them.
   * Of another process's agent that one's window hears by itself.
   */
  settingsChanged(): void;
  /** Looks at every hop, from the relay's address to a word of a model, in at most 30 s. Never throws. */
  diagnose(options?: DiagnoseOptions): Promise<Diagnosis>;
}
