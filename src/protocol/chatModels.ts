import * as v from 'valibot';
import { count, errorCode, id, model } from './chatMessage.ts';
import { MAX_PULLS_LISTED } from './limits.ts';

/** What the chat contract says of models: which there are, which are in memory, and which are being downloaded. */

export const modelInfo = v.object({
  name: model,
  /** Bytes on disk. */
  size: v.optional(v.number()),
  parameterSize: v.optional(v.string()),
  quantization: v.optional(v.string()),
  /** Tokens that it was trained for; what it gets of them is {@link loadedModel}'s. */
  contextLength: v.optional(count),
  loaded: v.optional(v.boolean()),
  /** It runs at Ollama's servers, not on this machine: text would leave it. */
  cloud: v.optional(v.boolean()),
  /** `completion`, `tools`, `vision`, `thinking`, `embedding`, …; absent while not known. */
  capabilities: v.optional(v.array(v.string())),
});
export type ModelInfo = v.InferOutput<typeof modelInfo>;

/** What of a model is worth a badge; `completion` is what every one of them can. */
export const badges = ['vision', 'tools', 'thinking', 'embedding'] as const;
export function badgesOf({ capabilities = [] }: ModelInfo): readonly (typeof badges)[number][] {
  return badges.filter((capability) => capabilities.includes(capability));
}

export const loadedModel = v.object({
  name: model,
  /** Bytes in memory, and how many of them are the graphics card's. */
  size: v.number(),
  gpuSize: v.number(),
  /** Wall clock, ms, when Ollama will unload it. Absent: never by itself. */
  expiresAt: v.optional(v.number()),
  /** Tokens of context that it was given. */
  contextLength: v.optional(count),
});
/** A model in memory. */
export type LoadedModel = v.InferOutput<typeof loadedModel>;

/** How much of it the graphics card has, %. A share that is not all never reads as all, and some never as none. */
export function gpuPercent({ size, gpuSize }: LoadedModel): number {
  const gpu = size === 0 ? 0 : Math.round((gpuSize / size) * 100);
  return Math.min(gpuSize < size ? 99 : 100, Math.max(gpuSize > 0 ? 1 : 0, gpu));
}

export const pullSteps = ['manifest', 'downloading', 'verifying', 'finishing'] as const;
export const modelPull = v.object({
  name: model,
  state: v.picklist(['running', 'done', 'failed', 'cancelled']),
  /** The last step that was begun. */
  step: v.picklist(pullSteps),
  /** Bytes of the layers known so far. */
  completed: v.optional(count),
  total: v.optional(count),
  error: v.optional(errorCode),
  errorDetail: v.optional(v.string()),
});
/** A download of a model. It belongs to the device: every view sees it, and none that leaves ends it. */
export type ModelPull = v.InferOutput<typeof modelPull>;

/** How much has come, %, rounded down: 100 is all of it. Undefined while nobody knows how much there is. */
export function percentOf({ completed, total }: ModelPull): number | undefined {
  return completed === undefined || total === undefined || total === 0 ? undefined : Math.floor((completed / total) * 100);
}

export const modelRequests = [
  /** The models; from the first time on they are sent again when the device has changed them itself. */
  v.object({ type: v.literal('listModels') }),
  /** What is in memory; from the first time on it is sent again on each change that the device knows of. */
  v.object({ type: v.literal('listLoaded') }),
  /** Out of memory, now. */
  v.object({ type: v.literal('unloadModel'), requestId: id, model }),
  v.object({ type: v.literal('deleteModel'), requestId: id, model }),
  /** Download a model, or go on with a download. One that runs already is joined. */
  v.object({ type: v.literal('pullModel'), requestId: id, model }),
  /** End a download; what has come is kept by Ollama. One that has ended leaves the list. */
  v.object({ type: v.literal('cancelPull'), requestId: id, model }),
] as const;

export const modelReplies = [
  v.object({ type: v.literal('models'), items: v.array(modelInfo), suggested: v.optional(v.string()) }),
  v.object({ type: v.literal('loaded'), items: v.array(loadedModel) }),
  /** To those who may manage models: after `welcome` when there are any, and on each change. */
  v.object({ type: v.literal('pulls'), items: v.pipe(v.array(modelPull), v.maxLength(MAX_PULLS_LISTED)) }),
] as const;
