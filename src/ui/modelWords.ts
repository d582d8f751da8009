import { gpuPercent, percentOf, type LoadedModel, type ModelPull } from '../protocol/chatModels.ts';
import { fileSize } from './words.ts';
import { noted } from '../base/say.ts';
import { say, wordsOf } from './speech.ts';
import { remainingMs, type PullPace } from './pullPace.ts';

/** What a loaded model takes, where it is, and until when. `now` is wall clock, ms. */
export function memoryText(loaded: LoadedModel, now: number): string {
  const { size, expiresAt } = loaded;
  const share = gpuPercent(loaded);
  const place =
    share === 100 ? say('all on the GPU') : share === 0 ? say('all on the CPU') : `${String(share)} % GPU, ${String(100 - share)} % CPU`;
  return say(
    'In memory: {0}, {1} · {2}',
    fileSize(size),
    place,
    expiresAt === undefined ? say('stays there') : leavesText(expiresAt - now),
  );
}

function leavesText(ms: number): string {
  return ms <= 0 ? say('about to be unloaded') : say('unloaded in {0}', span(ms));
}

const steps = {
  manifest: noted('Looking it up'),
  downloading: noted('Downloading'),
  verifying: noted('Checking what came'),
  finishing: noted('Finishing'),
} as const;

/** How far a download is; what is not known is left out. */
export function pullText(pull: ModelPull, pace: PullPace | undefined): string {
  if (pull.state === 'failed') return wordsOf(pull.error ?? 'ollamaPullFailed', pull.errorDetail);
  if (pull.state !== 'running') return pull.state === 'done' ? say('It is there.') : say('Cancelled; what has come is kept.');
  const { step, completed = 0, total = 0 } = pull;
  if (step !== 'downloading' || total === 0) return say(steps[step]);
  const left = pace ? remainingMs(pace) : undefined;
  return [
    say('{0} of {1}', fileSize(completed), fileSize(total)),
    percent(pull) ?? '',
    ...(pace?.perSecond === undefined ? [] : [`${fileSize(Math.round(pace.perSecond))}/s`]),
    ...(left === undefined ? [] : [say('{0} left', span(left))]),
  ].join(' · ');
}

export function pullBegins(name: string): string {
  return say('Pulling {0}', name);
}

/** What is said aloud of a download under way. */
export function pullSpoken(pull: ModelPull): string {
  const how = pull.step === 'downloading' ? percent(pull) : undefined;
  return `${pullBegins(pull.name)}, ${how ?? say(steps[pull.step === 'downloading' ? 'manifest' : pull.step]).toLowerCase()}`;
}

/** How a download ended, and what to do about it. */
export function pullEndWords({ name, state, error, errorDetail }: ModelPull): string {
  if (state === 'done') return say('{0} is there', name);
  if (state === 'cancelled') return say('Pulling {0} was cancelled; what has come is kept', name);
  return say('{0} was not pulled. {1}', name, wordsOf(error ?? 'ollamaPullFailed', errorDetail));
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
