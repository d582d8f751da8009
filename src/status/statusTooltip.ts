import { wordsOf } from '../protocol/errors.ts';
import type { HopLevel, TunnelConnectionState } from '../protocol/status.ts';
import { ollamaLevel, overallLevel, relayLevel, type HopLevels } from './hops.ts';
import { ollamaTroubleOf } from './ollamaTrouble.ts';
import type { StatusInput } from './statusInput.ts';
import { counted, duration, hostOf, seconds } from './statusWords.ts';

/** One line of the hover. Its parts are plain text: whoever draws it escapes them. No secret and no chat title is among them. */
export interface TooltipLine {
  readonly kind: 'headline' | 'hop' | 'activity' | 'trouble' | 'role';
  readonly label: string;
  readonly value?: string;
  /** Of a hop. */
  readonly level?: HopLevel;
}

const headlines: Readonly<Record<TunnelConnectionState, string>> = {
  disconnected: 'Not connected',
  connecting: 'Connecting',
  connected: 'Connected',
  streaming: 'Streaming',
  reconnecting: 'Reconnecting',
  error: 'Not connected',
};

const levelWords: Readonly<Record<HopLevel, string>> = { up: 'ok', waiting: 'waiting', unknown: 'not known yet', down: 'down' };

/** The hops in use: a relay that is not set up, or that the person has left, is none. */
export function hopsOf({ event, tunnel, ollama, relayConfigured, now }: StatusInput): HopLevels {
  const usesRelay = relayConfigured && event.state !== 'disconnected';
  return {
    ...(usesRelay ? { relay: relayLevel(event.state, tunnel.lastActivity, now) } : {}),
    ollama: ollamaLevel(ollama.state),
  };
}

export function tooltipOf(input: StatusInput): TooltipLine[] {
  const hops = hopsOf(input);
  return [headline(input, hops), ...hopLines(input, hops), ...activityLines(input), ...troubleLines(input), roleLine(input)];
}

function headline(input: StatusInput, hops: HopLevels): TooltipLine {
  const { event, relayConfigured, deviceName } = input;
  const label = relayConfigured ? headlines[event.state] : 'Local chat';
  return { kind: 'headline', label, ...(deviceName === undefined ? {} : { value: deviceName }), level: overallLevel(hops) };
}

function hopLines(input: StatusInput, hops: HopLevels): TooltipLine[] {
  const { tunnel, quality, metrics, ollama, relayConfigured, clientsOnline, clientsPaired } = input;
  const lines: TooltipLine[] = [];
  if (relayConfigured) {
    const { latency } = tunnel;
    const state = hops.relay === undefined ? 'not connected' : levelWords[hops.relay];
    const measured = latency === undefined || hops.relay !== 'up' ? [] : [`${String(Math.round(latency))} ms`, `quality ${quality}`];
    lines.push({
      kind: 'hop',
      label: 'Relay',
      value: joined(hostOf(input), state, ...measured, ...historyOf(metrics)),
      ...(hops.relay === undefined ? {} : { level: hops.relay }),
    });
  }
  const trouble = ollamaTroubleOf(ollama.state)?.text ?? levelWords[ollamaLevel(ollama.state)];
  const standIn = ollama.standIn === true ? 'test stand-in' : undefined;
  lines.push({
    kind: 'hop',
    label: 'Ollama',
    value: joined(ollama.url, ollama.version, trouble, standIn),
    level: ollamaLevel(ollama.state),
  });
  if (relayConfigured) {
    const paired = clientsPaired === undefined ? undefined : `${String(clientsPaired)} paired`;
    lines.push({ kind: 'hop', label: 'Browsers', value: joined(`${String(clientsOnline)} online`, paired) });
  }
  return lines;
}

/** `2 reconnects, up 3 h` */
function historyOf(metrics: StatusInput['metrics']): string[] {
  if (metrics === undefined) return [];
  const { reconnects, uptimeMs } = metrics;
  return [...(reconnects > 0 ? [counted(reconnects, 'reconnect')] : []), ...(uptimeMs === undefined ? [] : [`up ${duration(uptimeMs)}`])];
}

function activityLines({ tunnel, metrics, runningStreams, now }: StatusInput): TooltipLine[] {
  const lines: TooltipLine[] = [];
  const { tokensPerSecond = 0 } = metrics ?? {};
  const rate = tokensPerSecond >= 0.5 ? `${String(Math.round(tokensPerSecond))} tok/s` : undefined;
  if (runningStreams > 0) lines.push({ kind: 'activity', label: 'Running', value: joined(counted(runningStreams, 'stream'), rate) });
  if (tunnel.lastActivity !== undefined)
    lines.push({ kind: 'activity', label: 'Last frame', value: `${seconds(Math.max(0, now - tunnel.lastActivity))} ago` });
  return lines;
}

function troubleLines({ event, tunnel, nextTryAt, now }: StatusInput): TooltipLine[] {
  const lines: TooltipLine[] = [];
  if (event.error !== undefined) lines.push({ kind: 'trouble', label: 'Trouble', value: wordsOf(event.error) });
  if (event.state !== 'reconnecting') return lines;
  const next = nextTryAt === undefined ? undefined : `next in ${seconds(Math.max(0, nextTryAt - now))}`;
  lines.push({ kind: 'trouble', label: 'Attempt', value: joined(String(Math.max(1, tunnel.reconnectAttempts)), next) });
  return lines;
}

function roleLine({ role = 'leads' }: StatusInput): TooltipLine {
  const value = {
    leads: 'This window holds the connection',
    follows: 'Another window holds the connection',
    agent: 'The background agent holds the connection',
  }[role];
  return { kind: 'role', label: 'Role', value };
}

function joined(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(', ');
}
