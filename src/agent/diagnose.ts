import type { Clock } from '../base/clock.ts';
import { deferred } from '../base/deferred.ts';
import type { DiagnoseOptions, Diagnosis, DiagnosisHop, HopResult, SkipReason } from '../protocol/diagnosis.ts';
import { TunnelError } from '../protocol/errors.ts';

/** How long a whole run may take, ms; a second less than is promised, which is for drawing it. */
export const DIAGNOSIS_MS = 29_000;

/** How long each hop may take, ms. Both ways fit {@link DIAGNOSIS_MS}, for they are gone side by side. */
export const hopBounds: Readonly<Record<DiagnosisHop, number>> = {
  address: 1_000,
  network: 5_000,
  certificate: 4_000,
  relay: 4_000,
  link: 5_000,
  admission: 4_000,
  farEnd: 6_000,
  // three places to look, each of which may take two seconds to say nothing
  ollama: 7_000,
  models: 6_000,
  // a model is loaded meanwhile
  token: 16_000,
};

/** A hop that is as it should be, with what is worth saying of it; or why it was not looked at. `notSetUp` ends its way. */
export type HopFinding = { readonly note?: string } | { readonly skip: Extract<SkipReason, 'notSetUp' | 'notNeeded'> };

/** How one hop is looked at. */
export interface HopCheck {
  readonly hop: DiagnosisHop;
  /** @param signal ends with the hop, however that ends: nothing it has opened may stay. @throws TunnelError what is wrong */
  check(signal: AbortSignal): Promise<HopFinding>;
  /** What it means that there is no finding in time. @param seconds that were waited */
  late(seconds: string): TunnelError;
}

export interface DiagnoseRun extends DiagnoseOptions {
  readonly clock: Clock;
  /** Replace {@link hopBounds}, for tests. */
  readonly bounds?: Partial<Record<DiagnosisHop, number>>;
}

/** Goes every way hop by hop, side by side. Behind a hop that failed, its own way ends. Never throws. */
export async function diagnose(ways: readonly (readonly HopCheck[])[], run: DiagnoseRun): Promise<Diagnosis> {
  const { clock } = run;
  const startedAt = clock.now();
  const begin = clock.monotonic();
  const hops = await Promise.all(ways.map((way) => goWay(way, run, begin + DIAGNOSIS_MS)));
  return { startedAt, tookMs: clock.monotonic() - begin, hops: hops.flat() };
}

async function goWay(way: readonly HopCheck[], run: DiagnoseRun, dueAt: number): Promise<readonly HopResult[]> {
  const results: HopResult[] = [];
  let over: SkipReason | undefined;
  for (const check of way) {
    const result: HopResult = over === undefined ? await goHop(check, run, dueAt) : { hop: check.hop, outcome: 'skipped', why: over };
    if (result.outcome === 'failed') over = 'afterFailure';
    else if (result.outcome === 'skipped' && result.why !== 'notNeeded') over = result.why;
    results.push(result);
    run.onHop?.(result);
  }
  return results;
}

async function goHop(look: HopCheck, run: DiagnoseRun, dueAt: number): Promise<HopResult> {
  const { hop } = look;
  const { clock, signal, bounds } = run;
  if (signal?.aborted) return { hop, outcome: 'skipped', why: 'cancelled' };
  const begin = clock.monotonic();
  const took = (): number => clock.monotonic() - begin;
  const ending = new AbortController();
  const finding = deferred<HopFinding>();
  const boundMs = Math.max(0, Math.min(bounds?.[hop] ?? hopBounds[hop], dueAt - begin));
  const timer = clock.after(boundMs, () => {
    finding.reject(look.late(`${String(Math.round(boundMs / 100) / 10)} s`));
  });
  const cancel = (): void => {
    finding.reject(new TunnelError('cancelled'));
  };
  signal?.addEventListener('abort', cancel, { once: true });
  look.check(ending.signal).then(finding.resolve, finding.reject);
  try {
    const found = await finding.promise;
    return 'skip' in found ? { hop, outcome: 'skipped', why: found.skip } : { hop, outcome: 'passed', ms: took(), ...found };
  } catch (error) {
    const { code, detail } = TunnelError.from(error);
    if (code === 'cancelled') return { hop, outcome: 'skipped', why: 'cancelled' };
    return { hop, outcome: 'failed', ms: took(), error: code, ...(detail === undefined ? {} : { detail }) };
  } finally {
    timer.dispose();
    signal?.removeEventListener('abort', cancel);
    ending.abort();
  }
}
