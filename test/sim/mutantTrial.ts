// Run as a process of its own, with plantMutant.ts loaded ahead: lives the seeds of each stage until one finds the planted fault.
import { liveSeeds } from './liveSeeds.ts';
import type { Stage } from './tryMutant.ts';

const stages = JSON.parse(process.argv[2] ?? '[]') as readonly Stage[];
const { C2L_TRACE } = process.env;
const trace = (line: string): void => {
  console.log(line);
};

let seeds = 0;
let found: object | undefined;
for (const { world, first, count } of stages) {
  const range = Array.from({ length: count }, (_, at) => first + at);
  const report = await liveSeeds(world, range, { enoughFailures: 1, ...(C2L_TRACE === undefined ? {} : { trace }) });
  seeds += report.seeds;
  const [failure] = report.failures;
  if (!failure) continue;
  found = { world, seed: failure.seed, message: failure.message };
  break;
}
console.log(JSON.stringify({ seeds, found }));
process.exit();
