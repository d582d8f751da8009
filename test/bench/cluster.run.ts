// npm run bench -- cluster [--reps 7] [--quick] [--no-realtime] [--app FOLDER]: what it costs that page and device are at two nodes of a relay.
// One relay, one relay that has joined NATS, and two of them, in one interleaved run. Writes docs/reports/cluster.md when it ran in full.
import { conclude } from './lib/conclude.ts';
import { readOptions } from './lib/options.ts';
import { canBeRealtime } from './lib/realtime.ts';
import { Results } from './lib/results.ts';
import { ScenarioRunner } from './lib/runScenarios.ts';
import { Site } from './lib/site.ts';
import { short, spreadOf, type Spread } from './lib/stats.ts';
import { clusterPaths } from './peers/clusterPaths.ts';
import { pathScenarios } from './scenarios/pathScenarios.ts';

/** A person does not notice it; the study this goes by measured 0.3 to 0.6 ms for such a hop. */
const MAX_ADDED_MS = 2;
const names = ['firstToken', 'one50', 'one1000', 'flatOut'];

const options = readOptions(process.argv.slice(2));
const paths = clusterPaths();
const all = paths.map(({ name }) => name);
const scenarios = pathScenarios(options.quick)
  .filter(({ name }) => names.includes(name))
  .map((scenario) => ({ ...scenario, paths: all }));
const results = new Results(undefined);

const site = await Site.start({ app: options.app });
try {
  const runner = new ScenarioRunner(site, paths, scenarios, results, options);
  await runner.start();
  for (const [name, reason] of site.missing) console.log(`missing: ${name}: ${reason}`);
  if (!options.quick) await runner.warmUp();
  for (let repetition = 0; repetition < options.repetitions; repetition++) await runner.repeat(repetition);
} finally {
  await site.stop();
}

/** Within each repetition, ms. */
function added(scenario: string, path: string, name: string): Spread {
  const of = (which: string): Map<number, number> =>
    new Map(
      results.runs
        .filter((run) => run.scenario === scenario && run.path === which)
        .map((run) => [run.repetition, run.measured.figures[name] ?? NaN]),
    );
  const base = of('one');
  return spreadOf([...of(path)].map(([repetition, value]) => (value - (base.get(repetition) ?? NaN)) / 1000));
}

function told({ median, min, max }: Spread, scale = 1): string {
  return `${short(median * scale)} (${short(min * scale)} – ${short(max * scale)})`;
}

const figures = [
  { words: 'first token, p50, ms', scenario: 'firstToken', name: 'firstTokenP50', scale: 1 / 1000 },
  { words: '1 stream at 50 tokens/s, token p50, ms', scenario: 'one50', name: 'p50', scale: 1 / 1000 },
  { words: '1 stream at 50 tokens/s, token p99, ms', scenario: 'one50', name: 'p99', scale: 1 / 1000 },
  { words: '1 stream at 1,000 tokens/s, token p50, ms', scenario: 'one1000', name: 'p50', scale: 1 / 1000 },
  { words: '1 stream at 1,000 tokens/s, token p99, ms', scenario: 'one1000', name: 'p99', scale: 1 / 1000 },
  { words: '1 stream at 1,000 tokens/s, processor time of all hops per token, µs', scenario: 'one1000', name: 'hopsCpu', scale: 1 },
  { words: '1 stream flat out, tokens/s', scenario: 'flatOut', name: 'rate', scale: 1 },
];
const rows = figures.map(({ words, scenario, name, scale }) => {
  const cells = all.map((path) => told(results.spread({ scenario, path, name }), scale));
  return `| ${words} | ${cells.join(' | ')} |`;
});
const p50s = [
  ['first token', 'firstToken', 'firstTokenP50'],
  ['1 stream at 50 tokens/s', 'one50', 'p50'],
  ['1 stream at 1,000 tokens/s', 'one1000', 'p50'],
] as const;
const addedRows = p50s.map(([words, scenario, name]) => {
  return `| ${words} | ${told(added(scenario, 'joined', name))} | ${told(added(scenario, 'two', name))} |`;
});
for (const row of [...rows, ...addedRows]) console.log(row);

const hops = p50s.map(([words, scenario, name]) => ({ words, ms: added(scenario, 'two', name).median }));
const body = [
  `Medians over ${String(options.repetitions)} repetitions, with the lowest and the highest; the paths take turns within a repetition. ` +
    `Model, agent, relays, NATS and client are processes of one machine with two processors${options.realtime && canBeRealtime ? ', in the real-time class where that helps' : ''}.`,
  '',
  `| | ${paths.map(({ words }) => words).join(' | ')} |`,
  `|---|${'---|'.repeat(paths.length)}`,
  ...rows,
  '',
  'What is added to one relay, p50 within each repetition, ms:',
  '',
  '| | having joined NATS | page and device at two nodes |',
  '|---|---|---|',
  ...addedRows,
  '',
  `Bound: two nodes add ≤ ${String(MAX_ADDED_MS)} ms to each of these.`,
].join('\n');
const missed = options.quick
  ? results.faults
  : [
      ...results.faults,
      ...hops.filter(({ ms }) => !(ms <= MAX_ADDED_MS)).map(({ words, ms }) => `${words}: ${short(ms)} ms added by two nodes`),
    ];
conclude({
  name: 'cluster',
  title: 'A relay of two nodes beside a relay of one',
  missed,
  body: options.quick || options.app !== undefined ? undefined : body,
});
