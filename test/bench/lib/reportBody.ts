import type { Path } from '../peers/peer.ts';
import type { DeviceFigure } from '../scenarios/deviceScenarios.ts';
import type { PathScenario } from '../scenarios/pathScenarios.ts';
import { rowOf, type Judged } from './goals.ts';
import { missNotes } from './missNotes.ts';
import type { BenchOptions } from './options.ts';
import { MAX_FOREIGN, type Results } from './results.ts';
import { short, type Spread } from './stats.ts';

export interface ReportParts {
  readonly results: Results;
  readonly judged: readonly Judged[];
  readonly devices: readonly DeviceFigure[];
  readonly paths: readonly Path[];
  readonly missing: ReadonlyMap<string, string>;
  readonly scenarios: readonly PathScenario[];
  readonly options: BenchOptions;
  readonly minutes: number;
  readonly isRealtime: boolean;
}

/** Figures of a scenario that the table shows: name, words, unit's divisor. */
const columns: readonly (readonly [name: string, words: string, scale: number])[] = [
  ['firstTokenP50', 'first token p50, ms', 1000],
  ['p50', 'token p50, ms', 1000],
  ['p99', 'p99, ms', 1000],
  ['intendedP99', 'p99 from the intended time, ms', 1000],
  ['slow.p50', 'neighbours p50, ms', 1000],
  ['slow.p99', 'neighbours p99, ms', 1000],
  ['rate', 'tokens/s', 1],
  ['hopsCpu', 'CPU a token of the hops, µs', 1],
  ['clientCpu', 'of the client, µs', 1],
  ['growth', 'growth, MiB', 1],
];

const shownIn: Readonly<Record<string, readonly string[]>> = {
  firstToken: ['firstTokenP50', 'hopsCpu', 'clientCpu'],
  firstTokenCold: ['firstTokenP50', 'hopsCpu', 'clientCpu'],
  flatOut: ['rate', 'hopsCpu', 'clientCpu'],
  slowBeside: ['slow.p50', 'slow.p99', 'rate', 'hopsCpu'],
  linkBeside: ['slow.p50', 'slow.p99', 'rate'],
  linkAlone: ['firstTokenP50', 'p50', 'p99'],
  stalledReader: ['growth'],
};
const streamColumns = ['firstTokenP50', 'p50', 'p99', 'intendedP99', 'rate', 'hopsCpu', 'clientCpu'];

export function reportBody(parts: ReportParts): string {
  const { judged, missing, options, minutes, isRealtime } = parts;
  return [
    `Each path is processes of its own; the same model stand-in, the same client. ${String(options.repetitions)} repetitions, the order of the paths reversed each time, paths warmed first; ${minutes.toFixed(0)} minutes. The model writes one line a token on an absolute schedule and waits for nobody. Every answer was checked: each token once, in order, and the last line. Ours is always encrypted from end to end; nginx, pipes and the naive relay are not. ${isRealtime ? 'Where processors were not saturated, all measured processes ran in the real-time class.' : ''}`,
    'Figures are medians over the repetitions with their least and greatest; a ratio is taken within each repetition first. Absolute times are this machine’s; ratios travel.',
    ...(missing.size === 0 ? [] : [`Not here: ${[...missing].map(([name, reason]) => `${name} (${reason})`).join(', ')}.`]),
    '## What it is held to',
    '| goal | found | must | good | ambitious |\n| --- | --- | --- | --- | --- |\n' + judged.map(rowOf).join('\n'),
    ...missSection(judged),
    ...deviceSection(parts.devices),
    ...recoverySection(parts.results),
    '## The paths',
    parts.paths
      .filter(({ name }) => !missing.has(name))
      .map(({ name, words }) => `- **${name}**: ${words}`)
      .join('\n'),
    'A mux carries 32 streams and a pairing eight circuits, so the page-style client has 32 streams to a tab; from 256 on it is more than one browser. An HTTP client has a connection for each stream.',
    ...parts.scenarios.map((scenario) => scenarioSection(scenario, parts)),
    noiseSection(parts),
  ].join('\n\n');
}

function missSection(judged: readonly Judged[]): string[] {
  const missed = judged.filter(({ must, good, ambitious }) => [must, good, ambitious].includes('missed'));
  const scenarios = new Set(missed.map(({ goal }) => goal.figure.scenario));
  if (scenarios.size === 0) return [];
  return ['## Why aims are missed', ...[...scenarios].map((name) => missNotes[name] ?? `**${name}**: not looked into.`)];
}

function deviceSection(devices: readonly DeviceFigure[]): string[] {
  if (devices.length === 0) return [];
  const rows = devices.map(({ words, unit, spread, must, isMissed }) => {
    const bound = must === undefined ? '' : `≤ ${String(must)} ${isMissed ? '**missed**' : 'ok'}`;
    return `| ${words} | ${told(spread)} ${unit} | ${bound} |`;
  });
  return ['## The relay and many devices', `| figure | found | must |\n| --- | --- | --- |\n${rows.join('\n')}`];
}

function recoverySection(results: Results): string[] {
  const rows = (['device', 'page'] as const).map((end) => ({
    end,
    spread: results.spread({ scenario: 'recovery', path: 'page', name: `cut ${end}` }),
  }));
  if (rows.every(({ spread }) => spread.count === 0)) return [];
  const lines = rows.map(({ end, spread }) => `| the ${end}’s line to the relay | ${told(spread)} ms |`);
  return [
    '## After a cut',
    'The connection is reset in the middle of an answer at 200 tokens/s; the longest silence that its reader saw. Every answer came whole.',
    `| what was cut | silence |\n| --- | --- |\n${lines.join('\n')}`,
  ];
}

function scenarioSection(scenario: PathScenario, { results, paths, missing }: ReportParts): string {
  const shown = columns.filter(([name]) => (shownIn[scenario.name] ?? streamColumns).includes(name));
  const rows = paths
    .filter(({ name }) => scenario.paths.includes(name) && !missing.has(name))
    .map(({ name: path }) => {
      const starved = results.spread({ scenario: scenario.name, path, name: 'starved' }).count;
      const note = starved === 0 ? '' : `, answers starved in ${String(starved)} repetitions`;
      const cells = shown.map(([name, , scale]) => {
        const spread = results.spread({ scenario: scenario.name, path, name });
        return told({ ...spread, median: spread.median / scale, min: spread.min / scale, max: spread.max / scale });
      });
      return `| ${path}${note} | ${cells.join(' | ')} | ${processes(results, scenario.name, path)} |`;
    });
  const head = ['path', ...shown.map(([, words]) => words), 'CPU by process, µs a token'];
  return [`### ${scenario.words}`, `| ${head.join(' | ')} |`, `|${' --- |'.repeat(head.length)}`, ...rows]
    .join('\n')
    .replace('\n|', '\n\n|');
}

function processes(results: Results, scenario: string, path: string): string {
  const runs = results.runs.filter((run) => run.scenario === scenario && run.path === path);
  const names = new Set(runs.flatMap(({ measured }) => Object.keys(measured.cpu)));
  return [...names]
    .map((name) => {
      const values = runs.map(({ measured }) => measured.cpu[name] ?? NaN).sort((a, b) => a - b);
      return `${name} ${short(values[Math.floor(values.length / 2)] ?? NaN)}`;
    })
    .join(', ');
}

function noiseSection({ results, scenarios }: ReportParts): string {
  const lines = scenarios.map(({ name, words }) => {
    const { repetitions, isDropped, all } = results.noisy(name);
    const foreign = results.runs.filter((run) => run.scenario === name).map(({ measured }) => measured.noise.foreign);
    const waits = results.runs.filter((run) => run.scenario === name).map(({ measured }) => measured.noise.waitMs);
    const noisy =
      repetitions.length === 0 ? 'none' : `${String(repetitions.length)} of ${String(all)}${isDropped ? ', left out' : ', kept'}`;
    return `| ${words} | ${short(Math.max(...foreign))} | ${short(Math.max(...waits))} | ${noisy} |`;
  });
  return [
    '## Noise',
    `What others used of the processors, how long the measured processes waited for one, and the repetitions in which others used more than ${String(MAX_FOREIGN)}.`,
    `| scenario | others, processors, at most | waiting, ms a second, at most | noisy repetitions |\n| --- | --- | --- | --- |\n${lines.join('\n')}`,
  ].join('\n\n');
}

function told({ median, min, max, count }: Spread): string {
  return count === 0 ? '–' : `${short(median)} (${short(min)}–${short(max)})`;
}
