import { assertNever } from '../base/assertNever.ts';
import { inEnglish, type Say } from '../base/say.ts';
import { wordsOf } from '../protocol/errors.ts';
import { causeInShort, remediesOf } from './causes.ts';
import { ollamaTroubleOf } from './ollamaTrouble.ts';
import { statusActionTitles, type StatusAction } from './statusActions.ts';
import type { StatusInput } from './statusInput.ts';
import { tooltipOf, type TooltipLine } from './statusTooltip.ts';
import { hostOf, qualityWords, seconds } from './statusWords.ts';

/** A status as it is drawn and spoken. */
export interface StatusView {
  /** Without icon and without markup. */
  readonly text: string;
  /** Name of a codicon, `~spin` when it turns. */
  readonly icon: string;
  readonly colour: 'none' | 'warning' | 'error';
  readonly spokenLabel: string;
  readonly tooltip: readonly TooltipLine[];
  /** The best one first. */
  readonly actions: readonly StatusAction[];
}

type Face = Omit<StatusView, 'tooltip'>;

/** How long a lost connection stays quiet, and when its length is worth a number, ms. */
const WARN_AFTER_MS = 3_000;
const SHOW_WAIT_AFTER_MS = 10_000;

/** The status item as a pure function of what is known, in the language of `t`. The worst hop decides. */
export function statusView(input: StatusInput, t: Say = inEnglish): StatusView {
  return { ...faceOf(input, t), tooltip: tooltipOf(input, t) };
}

function faceOf(input: StatusInput, t: Say): Face {
  switch (input.event.state) {
    case 'disconnected':
      return disconnected(input, t);
    case 'connecting':
      return plain(t('Connecting'), 'loading~spin', t('Connecting to {0}', hostOf(input, t)), ['disconnect', 'runDiagnostics', 'openChat']);
    case 'reconnecting':
      return reconnecting(input, t);
    case 'error':
      return failed(input, t);
    case 'connected':
    case 'streaming':
      return ollamaDown(input, t) ?? paused(input, t) ?? live(input, t);
    default:
      return assertNever(input.event.state);
  }
}

function plain(text: string, icon: string, spokenLabel: string, actions: readonly StatusAction[]): Face {
  return { text, icon, colour: 'none', spokenLabel, actions };
}

/** Local chat works without a relay: this never looks like a fault. */
function disconnected(input: StatusInput, t: Say): Face {
  const { relayConfigured, runningStreams } = input;
  const label = relayConfigured ? t('Not connected to {0}', hostOf(input, t)) : t('Local chat, no relay set up');
  const text = t('Local AI');
  const actions: StatusAction[] = ['openChat', relayConfigured ? 'connect' : 'setUpRelay'];
  const writing = runningStreams === 1 ? t('writing 1 answer') : t('writing {0} answers', runningStreams);
  if (runningStreams > 0) return plain(text, 'sync~spin', `${label}, ${writing}`, actions);
  return plain(text, relayConfigured ? 'debug-disconnect' : 'comment-discussion', label, actions);
}

function reconnecting({ event, tunnel, nextTryAt, now }: StatusInput, t: Say): Face {
  const waited = now - event.timestamp;
  const wait = nextTryAt === undefined ? undefined : seconds(Math.max(0, nextTryAt - now));
  const attempt = t('Reconnecting, attempt {0}', Math.max(1, tunnel.reconnectAttempts));
  return {
    text: waited >= SHOW_WAIT_AFTER_MS ? t('Reconnecting {0}', wait ?? seconds(waited)) : t('Reconnecting'),
    icon: 'debug-restart',
    colour: waited >= WARN_AFTER_MS ? 'warning' : 'none',
    spokenLabel: wait === undefined ? attempt : `${attempt}, ${t('next in {0}', wait)}`,
    actions: ['reconnect', 'disconnect', 'runDiagnostics', 'openChat'],
  };
}

function failed({ event }: StatusInput, t: Say): Face {
  const actions = remediesOf(event.error);
  const words = event.error === undefined ? t('The connection has failed.') : wordsOf(event.error, undefined, t);
  const remedy = actions[0] === undefined ? '' : ` ${t('Action: {0}', t(statusActionTitles[actions[0]]).replace('…', ''))}`;
  return {
    text: causeInShort(event.error, t),
    icon: 'error',
    colour: 'error',
    spokenLabel: `${words}${remedy}`,
    actions: [...new Set<StatusAction>([...actions, 'showLog', 'openChat'])],
  };
}

/** The tunnel is there and Ollama is not: the worse hop is the one to show. */
function ollamaDown(input: StatusInput, t: Say): Face | undefined {
  const trouble = ollamaTroubleOf(input.ollama.state, t);
  if (!trouble) return undefined;
  const { text, words, actions } = trouble;
  return {
    text,
    icon: 'warning',
    colour: 'warning',
    spokenLabel: `${words} ${t('Connected to {0}', hostOf(input, t))}`,
    actions: [...actions, 'runDiagnostics', 'openChat'],
  };
}

function paused({ paused: isPaused = false }: StatusInput, t: Say): Face | undefined {
  if (!isPaused) return undefined;
  return plain(t('Paused'), 'debug-pause', t('Remote access is paused'), ['resumeRemote', 'manageClients', 'disconnect', 'openChat']);
}

function live(input: StatusInput, t: Say): Face {
  const { event, quality, clientsOnline, runningStreams } = input;
  const actions: StatusAction[] = ['openChat', 'pairBrowser', 'manageClients', 'disconnect'];
  if (event.state === 'streaming') {
    const label = runningStreams > 1 ? t('Streaming {0} answers', runningStreams) : t('Streaming 1 answer');
    return plain(withCount(t('Streaming'), runningStreams), 'sync~spin', label, actions);
  }
  const browsers = clientsOnline === 1 ? t('1 browser') : t('{0} browsers', clientsOnline);
  const label = [t('Connected'), qualityWords(quality, t), ...(clientsOnline === 0 ? [] : [browsers])].join(', ');
  return plain(withCount(t('Connected'), clientsOnline), 'plug', label, actions);
}

function withCount(text: string, count: number): string {
  return count > 0 ? `${text} ${String(count)}` : text;
}
