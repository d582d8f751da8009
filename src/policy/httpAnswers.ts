import * as v from 'valibot';
import { DecodeError, fromUtf8, utf8 } from '../base/bytes.ts';
import type { AnswerShape } from './httpRoutes.ts';

const listed = v.looseObject({ name: v.string() });
const listOf = v.looseObject({ models: v.nullable(v.array(v.unknown())) });
const openAiListed = v.looseObject({ id: v.string() });
const openAiList = v.looseObject({ data: v.nullable(v.array(v.unknown())) });

export type MayUse = (model: string, runsElsewhere?: boolean) => boolean;

/**
 * Of what `/api/show` says, what a remote program needs to use the model. The rest is the owner's: `modelfile` names the OS user in its
 * paths, `system`, `messages` and `template` are what they wrote.
 */
const shown = v.object({
  details: v.optional(v.unknown()),
  model_info: v.optional(v.unknown()),
  projector_info: v.optional(v.unknown()),
  capabilities: v.optional(v.unknown()),
  modified_at: v.optional(v.unknown()),
  requires: v.optional(v.unknown()),
});

/**
 * Takes out of an answer of Ollama what is not a remote client's business: cloud-backed models from lists, and the owner's texts.
 * @param mayUse may this client use the model of that name, which the list itself may say runs elsewhere?
 * @throws DecodeError when it is not Ollama's answer
 */
export function trimAnswer(shape: Exclude<AnswerShape, 'bytes'>, body: Uint8Array, mayUse: MayUse): Uint8Array {
  const value = parse(body);
  return utf8(JSON.stringify(trim(shape, value, mayUse)));
}

function trim(shape: Exclude<AnswerShape, 'bytes'>, value: unknown, mayUse: MayUse): unknown {
  switch (shape) {
    case 'tags': {
      const { models } = read(listOf, value);
      return { ...toRecord(value), models: models?.filter((entry) => v.is(listed, entry) && mayUse(entry.name, isRemote(entry))) ?? null };
    }
    case 'models': {
      const { data } = read(openAiList, value);
      return { ...toRecord(value), data: data?.filter((entry) => v.is(openAiListed, entry) && mayUse(entry.id)) ?? null };
    }
    case 'show':
      return read(shown, value);
  }
}

/** Its fields in the order in which they came. */
function toRecord(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

function isRemote(entry: Readonly<Record<string, unknown>>): boolean {
  return entry['remote_host'] !== undefined || entry['remote_model'] !== undefined;
}

function read<TSchema extends v.GenericSchema>(schema: TSchema, value: unknown): v.InferOutput<TSchema> {
  const result = v.safeParse(schema, value);
  if (!result.success) throw new DecodeError('not the answer that was expected');
  return result.output;
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(body)) as unknown;
  } catch {
    throw new DecodeError('not JSON');
  }
}
