import { SeededRandom } from '../../fakes/seededRandom.ts';
import type { Fault } from '../support/fault.ts';
import type { FaultWorld, HopName, Lane } from '../support/faultWorld.ts';

/** How long the path is away, and by when the far end must be proved again after it is back: 95 in 100, ms. */
export interface OutageClass {
  readonly words: string;
  readonly minMs: number;
  readonly maxMs: number;
  readonly budgetMs: number;
  /** The client is told when the path is back, as by `online`, a network change or waking. */
  readonly isTold?: boolean;
}

export const outageClasses = {
  second: { words: 'up to 1 s', minMs: 0, maxMs: 1_000, budgetMs: 1_500 },
  threeSeconds: { words: '1 to 3 s', minMs: 1_000, maxMs: 3_000, budgetMs: 5_000 },
  longer: { words: '3 to 12 s', minMs: 3_000, maxMs: 12_000, budgetMs: 6_000 },
  told: { words: '3 to 12 s, then `online`', minMs: 3_000, maxMs: 12_000, budgetMs: 1_500, isTold: true },
} as const satisfies Readonly<Record<string, OutageClass>>;
export type OutageClassName = keyof typeof outageClasses;
export const outageClassNames = Object.keys(outageClasses) as OutageClassName[];

export interface Outage {
  readonly name: OutageClassName;
  readonly hop: Exclude<HopName, 'ollama'>;
  readonly fault: Extract<Fault, { readonly forMs: number }>;
}

export interface OutageResult extends Outage {
  /** From the path's return to the first bytes from the far end over a proved session, ms; undefined when that never came. */
  readonly recoveryMs: number | undefined;
}

/** Longer than any wait that the schedule knows. */
const LIMIT_MS = 40_000;
/** Processes that have just started are slow, ms. */
const SETTLE_MS = 1_000;
/** After so long on a good line the waits of the next outage begin small again, whatever the jitter, ms. */
const STABLE_MS = 41_000;

const faultsOf = (random: SeededRandom, forMs: number): Outage['fault'] =>
  (
    [
      { kind: 'refuse', forMs },
      { kind: 'blackHole', forMs },
      { kind: 'resetNew', forMs },
      { kind: 'captive', status: ([200, 302, 403] as const)[random.int(3)] ?? 200, forMs },
    ] as const
  )[random.int(4)] ?? { kind: 'refuse', forMs };

/** `counts` outages of each class, mixed, on both hops by turns; what is told is told to clients. */
export function planOutages(counts: Readonly<Record<OutageClassName, number>>, seed: number): Outage[] {
  const random = new SeededRandom(seed);
  const inOrder = outageClassNames.flatMap((name) =>
    Array.from({ length: counts[name] }, (_, i): Outage => {
      const { minMs, maxMs } = outageClasses[name];
      const fault = faultsOf(random, minMs + random.int(maxMs - minMs + 1));
      return { name, hop: name === 'told' || i % 2 === 0 ? 'client' : 'device', fault };
    }),
  );
  return inOrder
    .map((outage) => ({ outage, place: random.float() }))
    .sort((a, b) => a.place - b.place)
    .map(({ outage }) => outage);
}

/** Runs them on the lanes of the world; on one hop of one lane the next comes only when the one before counts as forgotten. */
export async function runOutages(world: FaultWorld, outages: readonly Outage[], onResult: (result: OutageResult) => void): Promise<void> {
  const waiting = [...outages];
  await Promise.all(
    world.lanes.map(async (lane) => {
      const restedAt = { client: 0, device: 0 };
      // Lines of different people do not break in the same moment, and not while their processes are starting.
      await pause(SETTLE_MS + lane.index * 100);
      while (waiting.length > 0) {
        const rested = waiting.findIndex(({ hop }) => restedAt[hop] <= performance.now());
        const [outage] = rested < 0 ? [] : waiting.splice(rested, 1);
        if (!outage) {
          await pause(200);
          continue;
        }
        const recoveryMs = await measure(lane, outage);
        restedAt[outage.hop] = performance.now() + STABLE_MS;
        onResult({ ...outage, recoveryMs });
        await pause(300);
      }
    }),
  );
}

async function measure(lane: Lane, { name, hop, fault }: Outage): Promise<number | undefined> {
  const { port, tunnel } = lane.client;
  let lastAnswerAt = 0;
  const subscription = port.onReply((reply) => {
    if (reply.type === 'models') lastAnswerAt = performance.now();
  });
  try {
    const over = lane.proxies[hop].strike(fault);
    port.send({ type: 'listModels' });
    await over;
    const backAt = performance.now();
    if ('isTold' in outageClasses[name]) tunnel.supervisor.wake();
    while (performance.now() - backAt < LIMIT_MS) {
      if (lane.isUp && lastAnswerAt >= backAt) return performance.now() - backAt;
      await pause(5);
    }
    return undefined;
  } finally {
    subscription.dispose();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
