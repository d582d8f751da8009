import type { Disposable } from '../base/disposable.ts';
import type { Event } from '../base/emitter.ts';
import type { ErrorCode } from './errors.ts';

/** Roadmap `TunnelConnectionState`: exactly these six. */
export type TunnelConnectionState = 'disconnected' | 'connecting' | 'connected' | 'streaming' | 'error' | 'reconnecting';

export const tunnelConnectionStates: readonly TunnelConnectionState[] = [
  'disconnected',
  'connecting',
  'connected',
  'streaming',
  'error',
  'reconnecting',
];

/** Roadmap `ConnectionStatusEvent`: one per change of state, in order. */
export interface ConnectionStatusEvent {
  readonly state: TunnelConnectionState;
  /** The relay's origin; it holds no secret. */
  readonly endpoint?: string;
  /** Why: on `error`, `reconnecting`, and a `connecting` that waits. */
  readonly error?: ErrorCode;
  /** Wall clock, ms since the epoch; never before the event that came earlier. */
  readonly timestamp: number;
}

/** Roadmap `StatusEventBus`. */
export interface StatusEventBus {
  /** Hears every event from now on, and first the current one. */
  readonly statusStream: Event<ConnectionStatusEvent>;
  /** The last event published. */
  readonly current: ConnectionStatusEvent;
  publishStatus(event: ConnectionStatusEvent): void;
}

export type Quality = 'excellent' | 'good' | 'fair' | 'poor' | 'unknown';

/** Roadmap `TunnelConnection`, a snapshot of what is. */
export interface TunnelConnection {
  readonly state: TunnelConnectionState;
  readonly endpoint?: string;
  /** Wall clock of the last frame received, ms. */
  readonly lastActivity?: number;
  /** Tries since the last stable connection; 0 while connected. */
  readonly reconnectAttempts: number;
  /** Last measured round trip, ms; undefined before the first. A device measures the relay, a client the device. */
  readonly latency: number | undefined;
}

/** What a window of measured round trips comes to, ms. */
export interface RoundTrip {
  readonly lastMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Mean difference of one round trip from the next. */
  readonly jitterMs: number;
  /** How many were measured; never more than the window holds. */
  readonly samples: number;
}

/** How good a connection is, and what went through it. Counts run from the start of the program. */
export interface TunnelMetrics {
  /** `unknown` while not connected, and below three samples. */
  readonly quality: Quality;
  /** Of a device to the relay, of a client to the device. Undefined before the first sample. */
  readonly roundTrip: RoundTrip | undefined;
  /** Pings that found no answer in time. */
  readonly missedPings: number;
  /** Times that the connection came back by itself. */
  readonly reconnects: number;
  /** How long this connection has been up, ms; undefined while it is not. */
  readonly uptimeMs: number | undefined;
  /** Wall clock of the next try while one is waited for, ms. */
  readonly nextTryAt: number | undefined;
  /** WebSocket messages to and from the relay, all kinds. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Streams open through the tunnel now. */
  readonly streams: number;
  /** Of all answers being written on this machine; undefined at a client, which does not know it. */
  readonly tokensPerSecond: number | undefined;
}

/** Where there is no connection, or none that is known of. */
export const nothingMeasured: TunnelMetrics = {
  quality: 'unknown',
  roundTrip: undefined,
  missedPings: 0,
  reconnects: 0,
  uptimeMs: undefined,
  nextTryAt: undefined,
  bytesSent: 0,
  bytesReceived: 0,
  streams: 0,
  tokensPerSecond: undefined,
};

/** Roadmap `StreamingMessage`: a piece of an answer. `sequence` starts at 0 and has no gap; exactly one piece is complete. */
export interface StreamingMessage {
  /** Id of the answer. */
  readonly id: string;
  readonly conversationId: string;
  readonly chunk: string;
  readonly isComplete: boolean;
  readonly sequence: number;
  /** Wall clock at the device, ms. */
  readonly timestamp: number;
}

/** Roadmap `StreamingService`. Two implementations: direct, and through the tunnel. */
export interface StreamingService {
  /**
   * Asks `model` and yields the answer's pieces as they come; the last has `isComplete`.
   * Ends with a TunnelError when the answer did not come to its end. Leaving the loop asks the model to stop.
   */
  streamResponse(prompt: string, model: string, options?: { readonly signal?: AbortSignal }): AsyncIterable<StreamingMessage>;
  /** Resolves once connected; concurrent calls share one try. */
  establishConnection(options?: { readonly signal?: AbortSignal }): Promise<void>;
  closeConnection(): Promise<void>;
  readonly status: TunnelConnectionState;
}

/** How Ollama is, as far as is known. */
export type OllamaState = 'unknown' | 'ok' | 'notInstalled' | 'notRunning' | 'wrongHost' | 'blocked' | 'foreign' | 'noModels';

/** What each state of Ollama is as an error; unknown is no trouble until it is known. */
export const ollamaErrors = {
  unknown: undefined,
  ok: undefined,
  notInstalled: 'ollamaNotInstalled',
  notRunning: 'ollamaNotRunning',
  wrongHost: 'ollamaWrongHost',
  blocked: 'ollamaBlocked',
  foreign: 'ollamaForeign',
  noModels: 'ollamaNoModels',
} as const satisfies Record<OllamaState, ErrorCode | undefined>;

/** Ollama as the device sees it. */
export interface OllamaStatus {
  readonly state: OllamaState;
  /** The address tried or in use, without credentials. */
  readonly url?: string;
  readonly version?: string;
  /** Set when the answering program names itself the stand-in. */
  readonly standIn?: boolean;
}

/** One hop, worst first in {@link hopLevels}. */
export type HopLevel = 'down' | 'unknown' | 'waiting' | 'up';
export const hopLevels: readonly HopLevel[] = ['down', 'unknown', 'waiting', 'up'];

/** Something that follows the bus and must be told to stop. */
export type StatusSubscription = Disposable;
