import { assertNever } from '../base/assertNever.ts';
import { wordsOf } from '../protocol/errors.ts';
import { causeInShort, remediesOf } from './causes.ts';
import { ollamaTroubleOf } from './ollamaTrouble.ts';
import { statusActionTitles, type StatusAction } from './statusActions.ts';
import type { StatusInput } from './statusInput.ts';
import { tooltipOf, type TooltipLine } from './statusTooltip.ts';
import { counted, hostOf, seconds } from './statusWords.ts';

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

/** The status item as a pure function of what is known. The worst hop decides. */
export function statusView(input: StatusInput): StatusView {
  return { ...faceOf(input), tooltip: tooltipOf(input) };
}

function faceOf(input: StatusInput): Face {
  switch (input.event.state) {
    case 'disconnected':
      return disconnected(input);
    case 'connecting':
      return plain('Connecting', 'loading~spin', `Connecting to ${hostOf(input)}`, ['disconnect', 'runDiagnostics', 'openChat']);
    case 'reconnecting':
      return reconnecting(input);
    case 'error':
      return failed(input);
    case 'connected':
    case 'streaming':
      return ollamaDown(input) ?? paused(input) ?? live(input);
    default:
      return assertNever(input.event.state);
  }
}

function plain(text: string, icon: string, spokenLabel: string, actions: readonly StatusAction[]): Face {
  return { text, icon, colour: 'none', spokenLabel, actions };
}

/** Local chat works without a relay: this never looks like a fault. */
function disconnected(input: StatusInput): Face {
  const { relayConfigured, runningStreams } = input;
  const label = relayConfigured ? `Not connected to ${hostOf(input)}` : 'Local chat, no relay set up';
  const actions: StatusAction[] = ['openChat', relayConfigured ? 'connect' : 'setUpRelay'];
  if (runningStreams > 0) return plain('Local AI', 'sync~spin', `${label}, writing ${counted(runningStreams, 'answer')}`, actions);
  return plain('Local AI', relayConfigured ? 'debug-disconnect' : 'comment-discussion', label, actions);
}

function reconnecting({ event, tunnel, nextTryAt, now }: StatusInput): Face {
  const waited = now - event.timestamp;
  const wait = nextTryAt === undefined ? undefined : seconds(Math.max(0, nextTryAt - now));
  const next = wait === undefined ? '' : `, next in ${wait}`;
  return {
    text: waited >= SHOW_WAIT_AFTER_MS ? `Reconnecting ${wait ?? seconds(waited)}` : 'Reconnecting',
    icon: 'debug-restart',
    colour: waited >= WARN_AFTER_MS ? 'warning' : 'none',
    spokenLabel: `Reconnecting, attempt ${String(Math.max(1, tunnel.reconnectAttempts))}${next}`,
    actions: ['reconnect', 'disconnect', 'runDiagnostics', 'openChat'],
  };
}

function failed({ event }: StatusInput): Face {
  const actions = remediesOf(event.error);
  const words = event.error === undefined ? 'The connection has failed.' : wordsOf(event.error);
  const remedy = actions[0] === undefined ? '' : ` Action: ${statusActionTitles[actions[0]].replace('…', '')}`;
  return {
    text: causeInShort(event.error),
    icon: 'error',
    colour: 'error',
    spokenLabel: `${words}${remedy}`,
    actions: [...new Set<StatusAction>([...actions, 'showLog', 'openChat'])],
  };
}

/** The tunnel is there and Ollama is not: the worse hop is the one to show. */
function ollamaDown(input: StatusInput): Face | undefined {
  const trouble = ollamaTroubleOf(input.ollama.state);
  if (!trouble) return undefined;
  const { text, words, actions } = trouble;
  return {
    text,
    icon: 'warning',
    colour: 'warning',
    spokenLabel: `${words} Connected to ${hostOf(input)}`,
    actions: [...actions, 'runDiagnostics', 'openChat'],
  };
}

function paused({ paused: isPaused = false }: StatusInput): Face | undefined {
  if (!isPaused) return undefined;
  return plain('Paused', 'debug-pause', 'Remote access is paused', ['resumeRemote', 'manageClients', 'disconnect', 'openChat']);
}

function live(input: StatusInput): Face {
  const { event, quality, clientsOnline, runningStreams } = input;
  const actions: StatusAction[] = ['openChat', 'pairBrowser', 'manageClients', 'disconnect'];
  if (event.state === 'streaming')
    return plain(
      withCount('Streaming', runningStreams),
      'sync~spin',
      `Streaming ${counted(Math.max(1, runningStreams), 'answer')}`,
      actions,
    );
  const browsers = clientsOnline === 0 ? '' : `, ${counted(clientsOnline, 'browser')}`;
  return plain(withCount('Connected', clientsOnline), 'plug', `Connected, quality ${quality}${browsers}`, actions);
}

function withCount(text: string, count: number): string {
  return count > 0 ? `${text} ${String(count)}` : text;
}
