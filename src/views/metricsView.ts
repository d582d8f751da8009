import * as vscode from 'vscode';
import type { AgentControl } from '../protocol/agentControl.ts';
import type { Quality } from '../protocol/status.ts';

/** One second of a connection. */
export interface MetricsSample {
  /** Last measured, ms; null while there is no connection. */
  readonly rttMs: number | null;
  readonly tokensPerSecond: number;
  readonly streams: number;
  readonly reconnects: number;
}

/** One curve, oldest point first; null where nothing was known. */
export interface MetricsChart {
  readonly title: string;
  /** The last value with its unit. */
  readonly value: string;
  /** The whole curve in one sentence, for who cannot see it. */
  readonly spoken: string;
  readonly points: readonly (number | null)[];
}

export interface MetricsView {
  readonly charts: readonly MetricsChart[];
  /** The same and more as a table: what, how much. */
  readonly rows: readonly (readonly [string, string])[];
}

export function sampleOf({ tunnel, metrics, runningStreams }: Pick<AgentControl, 'tunnel' | 'metrics' | 'runningStreams'>): MetricsSample {
  const { reconnects, tokensPerSecond = 0 } = metrics;
  return { rttMs: tunnel.latency ?? null, tokensPerSecond, streams: runningStreams, reconnects };
}

/** What the panel draws of the samples that there are, oldest first, and of what is known now. */
export function metricsView(samples: readonly MetricsSample[], control: Pick<AgentControl, 'tunnel' | 'metrics'>): MetricsView {
  const { t } = vscode.l10n;
  const { tunnel, metrics } = control;
  const { roundTrip } = metrics;
  const last = samples.at(-1);
  const chart = (title: string, of: (sample: MetricsSample) => number | null, show: (value: number) => string): MetricsChart => {
    const points = samples.map(of);
    const known = points.filter((point) => point !== null);
    const now = points.at(-1) ?? null;
    const value = now === null ? '–' : show(now);
    const spoken =
      known.length === 0
        ? t('{0}: nothing measured yet', title)
        : t(
            '{0}: now {1}, between {2} and {3} in the last {4} s',
            title,
            value,
            show(Math.min(...known)),
            show(Math.max(...known)),
            points.length,
          );
    return { title, value, spoken, points };
  };
  const ms = (value: number): string => t('{0} ms', value.toFixed(1));
  const whole = (value: number): string => String(Math.round(value));
  const rate = (value: number): string => t('{0} tokens/s', value.toFixed(1));
  const orNothing = (value: string | undefined): string => value ?? '–';
  return {
    charts: [
      chart(t('Round trip to the relay'), ({ rttMs }) => rttMs, ms),
      chart(t('Answers'), ({ tokensPerSecond }) => tokensPerSecond, rate),
      chart(t('Running answers'), ({ streams }) => streams, whole),
      chart(t('Reconnects'), ({ reconnects }) => reconnects, whole),
    ],
    rows: [
      [t('Connection'), tunnel.state],
      [t('Quality'), qualityWords()[metrics.quality]],
      [t('Round trip, last'), orNothing(roundTrip && ms(roundTrip.lastMs))],
      [t('Round trip, p50'), orNothing(roundTrip && ms(roundTrip.p50Ms))],
      [t('Round trip, p95'), orNothing(roundTrip && ms(roundTrip.p95Ms))],
      [t('Jitter'), orNothing(roundTrip && ms(roundTrip.jitterMs))],
      [t('Missed pings'), whole(metrics.missedPings)],
      [t('Reconnects'), whole(metrics.reconnects)],
      [t('Up for'), orNothing(metrics.uptimeMs === undefined ? undefined : clockTime(metrics.uptimeMs))],
      [t('Answers'), rate(last?.tokensPerSecond ?? 0)],
      [t('Running answers'), whole(last?.streams ?? 0)],
      [t('Streams through the tunnel'), whole(metrics.streams)],
      [t('Sent'), kilobytes(metrics.bytesSent)],
      [t('Received'), kilobytes(metrics.bytesReceived)],
    ],
  };
}

function qualityWords(): Readonly<Record<Quality, string>> {
  const { t } = vscode.l10n;
  return { excellent: t('excellent'), good: t('good'), fair: t('fair'), poor: t('poor'), unknown: t('unknown yet') };
}

/** `1:02:03`. */
function clockTime(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${String(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
