import * as v from 'valibot';
import { DecodeError, utf8 } from '../base/bytes.ts';
import { id } from './chatMessage.ts';
import type { ErrorCode } from './errors.ts';
import { MAX_PROMPT_NAME_UNITS, MAX_SAVED_PROMPT_BYTES, MAX_SAVED_PROMPTS, MAX_SAVED_PROMPTS_BYTES } from './limits.ts';

/** What the chat contract says of saved prompts: texts that a person keeps at the device and writes as `/name`. */

const name = v.pipe(v.string(), v.maxLength(MAX_PROMPT_NAME_UNITS), v.regex(/^[\p{L}\p{N}][\p{L}\p{M}\p{N}_-]*$/u));

export const savedPrompt = v.object({
  id,
  /** Letters, digits, `-` and `_`; no two of one person's differ in case alone. */
  name,
  text: v.pipe(v.string(), v.check(isPromptText, 'empty or too long')),
});
export type SavedPrompt = v.InferOutput<typeof savedPrompt>;

/** May a prompt be called so? */
export function isPromptName(value: string): boolean {
  return v.safeParse(name, value).success;
}

export function isPromptText(value: string): boolean {
  return value.trim() !== '' && utf8(JSON.stringify(value)).length <= MAX_SAVED_PROMPT_BYTES;
}

/** Why a prompt cannot stand beside the others there are; one with its id gives way to it. */
export function promptFault(prompts: readonly SavedPrompt[], prompt: SavedPrompt): ErrorCode | undefined {
  const others = prompts.filter(({ id }) => id !== prompt.id);
  if (others.some(({ name }) => name.toLowerCase() === prompt.name.toLowerCase())) return 'promptNameTaken';
  const isFull = others.length >= MAX_SAVED_PROMPTS || utf8(JSON.stringify([...others, prompt])).length > MAX_SAVED_PROMPTS_BYTES;
  return isFull ? 'promptsFull' : undefined;
}

/** Reads one from outside, such as a store's row. @throws DecodeError */
export function parseSavedPrompt(value: unknown): SavedPrompt {
  const result = v.safeParse(savedPrompt, value);
  if (!result.success) throw new DecodeError(`saved prompt: ${result.issues[0].message}`);
  return result.output;
}

export const promptRequests = [
  /** The saved prompts; from the first time on they are sent again on each change. */
  v.object({ type: v.literal('listPrompts') }),
  /** Keep a prompt, or change the one that has this id. */
  v.object({ type: v.literal('savePrompt'), requestId: id, promptId: id, name, text: savedPrompt.entries.text }),
  /** One that is not there is passed over. */
  v.object({ type: v.literal('deletePrompt'), requestId: id, promptId: id }),
] as const;

export const promptReplies = [
  /** By name. */
  v.object({ type: v.literal('prompts'), items: v.pipe(v.array(savedPrompt), v.maxLength(MAX_SAVED_PROMPTS)) }),
] as const;
