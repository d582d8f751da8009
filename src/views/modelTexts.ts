import * as vscode from 'vscode';
import { fileSize } from '../base/figures.ts';
import { badgesOf, gpuPercent, percentOf, type LoadedModel, type ModelInfo, type ModelPull } from '../protocol/chatModels.ts';
import { wordsOf } from '../protocol/errors.ts';
import { inOwnLanguage } from './inOwnLanguage.ts';

/** How large a model is, how it is packed, and whether it is somewhere else or in memory. */
export function modelFigures({ parameterSize, quantization, size, cloud, loaded }: ModelInfo): string {
  const t = vscode.l10n.t;
  return joined(
    parameterSize,
    quantization,
    size === undefined ? undefined : fileSize(size),
    cloud === true ? t('runs at Ollama, not here') : undefined,
    loaded === true ? t('in memory') : undefined,
  );
}

/** What it can beside writing; empty while that is not known. */
export function modelAbilities(info: ModelInfo): string {
  const t = vscode.l10n.t;
  const words = { vision: t('sees images'), tools: t('uses tools'), thinking: t('thinks'), embedding: t('makes embeddings') };
  return joined(...badgesOf(info).map((badge) => words[badge]));
}

/** What a loaded model takes, where it is, and until when. `now` is wall clock, ms. */
export function memoryWords(loaded: LoadedModel, now: number): string {
  const t = vscode.l10n.t;
  const { expiresAt } = loaded;
  const size = fileSize(loaded.size);
  const gpu = gpuPercent(loaded);
  const place =
    gpu === 100
      ? t('{0}, all on the GPU', size)
      : gpu === 0
        ? t('{0}, all on the CPU', size)
        : t('{0}, {1} % GPU, {2} % CPU', size, gpu, 100 - gpu);
  if (expiresAt === undefined) return joined(place, t('stays there'));
  return joined(place, expiresAt <= now ? t('about to be unloaded') : t('unloaded at {0}', timeOf(expiresAt)));
}

/** How far a download is, or how it ended. */
export function pullWords(pull: ModelPull): string {
  const t = vscode.l10n.t;
  const { state, step, completed = 0, total = 0 } = pull;
  if (state === 'failed') return wordsOf(pull.error ?? 'ollamaPullFailed', pull.errorDetail, inOwnLanguage);
  if (state !== 'running') return state === 'done' ? t('It is there.') : t('Cancelled; what has come is kept.');
  const percent = percentOf(pull);
  if (step === 'downloading' && percent !== undefined) return t('{0} of {1}, {2} %', fileSize(completed), fileSize(total), percent);
  const steps = {
    manifest: t('Looking it up'),
    downloading: t('Downloading'),
    verifying: t('Checking what came'),
    finishing: t('Finishing'),
  };
  return steps[step];
}

function joined(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}

function timeOf(at: number): string {
  return new Date(at).toLocaleTimeString(vscode.env.language, { hour: '2-digit', minute: '2-digit' });
}
