import type { Clock } from '../../../base/clock.ts';
import { deferred } from '../../../base/deferred.ts';
import { UserError } from '../../../base/userError.ts';

/** What `relay check` looks at, from outside to inside, and what each hop proves, in words. */
export const checkHops = {
  address: 'Address',
  name: 'Name (DNS)',
  network: 'Network',
  certificate: 'Certificate',
  relay: 'Relay',
  clock: 'Clock',
  host: 'Host name',
  page: 'Page',
  device: 'Link of a device',
  client: 'Link of a browser',
  stream: 'Streams',
  version: 'Version',
  idle: 'Quiet link',
} as const;
export type CheckHopName = keyof typeof checkHops;

/** What is wrong or doubtful, and what to do about it. */
export type Finding = Pick<UserError, 'code' | 'message' | 'remedy'>;

/** What a hop that does not fail may come to: a note, a warning that leaves the exit code 0, or why it was not looked at. */
export type HopOutcome = { readonly note?: string } | { readonly warning: Finding } | { readonly skip: string };

export interface CheckHop {
  readonly hop: CheckHopName;
  readonly boundMs: number;
  /** @param signal ends with the hop: nothing it has opened for itself may stay. @throws UserError what is wrong */
  check(signal: AbortSignal): HopOutcome | Promise<HopOutcome>;
  /** What it means that there is no finding in time. @param seconds that were waited */
  late(seconds: string): UserError;
}

export type CheckResult = { readonly hop: CheckHopName } & (
  | { readonly outcome: 'passed'; readonly ms: number; readonly note?: string }
  | ({ readonly outcome: 'warned' | 'failed'; readonly ms: number } & Finding)
  | { readonly outcome: 'skipped'; readonly why: string }
);
export type FailedCheck = Extract<CheckResult, { outcome: 'warned' | 'failed' }>;

const AFTER_FAILURE = 'not looked at: a hop before it failed';

/**
 * Goes hop by hop; behind one that failed nothing is looked at.
 * @param onHop hears of each as soon as it is known
 * @throws what is no UserError: a fault of ours
 */
export async function goCheckWay(way: readonly CheckHop[], clock: Clock, onHop: (result: CheckResult) => void): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const hop of way) {
    const hasFailed = results.some(({ outcome }) => outcome === 'failed');
    const result: CheckResult = hasFailed ? { hop: hop.hop, outcome: 'skipped', why: AFTER_FAILURE } : await goHop(hop, clock);
    results.push(result);
    onHop(result);
  }
  return results;
}

async function goHop(look: CheckHop, clock: Clock): Promise<CheckResult> {
  const { hop, boundMs } = look;
  const begin = clock.monotonic();
  const took = (): number => Math.round(clock.monotonic() - begin);
  const ending = new AbortController();
  const found = deferred<HopOutcome>();
  const timer = clock.after(boundMs, () => {
    found.reject(look.late(`${String(Math.round(boundMs / 100) / 10)} s`));
  });
  Promise.resolve()
    .then(() => look.check(ending.signal))
    .then(found.resolve, found.reject);
  try {
    const outcome = await found.promise;
    if ('skip' in outcome) return { hop, outcome: 'skipped', why: outcome.skip };
    if ('warning' in outcome) return { hop, outcome: 'warned', ms: took(), ...wordsOf(outcome.warning) };
    return { hop, outcome: 'passed', ms: took(), ...outcome };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { hop, outcome: 'failed', ms: took(), ...wordsOf(error) };
  } finally {
    timer.dispose();
    ending.abort();
  }
}

function wordsOf({ code, message, remedy }: Finding): Finding {
  return { code, message, remedy };
}
