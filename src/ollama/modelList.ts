import * as v from 'valibot';
import type { LoadedModel, ModelInfo } from '../protocol/chatModels.ts';
import { TunnelError } from '../protocol/errors.ts';

/** Longest name that the chat contract takes. */
const MAX_NAME_CHARS = 256;

/** 0 and nonsense mean unknown. */
const count = v.fallback(v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))), undefined);

const tagsEntry = v.object({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_NAME_CHARS)),
  size: v.optional(v.number()),
  remote_host: v.optional(v.string()),
  details: v.optional(
    v.object({
      family: v.optional(v.string()),
      parameter_size: v.optional(v.string()),
      quantization_level: v.optional(v.string()),
      context_length: count,
    }),
  ),
  capabilities: v.optional(v.array(v.string())),
});
const listBody = v.object({ models: v.nullable(v.array(v.unknown())) });
const digestEntry = v.object({ name: v.string(), digest: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)) });
const bytes = v.fallback(v.pipe(v.number(), v.minValue(0)), 0);
const psEntry = v.object({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_NAME_CHARS)),
  size: v.optional(bytes, 0),
  size_vram: v.optional(bytes, 0),
  expires_at: v.optional(v.string()),
  context_length: count,
});

/**
 * Joins the bodies of `/api/tags` and `/api/ps`; newest first, as Ollama lists them. An entry that cannot be read is left out.
 * @param ps `undefined` when it could not be had: then nothing is known to be loaded
 * @throws TunnelError `ollamaForeign` when `tags` is no list of models
 */
export function readModelList(tags: unknown, ps: unknown): ModelInfo[] {
  const list = v.safeParse(listBody, tags);
  if (!list.success) throw new TunnelError('ollamaForeign', 'no list of models');
  const running = v.safeParse(listBody, ps);
  const loaded = new Set((running.success ? (running.output.models ?? []) : []).map(nameOf));
  return (list.output.models ?? []).flatMap((value) => {
    const entry = v.safeParse(tagsEntry, value);
    return entry.success ? [toModelInfo(entry.output, loaded.has(entry.output.name))] : [];
  });
}

/** What distinguishes each model from others that had its name, by name. */
export function readDigests(tags: unknown): ReadonlyMap<string, string> {
  const list = v.safeParse(listBody, tags);
  const entries = (list.success ? (list.output.models ?? []) : []).map((value) => v.safeParse(digestEntry, value));
  return new Map(entries.flatMap((entry) => (entry.success ? [[entry.output.name, entry.output.digest] as const] : [])));
}

/** Further off than this means never: Ollama writes a keep-alive without end as some day in centuries. */
const NEVER_MS = 100 * 365 * 24 * 60 * 60_000;

/** Reads the body of `/api/ps`: what stays longest comes first. @throws TunnelError `ollamaForeign` when it is none */
export function readLoadedModels(ps: unknown, now: number): LoadedModel[] {
  const list = v.safeParse(listBody, ps);
  if (!list.success) throw new TunnelError('ollamaForeign', 'no list of loaded models');
  return (list.output.models ?? []).flatMap((value) => {
    const entry = v.safeParse(psEntry, value);
    if (!entry.success) return [];
    const { name, size, size_vram, expires_at, context_length } = entry.output;
    const expiresAt = Date.parse(expires_at ?? '');
    return [
      {
        ...{ name, size, gpuSize: Math.min(size, size_vram) },
        ...(Number.isNaN(expiresAt) || expiresAt - now > NEVER_MS ? {} : { expiresAt }),
        ...(context_length === undefined ? {} : { contextLength: context_length }),
      },
    ];
  });
}

function nameOf(value: unknown): string | undefined {
  const entry = v.safeParse(psEntry, value);
  return entry.success ? entry.output.name : undefined;
}

function toModelInfo(entry: v.InferOutput<typeof tagsEntry>, loaded: boolean): ModelInfo {
  const { details } = entry;
  // before it listed capabilities, Ollama's embedding models were known by their family
  const capabilities = entry.capabilities ?? (/bert/i.test(details?.family ?? '') ? ['embedding'] : undefined);
  return {
    name: entry.name,
    ...(entry.size === undefined ? {} : { size: entry.size }),
    ...(details?.parameter_size === undefined ? {} : { parameterSize: details.parameter_size }),
    ...(details?.quantization_level === undefined ? {} : { quantization: details.quantization_level }),
    ...(details?.context_length === undefined ? {} : { contextLength: details.context_length }),
    loaded,
    ...(capabilities === undefined ? {} : { capabilities }),
    ...(entry.remote_host !== undefined || /[:-]cloud$/i.test(entry.name) ? { cloud: true } : {}),
  };
}
