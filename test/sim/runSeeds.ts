/** The first seed, so that every run of CI is the same run. */
const FIRST_SEED = 1;

/** A world that lived through its seed. */
export interface LivedWorld {
  readonly faults: ReadonlyMap<string, number>;
  readonly time: { readonly executed: number };
  readonly fingerprint: number;
}

/** Lives one seed; throws when anything in it was not as it should be. */
export type LiveSeed = (seed: number, trace?: (line: string) => void) => Promise<LivedWorld>;

/** The seeds to run: `C2L_SEED` alone, or as many as `C2L_SEEDS` says. */
export function seedsToRun(usual: number): { readonly seeds: readonly number[]; readonly isReplay: boolean } {
  const { C2L_SEED, C2L_SEEDS } = process.env;
  if (C2L_SEED !== undefined) return { seeds: [Number(C2L_SEED)], isReplay: true };
  const count = C2L_SEEDS === undefined ? usual : Number(C2L_SEEDS);
  return { seeds: Array.from({ length: count }, (_, at) => FIRST_SEED + at), isReplay: false };
}

/** Runs seed after seed and says at the end what they went through. @throws Error at the first failing seed, with the command that replays it */
export async function runSeeds(name: string, usual: number, live: LiveSeed): Promise<void> {
  const { seeds, isReplay } = seedsToRun(usual);
  const begun = performance.now();
  const faults = new Map<string, number>();
  let events = 0;
  for (const seed of seeds) {
    const world = await liveOrExplain(live, seed, isReplay);
    events += world.time.executed;
    for (const [kind, count] of world.faults) faults.set(kind, (faults.get(kind) ?? 0) + count);
  }
  const total = [...faults.values()].reduce((sum, count) => sum + count, 0);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.log(`      ${name}: ${String(seeds.length)} seeds, ${String(total)} faults, ${String(events)} events, ${seconds} s`);
  console.log(`      ${[...faults].map(([kind, count]) => `${kind} ${String(count)}`).join(', ')}`);
}

async function liveOrExplain(live: LiveSeed, seed: number, isReplay: boolean): Promise<LivedWorld> {
  const stray: unknown[] = [];
  const onStray = (error: unknown): void => {
    stray.push(error);
  };
  // The runner's own would fail the test without naming the seed.
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', onStray);
  try {
    const world = await live(
      seed,
      isReplay
        ? (line) => {
            console.log(line);
          }
        : undefined,
    );
    if (stray.length > 0) throw new Error('an error reached nobody');
    return world;
  } catch (error) {
    const message = [error, ...stray].map((one) => (one instanceof Error ? one.message : String(one))).join('; ');
    throw new Error(`seed ${String(seed)}: ${message}\n  replay it: C2L_SEED=${String(seed)} npm run test:sim`, { cause: error });
  } finally {
    process.off('uncaughtException', onStray);
    for (const other of others) process.on('uncaughtException', other);
  }
}
