// npm run test:long -- mutants: every planted fault, and every pair of them, until a seed finds it. It may be stopped: it goes on where
// it was. `C2L_MUTANT='name' C2L_WORLD=chat C2L_SEED=7` lives one seed of one mutant and tells what happens.
import { writeReport } from '../../scripts/lib/report.mjs';
import { survivorNotes } from '../sim/mutantNotes.ts';
import { allPairs, type MutantPair } from '../sim/mutantPairs.ts';
import { mutants } from '../sim/mutants.ts';
import { stagesUpTo, traceMutant, tryAll, type Verdict } from '../sim/tryMutant.ts';
import type { WorldName } from '../sim/worlds.ts';
import { Progress } from './lib/progress.ts';

/** Seeds of each world that a single mutant, and a pair, must live through to count as alive. */
const MOST_SEEDS = Number(process.env['C2L_SEEDS'] ?? 3_000);
const KILLED_AT_LEAST = 0.95;

const { C2L_MUTANT, C2L_WORLD, C2L_SEED } = process.env;
if (C2L_MUTANT !== undefined) {
  console.log(await traceMutant(C2L_MUTANT, { world: (C2L_WORLD ?? 'chat') as WorldName, first: Number(C2L_SEED ?? 1), count: 1 }));
  process.exit();
}

const progress = new Progress<Verdict>('mutants', ['src', 'test/sim', 'test/fakes']);
const singles = mutants.map(({ name }) => name);
const { pairs, excluded } = allPairs();

await tryRest(singles, MOST_SEEDS);
await tryRest(
  pairs.map(({ name }) => name),
  MOST_SEEDS,
);

const verdictOf = (name: string): Verdict => progress.done.get(name) ?? { name, seeds: 0, killedBy: undefined };
const living = [...singles, ...pairs.map(({ name }) => name)].filter((name) => !verdictOf(name).killedBy);
const unexplained = living.filter((name) => noteOf(name) === undefined);
const tried = singles.length + pairs.length;
const share = (tried - living.length) / tried;
const summary = `${String(tried - living.length)} of ${String(tried)} killed (${(100 * share).toFixed(1)} %), ${String(unexplained.length)} survivors not explained`;
const file = writeReport('mutants', {
  title: 'Faults planted in the product, and the seeds that found them',
  command: 'npm run test:long -- mutants',
  result: summary,
  body: body(),
});
for (const name of unexplained) console.log(`not explained: ${name}`);
console.log(`${summary}; ${file}`);
const isGood = share >= KILLED_AT_LEAST && unexplained.length === 0;
if (isGood) progress.clear();
process.exitCode = isGood ? 0 : 1;

async function tryRest(names: readonly string[], most: number): Promise<void> {
  const open = names.filter((name) => !progress.done.has(name));
  await tryAll(open, stagesUpTo(most), (verdict) => {
    progress.add(verdict.name, verdict);
    const by = verdict.killedBy;
    const how = by ? `${by.world} ${String(by.seed)}` : 'LIVES';
    console.log(
      `${String(progress.done.size)} of ${String(singles.length + pairs.length)}: ${verdict.name}: ${how}, ${String(verdict.seeds)} seeds`,
    );
  });
}

/** Why a survivor lives. A pair of survivors lives for the reasons of both. */
function noteOf(name: string): string | undefined {
  const notes = name.split(' + ').map((part) => survivorNotes[part]);
  return survivorNotes[name] ?? (notes.every((note) => note !== undefined) ? notes.join(' ') : undefined);
}

function body(): string {
  const rows = singles.map((name) => {
    const { seeds, killedBy } = verdictOf(name);
    const message = killedBy?.message.split('\n', 1)[0]?.replaceAll('|', '\\|').slice(0, 160) ?? '**lives**';
    return `| ${name} | ${killedBy ? `${killedBy.world} ${String(killedBy.seed)}` : '–'} | ${String(seeds)} | ${message} |`;
  });
  return `Each is a change of the product's own source, planted by the loader when a file is read: there is no switch in \`src\`. The list
(\`test/sim/mutantList.ts\`) was written before the first run against it. A process of its own lives seeds of both worlds, few at first, until one fails: at
most ${String(MOST_SEEDS)} of each world, for a single fault as for a pair.

${String(singles.length)} single faults: ${String(singles.filter((name) => verdictOf(name).killedBy).length)} killed. ${String(pairs.length)} pairs: ${String(pairs.filter(({ name }) => verdictOf(name).killedBy).length)} killed.

## Single faults

| fault | killed by seed | after seeds | what the seed saw |
|---|---|---:|---|
${rows.join('\n')}

## Survivors

${living.length === 0 ? 'None.' : living.map((name) => `- **${name}**: ${noteOf(name) ?? 'not explained'}`).join('\n')}

## Pairs

Each line: the first fault, then every second one with the seed that killed both together.

${singles.map((name) => pairLine(name)).join('\n')}

## Pairs that cannot be planted together

They change the same place.

${excluded.map(({ first, second }) => `- ${first} / ${second}`).join('\n')}
`;
}

function pairLine(first: string): string {
  const own = pairs.filter((pair) => pair.first === first);
  const killer = ({ name }: MutantPair): string => {
    const by = verdictOf(name).killedBy;
    return by ? `${by.world} ${String(by.seed)}` : '**lives**';
  };
  return own.length === 0 ? '' : `- **${first}** with ${own.map((pair) => `${pair.second} (${killer(pair)})`).join('; ')}`;
}
