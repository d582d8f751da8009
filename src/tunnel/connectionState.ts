import { assertNever } from '../base/assertNever.ts';
import { errorCatalogue, type ErrorCode } from '../protocol/errors.ts';
import type { TunnelConnectionState } from '../protocol/status.ts';

/**
 * The life of a connection, as one tagged union. `attempt` counts tries since the connection last was up, from 1.
 * `reconnecting` with a `retryAt` waits for that time, without one it is trying, or waits for the device on a link that is up.
 */
export type ConnectionState =
  | { readonly kind: 'disconnected' }
  | { readonly kind: 'connecting'; readonly attempt: number; readonly error?: ErrorCode }
  | { readonly kind: 'connected' }
  | { readonly kind: 'streaming'; readonly streams: number }
  | { readonly kind: 'reconnecting'; readonly attempt: number; readonly error: ErrorCode; readonly retryAt?: number }
  | { readonly kind: 'error'; readonly error: ErrorCode };

export type ConnectionEvent =
  /** The user, or the setting, wants a connection. */
  | { readonly type: 'connect' }
  | { readonly type: 'disconnect' }
  /** Proven as far as this end can: admitted at the relay, or answered by the device. */
  | { readonly type: 'established'; readonly streams: number }
  /** The link is up, the device is not: the relay will tell when it comes. */
  | { readonly type: 'waiting' }
  /** The try, or the connection, is over. */
  | { readonly type: 'failed'; readonly error: ErrorCode }
  /** The wait before the next try has begun and ends at `at` (wall clock, ms). */
  | { readonly type: 'retryScheduled'; readonly at: number }
  | { readonly type: 'retryDue' }
  /** Skip the wait, or begin anew: *Reconnect Now*, wake, `online`. */
  | { readonly type: 'retryNow' }
  | { readonly type: 'streams'; readonly count: number };

/** What the owner of the machine has to do after a transition, in order. */
export type ConnectionEffect =
  | { readonly type: 'dial'; readonly attempt: number }
  | { readonly type: 'hangUp' }
  | { readonly type: 'scheduleRetry'; readonly attempt: number }
  | { readonly type: 'cancelRetry' };

export interface Transition {
  readonly state: ConnectionState;
  readonly effects: readonly ConnectionEffect[];
}

export const initialConnectionState: ConnectionState = { kind: 'disconnected' };

const hangUp: ConnectionEffect = { type: 'hangUp' };
const cancelRetry: ConnectionEffect = { type: 'cancelRetry' };

/** The only place where a connection changes its state. An event that means nothing in a state leaves it as it is. */
export function transition(state: ConnectionState, event: ConnectionEvent): Transition {
  switch (event.type) {
    case 'connect':
      return state.kind === 'disconnected' || state.kind === 'error' ? dialFirst() : stay(state);
    case 'disconnect':
      return state.kind === 'disconnected' ? stay(state) : { state: { kind: 'disconnected' }, effects: [cancelRetry, hangUp] };
    case 'established':
      return isTrying(state) ? { state: live(event.streams), effects: [cancelRetry] } : stay(state);
    case 'waiting':
      return onWaiting(state);
    case 'failed':
      return onFailed(state, event.error);
    case 'retryScheduled':
      return state.kind === 'reconnecting' ? { state: { ...state, retryAt: event.at }, effects: [] } : stay(state);
    case 'retryDue':
      return state.kind === 'reconnecting' && state.retryAt !== undefined ? redial(state) : stay(state);
    case 'retryNow':
      return onRetryNow(state);
    case 'streams':
      return isLive(state) ? { state: live(event.count), effects: [] } : stay(state);
    default:
      return assertNever(event);
  }
}

/** The roadmap's name of a state: they are the same six. */
export function connectionStateName(state: ConnectionState): TunnelConnectionState {
  return state.kind;
}

export function isLive(state: ConnectionState): boolean {
  return state.kind === 'connected' || state.kind === 'streaming';
}

export function isTrying(state: ConnectionState): boolean {
  return state.kind === 'connecting' || state.kind === 'reconnecting';
}

function stay(state: ConnectionState): Transition {
  return { state, effects: [] };
}

function live(streams: number): ConnectionState {
  return streams > 0 ? { kind: 'streaming', streams } : { kind: 'connected' };
}

function dialFirst(): Transition {
  return { state: { kind: 'connecting', attempt: 1 }, effects: [{ type: 'dial', attempt: 1 }] };
}

function redial(state: Extract<ConnectionState, { kind: 'reconnecting' }>): Transition {
  const { attempt, error } = state;
  return { state: { kind: 'reconnecting', attempt, error }, effects: [{ type: 'dial', attempt }] };
}

function onWaiting(state: ConnectionState): Transition {
  if (state.kind === 'connecting') return { state: { ...state, error: 'deviceOffline' }, effects: [] };
  if (state.kind === 'reconnecting')
    return { state: { kind: 'reconnecting', attempt: state.attempt, error: 'deviceOffline' }, effects: [] };
  if (isLive(state)) return { state: { kind: 'reconnecting', attempt: 1, error: 'deviceOffline' }, effects: [] };
  return stay(state);
}

function onFailed(state: ConnectionState, error: ErrorCode): Transition {
  if (state.kind === 'disconnected' || state.kind === 'error') return stay(state);
  if (!errorCatalogue[error].retry) return { state: { kind: 'error', error }, effects: [cancelRetry, hangUp] };
  const attempt = isTrying(state) && 'attempt' in state ? state.attempt + 1 : 1;
  return { state: { kind: 'reconnecting', attempt, error }, effects: [hangUp, { type: 'scheduleRetry', attempt }] };
}

function onRetryNow(state: ConnectionState): Transition {
  if (state.kind === 'disconnected') return stay(state);
  if (state.kind === 'connecting') return { state, effects: [hangUp, { type: 'dial', attempt: state.attempt }] };
  if (state.kind === 'error') return dialFirst();
  if (state.kind === 'reconnecting') {
    const next = redial(state);
    return { state: next.state, effects: [cancelRetry, hangUp, ...next.effects] };
  }
  return { state: { kind: 'reconnecting', attempt: 1, error: 'relaySilent' }, effects: [hangUp, { type: 'dial', attempt: 1 }] };
}
