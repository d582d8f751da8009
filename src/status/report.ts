import type { Diagnosis } from '../protocol/diagnosis.ts';
import { wordsOf } from '../protocol/errors.ts';
import type { ConnectionStatusEvent, OllamaStatus, TunnelMetrics } from '../protocol/status.ts';
import { diagnosisText } from './diagnosisText.ts';
import { redact, type Private } from './redact.ts';
import { counted, duration } from './statusWords.ts';

/** What a report tells. None of it is text of a chat, a key or a secret. */
export interface ReportFacts {
  /** Name and version of what runs, each a line: program, editor, system. */
  readonly programs: readonly string[];
  /** Newest last. */
  readonly events: readonly ConnectionStatusEvent[];
  readonly metrics: TunnelMetrics | undefined;
  readonly ollama: OllamaStatus;
  readonly clientsPaired: number;
  readonly clientsOnline: number;
  readonly paused: boolean;
  /** The last one of this window. */
  readonly diagnosis: Diagnosis | undefined;
  /** Wall clock, ms. */
  readonly now: number;
}

/** A report to hand to others: Markdown, redacted. */
export function reportText(facts: ReportFacts, own: Private): string {
  const { programs, events, metrics, ollama, clientsPaired, clientsOnline, paused, diagnosis, now } = facts;
  const fence = '```';
  const connection = [
    lastLine(events),
    ...(metrics ? metricsLines(metrics) : []),
    `Ollama: ${[ollama.state, ollama.version, ollama.url].filter((part) => part !== undefined).join(' · ')}`,
    `Browsers: ${String(clientsPaired)} paired, ${String(clientsOnline)} online${paused ? ', remote access is paused' : ''}`,
  ];
  const text = [
    '# CloudToLocalLLM: diagnostic report',
    ...['', ...programs.map(item), item(new Date(now).toISOString())],
    ...['', '## Connection', '', ...connection.map(item)],
    ...['', '## Hop by hop', ''],
    ...(diagnosis ? [fence, diagnosisText(diagnosis), fence] : ['Not looked at in this window.']),
    ...['', '## What happened lately', '', ...(events.length === 0 ? ['Nothing.'] : events.map(eventLine))],
    '',
  ].join('\n');
  return redact(text, own);
}

function item(text: string): string {
  return `- ${text}`;
}

function lastLine(events: readonly ConnectionStatusEvent[]): string {
  const last = events.at(-1);
  return last === undefined ? 'State: unknown' : `State: ${last.state}${last.error === undefined ? '' : ` (${wordsOf(last.error)})`}`;
}

/** No endpoint: it is the relay of a person. */
function eventLine({ timestamp, state, error }: ConnectionStatusEvent): string {
  return item(`${new Date(timestamp).toISOString()} ${state}${error === undefined ? '' : ` ${error}`}`);
}

function metricsLines({ quality, roundTrip, missedPings, reconnects, uptimeMs, streams }: TunnelMetrics): readonly string[] {
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  const trip = roundTrip
    ? `round trip p50 ${ms(roundTrip.p50Ms)}, p95 ${ms(roundTrip.p95Ms)}, jitter ${ms(roundTrip.jitterMs)}`
    : 'no round trip measured';
  return [
    `Quality: ${quality}, ${trip}`,
    `${counted(missedPings, 'missed ping')}, ${counted(reconnects, 'reconnect')}, ${counted(streams, 'stream')}${uptimeMs === undefined ? '' : `, up for ${duration(uptimeMs)}`}`,
  ];
}
