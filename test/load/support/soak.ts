import { LoadSite } from './loadSite.ts';
import type { Memory } from './probedProcess.ts';
import { SoakWork, type SoakTally } from './soakWork.ts';

export interface SoakSample {
  /** Since the work began, ms. */
  readonly atMs: number;
  /** By process: the relay, and one agent for each device. */
  readonly of: ReadonlyMap<string, Memory>;
}

export interface SoakResult {
  /** When nothing had been asked yet. */
  readonly before: SoakSample;
  /** One after each round, when all was quiet. */
  readonly samples: readonly SoakSample[];
  /** After the last, when all that is kept for a while for those who might come back was let go. */
  readonly after: SoakSample;
  readonly tally: SoakTally;
}

export interface SoakPlan {
  readonly rounds: number;
  readonly workMs: number;
  /** Between a round's end and its sample. */
  readonly quietMs: number;
  /** Between the last sample and the one after all. */
  readonly settleMs: number;
  readonly onSample?: (sample: SoakSample, tally: SoakTally) => void;
}

const DEVICES = 3;
const PAGES = 3;
const SEED = 7;

/** Works a relay and its agents for a long time, and looks again and again at what they hold when nobody wants anything of them. */
export async function runSoak({ rounds, workMs, quietMs, settleMs, onSample }: SoakPlan): Promise<SoakResult> {
  const site = await LoadSite.start({ devices: DEVICES, model: { tokensPerSec: 150 } });
  try {
    const pages = await Promise.all(
      site.devices.map(async (device) => {
        const own = [];
        for (let number = 0; number < PAGES; number++) {
          const page = await device.page();
          own.push(page);
          await page.connect(); // a pairing that nobody uses ends by itself
          page.disconnect();
        }
        return own;
      }),
    );
    const work = new SoakWork(site, pages, SEED);
    // A page that has left is kept for some minutes, with a timer: who looks before that has ended finds fewer later.
    await pause(Math.max(quietMs, settleMs));
    const start = performance.now();
    const sample = async (): Promise<SoakSample> => {
      const of = new Map([['relay', await site.relay.memory()]]);
      for (const [index, { agent }] of site.devices.entries()) of.set(`agent ${String(index + 1)}`, await agent.memory());
      return { atMs: performance.now() - start, of };
    };
    const before = await sample();
    const samples: SoakSample[] = [];
    for (let round = 0; round < rounds; round++) {
      await work.round(workMs);
      await pause(quietMs);
      const now = await sample();
      samples.push(now);
      onSample?.(now, work.tally);
    }
    await pause(settleMs);
    return { before, samples, after: await sample(), tally: work.tally };
  } finally {
    await site.stop();
  }
}

/** What one process held. */
export function memoryOf({ of }: SoakSample, name: string): Memory {
  const memory = of.get(name);
  if (!memory) throw new Error(`no process is called ${name}`);
  return memory;
}

/** Heap and the buffers outside of it. */
export function heldBytes({ heapUsed, external }: Memory): number {
  return heapUsed + external;
}

/** What a process's memory grows by in an hour, bytes: the straight line that is nearest to the samples from `fromMs` on. */
export function growthPerHour(samples: readonly SoakSample[], name: string, fromMs: number, of: (memory: Memory) => number): number {
  const judged = samples.filter(({ atMs }) => atMs >= fromMs);
  const points = judged.map((sample) => [sample.atMs / 3_600_000, of(memoryOf(sample, name))] as const);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, bytes]) => bytes))];
  const spread = points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
  return points.reduce((sum, [at, bytes]) => sum + (at - x) * (bytes - y), 0) / spread;
}

/** Kinds of what a process has open, each with how many more there are than before; empty when all is as it was. */
export function handlesMore(before: Memory, after: Memory): Readonly<Record<string, number>> {
  const more: Record<string, number> = {};
  const add = (kind: string, count: number): void => {
    more[kind] = (more[kind] ?? 0) + count;
  };
  add('open files', after.handles - before.handles);
  for (const kind of after.resources) add(kind, 1);
  for (const kind of before.resources) add(kind, -1);
  return Object.fromEntries(Object.entries(more).filter(([, count]) => count !== 0));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
