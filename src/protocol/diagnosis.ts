import type { ErrorCode } from './errors.ts';

/** What a diagnosis looks at, in the order in which a question travels: first the way through the relay, then Ollama. */
export const diagnosisHops = [
  'address',
  'network',
  'certificate',
  'relay',
  'link',
  'admission',
  'farEnd',
  'ollama',
  'models',
  'token',
] as const;
export type DiagnosisHop = (typeof diagnosisHops)[number];

/**
 * Why a hop was not looked at: one before it failed; there is no relay; this address needs none (a certificate on this computer); the
 * person ended the run.
 */
export type SkipReason = 'afterFailure' | 'notSetUp' | 'notNeeded' | 'cancelled';

/** What became of one hop. `ms` is how long it took; notes and details are safe to show, and may name hosts and models. */
export type HopResult = { readonly hop: DiagnosisHop } & (
  | { readonly outcome: 'passed'; readonly ms: number; readonly note?: string }
  | { readonly outcome: 'failed'; readonly ms: number; readonly error: ErrorCode; readonly detail?: string }
  | { readonly outcome: 'skipped'; readonly why: SkipReason }
);
export type FailedHop = Extract<HopResult, { outcome: 'failed' }>;

/** One run over all hops. */
export interface Diagnosis {
  /** Wall clock, ms. */
  readonly startedAt: number;
  readonly tookMs: number;
  /** Each hop once, in the order of {@link diagnosisHops}. */
  readonly hops: readonly HopResult[];
}

export interface DiagnoseOptions {
  /** Ends the run; what was not looked at is then `cancelled`. */
  readonly signal?: AbortSignal;
  /** Hears of each hop as soon as it is known. Relay and Ollama are looked at side by side. */
  readonly onHop?: (result: HopResult) => void;
}

/** The hop that everything behind it waits for. */
export function firstFailure({ hops }: Diagnosis): FailedHop | undefined {
  return hops.find((result): result is FailedHop => result.outcome === 'failed');
}

export function wasCancelled({ hops }: Diagnosis): boolean {
  return hops.some((result) => result.outcome === 'skipped' && result.why === 'cancelled');
}
