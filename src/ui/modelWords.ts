import { fileSize } from '../base/figures.ts';
import { gpuPercent, percentOf, type LoadedModel, type ModelPull } from '../protocol/chatModels.ts';
import { wordsOf } from '../protocol/errors.ts';
import { remainingMs, type PullPace } from './pullPace.ts';

/** What a loaded model takes, where it is, and until when. `now` is wall clock, ms. */
export function memoryText(loaded: LoadedModel, now: number): string {
  const { size, expiresAt } = loaded;
  const share = gpuPercent(loaded);
  const place = share === 100 ? 'all on the GPU' : share === 0 ? 'all on the CPU' : `${String(share)} % GPU, ${String(100 - share)} % CPU`;
  return `In memory: ${fileSize(size)}, ${place} · ${expiresAt === undefined ? 'stays there' : leavesText(expiresAt - now)}`;
}

function leavesText(ms: number): string {
  return ms <= 0 ? 'about to be unloaded' : `unloaded in ${span(ms)}`;
}

const steps = { manifest: 'Looking it up', downloading: 'Downloading', verifying: 'Checking what came', finishing: 'Finishing' } as const;

/** How far a download is; what is not known is left out. */
export function pullText(pull: ModelPull, pace: PullPace | undefined): string {
  if (pull.state === 'failed') return wordsOf(pull.error ?? 'ollamaPullFailed', pull.errorDetail);
  if (pull.state !== 'running') return pull.state === 'done' ? 'It is there.' : 'Cancelled; what has come is kept.';
  const { step, completed = 0, total = 0 } = pull;
  if (step !== 'downloading' || total === 0) return steps[step];
  const left = pace ? remainingMs(pace) : undefined;
  return [
    `${fileSize(completed)} of ${fileSize(total)}`,
    percent(pull) ?? '',
    ...(pace?.perSecond === undefined ? [] : [`${fileSize(Math.round(pace.perSecond))}/s`]),
    ...(left === undefined ? [] : [`${span(left)} left`]),
  ].join(' · ');
}

export function pullBegins(name: string): string {
  return `Pulling ${name}`;
}

/** What is said aloud of a download under way. */
export function pullSpoken(pull: ModelPull): string {
  const how = pull.step === 'downloading' ? percent(pull) : undefined;
  return `${pullBegins(pull.name)}, ${how ?? steps[pull.step === 'downloading' ? 'manifest' : pull.step].toLowerCase()}`;
}

/** How a download ended, and what to do about it. */
export function pullEndWords({ name, state, error, errorDetail }: ModelPull): string {
  if (state === 'done') return `${name} is there`;
  if (state === 'cancelled') return `Pulling ${name} was cancelled; what has come is kept`;
  return `${name} was not pulled. ${wordsOf(error ?? 'ollamaPullFailed', errorDetail)}`;
}

function percent(pull: ModelPull): string | undefined {
  const share = percentOf(pull);
  return share === undefined ? undefined : `${String(share)} %`;
}

/** The greatest unit alone, rounded up. */
function span(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return `${String(seconds)} s`;
  if (seconds < 3600) return `${String(Math.ceil(seconds / 60))} min`;
  return `${String(Math.ceil(seconds / 3600))} h`;
}
