import { inEnglish, type Say } from '../base/say.ts';
import { wordsOf } from '../protocol/errors.ts';
import type { HopLevel, TunnelConnectionState } from '../protocol/status.ts';
import { ollamaLevel, overallLevel, relayLevel, type HopLevels } from './hops.ts';
import { ollamaTroubleOf } from './ollamaTrouble.ts';
import type { StatusInput } from './statusInput.ts';
import { duration, hostOf, qualityWords, seconds } from './statusWords.ts';

/** One line of the hover. Its parts are plain text: whoever draws it escapes them. No secret and no chat title is among them. */
export interface TooltipLine {
  readonly kind: 'headline' | 'hop' | 'activity' | 'trouble' | 'role';
  readonly label: string;
  readonly value?: string;
  /** Of a hop. */
  readonly level?: HopLevel;
}

function headlineWords(state: TunnelConnectionState, t: Say): string {
  return {
    disconnected: t('Not connected'),
    connecting: t('Connecting'),
    connected: t('Connected'),
    streaming: t('Streaming'),
    reconnecting: t('Reconnecting'),
    error: t('Not connected'),
  }[state];
}

function levelWords(level: HopLevel, t: Say): string {
  return { up: t('ok'), waiting: t('waiting'), unknown: t('not known yet'), down: t('down') }[level];
}

/** The hops in use: a relay that is not set up, or that the person has left, is none. */
export function hopsOf({ event, tunnel, ollama, relayConfigured, now }: StatusInput): HopLevels {
  const usesRelay = relayConfigured && event.state !== 'disconnected';
  return {
    ...(usesRelay ? { relay: relayLevel(event.state, tunnel.lastActivity, now) } : {}),
    ollama: ollamaLevel(ollama.state),
  };
}

export function tooltipOf(input: StatusInput, t: Say = inEnglish): TooltipLine[] {
  const hops = hopsOf(input);
  return [
    headline(input, hops, t),
    ...hopLines(input, hops, t),
    ...activityLines(input, t),
    ...troubleLines(input, t),
    ...roleLines(input, t),
  ];
}

function headline(input: StatusInput, hops: HopLevels, t: Say): TooltipLine {
  const { event, relayConfigured, deviceName } = input;
  const label = relayConfigured ? headlineWords(event.state, t) : t('Local chat');
  return { kind: 'headline', label, ...(deviceName === undefined ? {} : { value: deviceName }), level: overallLevel(hops) };
}

function hopLines(input: StatusInput, hops: HopLevels, t: Say): TooltipLine[] {
  const { tunnel, quality, metrics, ollama, relayConfigured, clientsOnline, clientsPaired } = input;
  const lines: TooltipLine[] = [];
  if (relayConfigured) {
    const { latency } = tunnel;
    const state = hops.relay === undefined ? t('not connected') : levelWords(hops.relay, t);
    const measured = latency === undefined || hops.relay !== 'up' ? [] : [`${String(Math.round(latency))} ms`, qualityWords(quality, t)];
    lines.push({
      kind: 'hop',
      label: 'Relay',
      value: joined(hostOf(input, t), state, ...measured, ...historyOf(metrics, t)),
      ...(hops.relay === undefined ? {} : { level: hops.relay }),
    });
  }
  const trouble = ollamaTroubleOf(ollama.state, t)?.text ?? levelWords(ollamaLevel(ollama.state), t);
  const standIn = ollama.standIn === true ? t('test stand-in') : undefined;
  lines.push({
    kind: 'hop',
    label: 'Ollama',
    value: joined(ollama.url, ollama.version, trouble, standIn),
    level: ollamaLevel(ollama.state),
  });
  if (relayConfigured) {
    const paired = clientsPaired === undefined ? undefined : t('{0} paired', clientsPaired);
    lines.push({ kind: 'hop', label: t('Browsers'), value: joined(t('{0} online', clientsOnline), paired) });
  }
  return lines;
}

/** `2 reconnects, up 3 h` */
function historyOf(metrics: StatusInput['metrics'], t: Say): string[] {
  if (metrics === undefined) return [];
  const { reconnects, uptimeMs } = metrics;
  const again = reconnects === 1 ? t('1 reconnect') : t('{0} reconnects', reconnects);
  return [...(reconnects > 0 ? [again] : []), ...(uptimeMs === undefined ? [] : [t('up {0}', duration(uptimeMs))])];
}

function activityLines({ tunnel, metrics, runningStreams, now }: StatusInput, t: Say): TooltipLine[] {
  const lines: TooltipLine[] = [];
  const { tokensPerSecond = 0 } = metrics ?? {};
  const rate = tokensPerSecond >= 0.5 ? `${String(Math.round(tokensPerSecond))} tok/s` : undefined;
  const streams = runningStreams === 1 ? t('1 stream') : t('{0} streams', runningStreams);
  if (runningStreams > 0) lines.push({ kind: 'activity', label: t('Running'), value: joined(streams, rate) });
  if (tunnel.lastActivity !== undefined)
    lines.push({ kind: 'activity', label: t('Last frame'), value: t('{0} ago', seconds(Math.max(0, now - tunnel.lastActivity))) });
  return lines;
}

function troubleLines({ event, tunnel, nextTryAt, now }: StatusInput, t: Say): TooltipLine[] {
  const lines: TooltipLine[] = [];
  if (event.error !== undefined) lines.push({ kind: 'trouble', label: t('Trouble'), value: wordsOf(event.error, undefined, t) });
  if (event.state !== 'reconnecting') return lines;
  const next = nextTryAt === undefined ? undefined : t('next in {0}', seconds(Math.max(0, nextTryAt - now)));
  lines.push({ kind: 'trouble', label: t('Attempt'), value: joined(String(Math.max(1, tunnel.reconnectAttempts)), next) });
  return lines;
}

function roleLines({ role = 'leads', otherRelay }: StatusInput, t: Say): TooltipLine[] {
  const value = {
    leads: t('This window holds the connection'),
    follows: t('Another window holds the connection'),
    agent: t('The background agent holds the connection'),
  }[role];
  const differs =
    otherRelay === undefined
      ? []
      : [{ kind: 'role', label: t('Not used'), value: t('the setting of this window, {0}', otherRelay) } as const];
  return [{ kind: 'role', label: t('Role'), value }, ...differs];
}

function joined(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(', ');
}
