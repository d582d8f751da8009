import * as v from 'valibot';
import { DecodeError, utf8 } from '../base/bytes.ts';
import { MAX_CONTEXT_LENGTH, MAX_KEEP_ALIVE_S, MAX_SYSTEM_PROMPT_BYTES, MIN_CONTEXT_LENGTH } from './limits.ts';

/** How much a model that can think is to think: Ollama’s own default where it is absent, `on` without a measure, or a measure. */
export const thinkLevels = ['off', 'on', 'low', 'medium', 'high'] as const;

/** Bytes that a system prompt takes of {@link MAX_SYSTEM_PROMPT_BYTES}. */
export function systemPromptBytes(value: string): number {
  return utf8(JSON.stringify(value)).length;
}

export const systemPrompt = v.pipe(
  v.string(),
  v.check((value) => systemPromptBytes(value) <= MAX_SYSTEM_PROMPT_BYTES, 'too long'),
);
export const contextLength = v.pipe(v.number(), v.safeInteger(), v.minValue(MIN_CONTEXT_LENGTH), v.maxValue(MAX_CONTEXT_LENGTH));

export const chatSettings = v.object({
  /** What the model is told ahead of the conversation. */
  systemPrompt: v.optional(systemPrompt),
  /** 0 to 2; Ollama's default is the model's own. */
  temperature: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(2))),
  /** Tokens of context. Another value makes Ollama load the model anew; absent, it decides by the memory there is. */
  contextLength: v.optional(contextLength),
  /** Seconds that the model stays in memory after an answer; 0 not at all, -1 for ever. */
  keepAliveSeconds: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(-1), v.maxValue(MAX_KEEP_ALIVE_S))),
  think: v.optional(v.picklist(thinkLevels)),
});
/** How the model of one conversation is asked. What is absent is left to Ollama. */
export type ChatSettings = v.InferOutput<typeof chatSettings>;

/** Reads settings from outside, such as a store's row. @throws DecodeError */
export function parseChatSettings(value: unknown): ChatSettings {
  const result = v.safeParse(chatSettings, value);
  if (!result.success) throw new DecodeError(`chat settings: ${result.issues[0].message}`);
  return result.output;
}
