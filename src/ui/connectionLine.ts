import type { ChatModel } from './chatModel.ts';
import { errorCatalogue, wordsOf } from '../protocol/errors.ts';

/** One line about the way to the device, when it is not free. */
export interface ConnectionLine {
  /** Tells lines apart; the same trouble keeps its key. */
  readonly key: string;
  readonly text: string;
  /** `wait`: it goes on by itself. `stop`: a person must act. */
  readonly tone: 'wait' | 'stop';
  /** What the person can press. */
  readonly action?: 'pairAgain';
}

/** How long trouble that mends itself may last before anything is said, ms. */
export const CONNECTION_QUIET_MS = 2000;

/** What to say of the line to the device; nothing while it is up, or in a host whose line cannot be down. */
export function connectionLine(model: ChatModel): ConnectionLine | undefined {
  const { state, error } = model.connection;
  if (state === 'connected' || state === 'streaming') return undefined;
  const name = model.hub?.deviceName ?? 'your computer';
  const Name = model.hub?.deviceName ?? 'Your computer';
  if (error !== undefined && !errorCatalogue[error].retry) {
    const text = error === 'revoked' ? `This browser was removed at ${name}.` : wordsOf(error);
    return { key: error, text, tone: 'stop', ...(errorCatalogue[error].action === 'pairAgain' ? { action: 'pairAgain' } : {}) };
  }
  if (state === 'disconnected') return { key: 'disconnected', text: 'Not connected.', tone: 'stop' };
  if (!model.online) return { key: 'offline', text: 'You are offline. Going on when the network is back.', tone: 'wait' };
  if (error === 'deviceOffline') {
    return { key: error, text: `${Name} is offline. It needs its editor open, or its agent running.`, tone: 'wait' };
  }
  if (error === 'paused') return { key: error, text: `Remote access is paused at ${name}.`, tone: 'wait' };
  if (error !== undefined) return { key: error, text: wordsOf(error), tone: 'wait' };
  if (state === 'error') return { key: 'internal', text: wordsOf('internal'), tone: 'stop' };
  return state === 'connecting'
    ? { key: 'connecting', text: `Connecting to ${name}…`, tone: 'wait' }
    : { key: 'reconnecting', text: `Reconnecting to ${name}…`, tone: 'wait' };
}

/** The word beside the dot in the page's bar. */
export function connectionWord(model: ChatModel): string {
  switch (model.connection.state) {
    case 'connected':
    case 'streaming':
      return 'Connected';
    case 'connecting':
      return 'Connecting';
    case 'reconnecting':
      return model.connection.error === 'deviceOffline' ? 'Offline' : 'Reconnecting';
    case 'disconnected':
    case 'error':
      return 'Not connected';
  }
}

/** What is measured of a line that is up, for the hover: `24 ms, quality good`. */
export function connectionMeasure(model: ChatModel): string | undefined {
  const { state, rttMs, quality = 'unknown' } = model.connection;
  const isUp = state === 'connected' || state === 'streaming';
  return isUp && rttMs !== undefined ? `${String(Math.round(rttMs))} ms, quality ${quality}` : undefined;
}
