import type { ConnectionStatusEvent, OllamaStatus, Quality, TunnelConnection, TunnelMetrics } from '../protocol/status.ts';

/** Everything the status item is a function of. */
export interface StatusInput {
  /** The bus's current event. Its state and error count, and its time as the beginning of the state. */
  readonly event: ConnectionStatusEvent;
  readonly tunnel: TunnelConnection;
  readonly quality: Quality;
  /** Undefined before the agent runs. */
  readonly metrics?: Pick<TunnelMetrics, 'reconnects' | 'uptimeMs' | 'tokensPerSecond'>;
  readonly ollama: OllamaStatus;
  /** Generations and `http` streams running now. */
  readonly runningStreams: number;
  readonly clientsOnline: number;
  readonly clientsPaired?: number;
  readonly relayConfigured: boolean;
  /** The person has paused remote access. */
  readonly paused?: boolean;
  /** Wall clock of the next try while reconnecting, ms. */
  readonly nextTryAt?: number;
  /** Who holds the connection. Default `leads`. */
  readonly role?: 'leads' | 'follows' | 'agent';
  /** Host of the relay that this window's setting names, when another leads and uses another relay. */
  readonly otherRelay?: string;
  /** The machine that answers, as the person knows it. */
  readonly deviceName?: string;
  /** Wall clock, ms. */
  readonly now: number;
}
