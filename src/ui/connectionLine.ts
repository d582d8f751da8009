import { errorCatalogue } from '../protocol/errors.ts';
import { ollamaErrors } from '../protocol/status.ts';
import { deviceNameOf, isUp, type ChatModel } from './chatModel.ts';
import { lastSeenWords } from './words.ts';
import { say, wordsOf } from './speech.ts';

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
  const name = deviceNameOf(model) ?? say('your computer');
  const Name = deviceNameOf(model) ?? say('Your computer');
  if (error !== undefined && !errorCatalogue[error].retry) {
    const text = error === 'revoked' ? say('This browser was removed at {0}.', name) : wordsOf(error);
    return { key: error, text, tone: 'stop', ...(errorCatalogue[error].action === 'pairAgain' ? { action: 'pairAgain' } : {}) };
  }
  if (state === 'disconnected') return { key: 'disconnected', text: say('Not connected.'), tone: 'stop' };
  if (!model.online) return { key: 'offline', text: say('You are offline. Going on when the network is back.'), tone: 'wait' };
  if (error === 'deviceOffline') {
    const seen = lastSeenAt === undefined ? '' : say(' (last seen {0})', lastSeenWords(lastSeenAt, now));
    return { key: error, text: say('{0} is offline{1}. It needs VS Code open, or Keep Reachable.', Name, seen), tone: 'wait' };
  }
  if (error === 'paused')
    return { key: error, text: say('Remote access is paused at {0}. Going on when it is allowed there again.', name), tone: 'wait' };
  if (error !== undefined) return { key: error, text: wordsOf(error), tone: 'wait' };
  if (state === 'error') return { key: 'internal', text: wordsOf('internal'), tone: 'stop' };
  return state === 'connecting'
    ? { key: 'connecting', text: say('Connecting to {0}…', name), tone: 'wait' }
    : { key: 'reconnecting', text: say('Reconnecting to {0}…', name), tone: 'wait' };
}

/** The word beside the dot in the page's bar: of the nearest hop that is not well. */
export function connectionWord(model: ChatModel): string {
  const { state, error } = model.connection;
  switch (state) {
    case 'connected':
    case 'streaming': {
      const trouble = ollamaErrors[model.ollama.state];
      return trouble === undefined ? say('Connected') : say(errorCatalogue[trouble].short);
    }
    case 'connecting':
    case 'reconnecting':
      if (!model.online) return say('No network');
      if (error === 'deviceOffline') return say('Offline');
      if (error === 'paused') return say('Paused');
      return state === 'connecting' ? say('Connecting') : say('Reconnecting');
    case 'disconnected':
    case 'error':
      return error === 'revoked' ? say('Removed') : say('Not connected');
  }
}

/** The same for those who hear it: `Desk: Offline`. */
export function connectionSpoken(model: ChatModel): string {
  return `${deviceNameOf(model) ?? say('Your computer')}: ${connectionWord(model)}`;
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
  return isUp(model) && rttMs !== undefined ? `${String(Math.round(rttMs))} ms, ${say(`quality ${quality}`)}` : undefined;
}
