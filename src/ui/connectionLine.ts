import { errorCatalogue, wordsOf } from '../protocol/errors.ts';
import { ollamaErrors } from '../protocol/status.ts';
import { deviceNameOf, isUp, type ChatModel } from './chatModel.ts';
import { lastSeenWords } from './words.ts';

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

/** What to say of the line to the device; nothing while it is up, or in a host whose line cannot be down. @param now wall clock, ms */
export function connectionLine(model: ChatModel, now: number): ConnectionLine | undefined {
  const { state, error, lastSeenAt } = model.connection;
  if (isUp(model)) return undefined;
  const name = deviceNameOf(model) ?? 'your computer';
  const Name = deviceNameOf(model) ?? 'Your computer';
  if (error !== undefined && !errorCatalogue[error].retry) {
    const text = error === 'revoked' ? `This browser was removed at ${name}.` : wordsOf(error);
    return { key: error, text, tone: 'stop', ...(errorCatalogue[error].action === 'pairAgain' ? { action: 'pairAgain' } : {}) };
  }
  if (state === 'disconnected') return { key: 'disconnected', text: 'Not connected.', tone: 'stop' };
  if (!model.online) return { key: 'offline', text: 'You are offline. Going on when the network is back.', tone: 'wait' };
  if (error === 'deviceOffline') {
    const seen = lastSeenAt === undefined ? '' : ` (last seen ${lastSeenWords(lastSeenAt, now)})`;
    return { key: error, text: `${Name} is offline${seen}. It needs VS Code open, or Keep Reachable.`, tone: 'wait' };
  }
  if (error === 'paused')
    return { key: error, text: `Remote access is paused at ${name}. Going on when it is allowed there again.`, tone: 'wait' };
  if (error !== undefined) return { key: error, text: wordsOf(error), tone: 'wait' };
  if (state === 'error') return { key: 'internal', text: wordsOf('internal'), tone: 'stop' };
  return state === 'connecting'
    ? { key: 'connecting', text: `Connecting to ${name}…`, tone: 'wait' }
    : { key: 'reconnecting', text: `Reconnecting to ${name}…`, tone: 'wait' };
}

/** The word beside the dot in the page's bar: of the nearest hop that is not well. */
export function connectionWord(model: ChatModel): string {
  const { state, error } = model.connection;
  switch (state) {
    case 'connected':
    case 'streaming': {
      const trouble = ollamaErrors[model.ollama.state];
      return trouble === undefined ? 'Connected' : errorCatalogue[trouble].short;
    }
    case 'connecting':
    case 'reconnecting':
      if (!model.online) return 'No network';
      if (error === 'deviceOffline') return 'Offline';
      if (error === 'paused') return 'Paused';
      return state === 'connecting' ? 'Connecting' : 'Reconnecting';
    case 'disconnected':
    case 'error':
      return error === 'revoked' ? 'Removed' : 'Not connected';
  }
}

/** The same for those who hear it: `Desk: Offline`. */
export function connectionSpoken(model: ChatModel): string {
  return `${deviceNameOf(model) ?? 'Your computer'}: ${connectionWord(model)}`;
}

/** How the dot looks: green only when the far end and its model are there. */
export function connectionDot(model: ChatModel): 'up' | 'waiting' | 'down' {
  const { state } = model.connection;
  if (state === 'disconnected' || state === 'error') return 'down';
  return isUp(model) && ollamaErrors[model.ollama.state] === undefined ? 'up' : 'waiting';
}

/** What is measured of a line that is up, for the hover: `24 ms, quality good`. */
export function connectionMeasure(model: ChatModel): string | undefined {
  const { rttMs, quality = 'unknown' } = model.connection;
  return isUp(model) && rttMs !== undefined ? `${String(Math.round(rttMs))} ms, quality ${quality}` : undefined;
}
