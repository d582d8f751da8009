import type { Figure, Results } from './results.ts';
import { short, type Spread } from './stats.ts';

/** What a figure, or a ratio of two, is held to. */
export interface Goal {
  readonly words: string;
  readonly figure: Figure;
  /** With a base the ratio within each repetition counts, else the figure itself. */
  readonly base?: Figure;
  readonly unit?: string;
  /** The figure is divided by this to be in its unit. */
  readonly scale?: number;
  readonly bound: 'atMost' | 'atLeast';
  /** Missing it fails the run. */
  readonly must?: number;
  readonly good?: number;
  readonly ambitious?: number;
}

export interface Judged {
  readonly goal: Goal;
  readonly spread: Spread;
  readonly must: Verdict;
  readonly good: Verdict;
  readonly ambitious: Verdict;
}

/** `unknown` where a peer is missing. */
type Verdict = 'none' | 'ok' | 'missed' | 'unknown';

const of = (scenario: string, path: string, name: string): Figure => ({ scenario, path, name });
type Bounds = Pick<Goal, 'must' | 'good' | 'ambitious'>;

function ratio(
  words: string,
  scenario: string,
  name: string,
  path: string,
  base: string,
  bounds: Bounds,
  bound: Goal['bound'] = 'atMost',
): Goal {
  return { words: `${words}: ${path} ÷ ${base}`, figure: of(scenario, path, name), base: of(scenario, base, name), bound, ...bounds };
}

/** The musts of the tunnel's speed, and the good and ambitious columns of the study it goes by. */
export const pathGoals: readonly Goal[] = [
  ratio('first token', 'firstToken', 'firstTokenP50', 'http', 'ssh', { must: 3, good: 2, ambitious: 1.5 }),
  ratio('first token', 'firstToken', 'firstTokenP50', 'http', 'naive', { must: 0.7, good: 0.5, ambitious: 0.35 }),
  ratio('first token', 'firstToken', 'firstTokenP50', 'http', 'direct', { good: 5, ambitious: 4 }),
  ratio('first token', 'firstToken', 'firstTokenP50', 'page', 'ssh', { must: 2.5, good: 1.5, ambitious: 1.2 }),
  ratio('first token', 'firstToken', 'firstTokenP50', 'page', 'naive', { must: 0.7, good: 0.36, ambitious: 0.3 }),
  ratio('first token', 'firstToken', 'firstTokenP50', 'page', 'direct', { good: 4, ambitious: 3.2 }),
  ratio('token p50, 1 × 1,000/s', 'one1000', 'p50', 'page', 'ssh', { must: 2, good: 1.7, ambitious: 1.35 }),
  ratio('token p50, 1 × 1,000/s', 'one1000', 'p50', 'page', 'pipes', { good: 1.5, ambitious: 1.2 }),
  ratio('token p50, 1 × 1,000/s', 'one1000', 'p50', 'page', 'direct', { good: 5, ambitious: 3.5 }),
  ratio('token p50, 1 × 1,000/s', 'one1000', 'p50', 'http', 'ssh', { must: 2, good: 1.7, ambitious: 1.35 }),
  ratio('token p50, 256 × 30/s', 'streams256', 'p50', 'page', 'ssh', { must: 0.8, good: 0.6, ambitious: 0.4 }),
  ratio('token p50, 256 × 30/s', 'streams256', 'p50', 'page', 'naive', { good: 0.25, ambitious: 0.13 }),
  ratio('token p99, 256 × 30/s', 'streams256', 'p99', 'page', 'naive', { good: 0.25, ambitious: 0.08 }),
  ratio('CPU a token of the hops, 256 × 30/s', 'streams256', 'hopsCpu', 'page', 'ssh', { must: 1, good: 0.75, ambitious: 0.6 }),
  ratio('CPU a token of the hops, 256 × 30/s', 'streams256', 'hopsCpu', 'page', 'pipes', { must: 1.5, good: 1.25, ambitious: 1.05 }),
  ratio('CPU a token of the hops, 256 × 30/s', 'streams256', 'hopsCpu', 'page', 'naive', { good: 0.57, ambitious: 0.46 }),
  ratio('tokens/s, flat out', 'flatOut', 'rate', 'page', 'ssh', { must: 1.4, good: 1.5, ambitious: 1.9 }, 'atLeast'),
  ratio('tokens/s, flat out', 'flatOut', 'rate', 'page', 'naive', { good: 4, ambitious: 5 }, 'atLeast'),
  {
    words: 'neighbours’ p99 beside a flat-out stream, 20 Mbit/s and 40 ms',
    figure: of('linkBeside', 'page', 'slow.p99'),
    unit: 'ms',
    scale: 1000,
    bound: 'atMost',
    must: 100,
    good: 100,
    ambitious: 50,
  },
  {
    words: 'growth of relay or device while a page does not read for 10 s',
    figure: of('stalledReader', 'page', 'growth'),
    unit: 'MiB',
    bound: 'atMost',
    must: 24,
    good: 24,
    ambitious: 8.25,
  },
  {
    words: 'growth of relay or device while an HTTP client does not read for 10 s',
    figure: of('stalledReader', 'http', 'growth'),
    unit: 'MiB',
    bound: 'atMost',
    must: 24,
    good: 24,
    ambitious: 8.25,
  },
];

export function judge(goal: Goal, results: Results): Judged {
  const raw = goal.base ? results.ratio(goal.figure, goal.base) : results.spread(goal.figure);
  const scale = goal.scale ?? 1;
  const spread = { ...raw, median: raw.median / scale, min: raw.min / scale, max: raw.max / scale };
  const verdict = (limit: number | undefined): Verdict => {
    if (limit === undefined) return 'none';
    if (spread.count === 0) return 'unknown';
    return (goal.bound === 'atMost' ? spread.median <= limit : spread.median >= limit) ? 'ok' : 'missed';
  };
  return { goal, spread, must: verdict(goal.must), good: verdict(goal.good), ambitious: verdict(goal.ambitious) };
}

/** A goal as a row of the table: figure, spread, and for each column the bound with `ok` or by how much it is missed. */
export function rowOf(judged: Judged): string {
  const { goal, spread } = judged;
  const unit = goal.unit === undefined ? '' : ` ${goal.unit}`;
  const cell = (limit: number | undefined, verdict: Verdict): string => {
    if (limit === undefined) return '';
    const text = `${goal.bound === 'atMost' ? '≤' : '≥'} ${String(limit)}`;
    if (verdict === 'ok') return `${text} ok`;
    if (verdict === 'unknown') return `${text} not measured`;
    return `${text} **missed by ${String(Math.round(Math.abs(spread.median / limit - 1) * 100))} %**`;
  };
  const found = spread.count === 0 ? '–' : `${short(spread.median)}${unit} (${short(spread.min)}–${short(spread.max)})`;
  return `| ${goal.words} | ${found} | ${cell(goal.must, judged.must)} | ${cell(goal.good, judged.good)} | ${cell(goal.ambitious, judged.ambitious)} |`;
}
