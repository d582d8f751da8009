import * as v from 'valibot';
import type { ModelInfo } from '../protocol/chat.ts';
import { TunnelError } from '../protocol/errors.ts';

/** Longest name that the chat contract takes. */
const MAX_NAME_CHARS = 256;

const tagsEntry = v.object({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_NAME_CHARS)),
  size: v.optional(v.number()),
  remote_host: v.optional(v.string()),
  details: v.optional(
    v.object({ family: v.optional(v.string()), parameter_size: v.optional(v.string()), quantization_level: v.optional(v.string()) }),
  ),
  capabilities: v.optional(v.array(v.string())),
});
const listBody = v.object({ models: v.nullable(v.array(v.unknown())) });
const psEntry = v.object({ name: v.string() });

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
    loaded,
    ...(capabilities === undefined ? {} : { capabilities }),
    ...(entry.remote_host !== undefined || /[:-]cloud$/i.test(entry.name) ? { cloud: true } : {}),
  };
}
