import * as v from 'valibot';
import { DecodeError } from '../base/bytes.ts';
import { imageInfo } from './chatImages.ts';
import { isErrorCode, type ErrorCode } from './errors.ts';
import { MAX_MESSAGE_IMAGES } from './limits.ts';

/** 128 bits in base64url: of a conversation, a message, a request or a run of the hub. */
export const id = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/));
/** A model's name. */
export const model = v.pipe(v.string(), v.minLength(1), v.maxLength(256));
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** An error's code; one that this build does not know reads as `internal`. */
export const errorCode = v.pipe(
  v.string(),
  v.transform((value): ErrorCode => (isErrorCode(value) ? value : 'internal')),
);

/** State of an answer. Only `waiting`, `loading` and `streaming` change again by themselves. */
export const answerStates = ['waiting', 'loading', 'streaming', 'done', 'stopped', 'interrupted', 'error'] as const;
export const answerState = v.picklist(answerStates);
export type AnswerState = v.InferOutput<typeof answerState>;

/** Is the model still at work on it? */
export function isRunning(state: AnswerState): boolean {
  return state === 'waiting' || state === 'loading' || state === 'streaming';
}

/** Ollama's own counters of a finished answer, in its units turned to ms. */
export const answerStats = v.object({
  totalMs: v.number(),
  loadMs: v.number(),
  promptTokens: count,
  promptMs: v.number(),
  answerTokens: count,
  answerMs: v.number(),
  /** Why it ended: `stop`, `length`, … */
  reason: v.string(),
  /** Tokens of context that the model had when it answered; absent when that could not be learnt. */
  contextLength: v.optional(count),
  /** Prompt and answer fill so much of it that the next question may push the first messages out of the model's sight. */
  contextNearlyFull: v.optional(v.boolean()),
});
export type AnswerStats = v.InferOutput<typeof answerStats>;

/** Where a message stands among those that could stand in its place: answers to one question, or versions of one question. */
const siblings = v.object({
  /** From 1, oldest first. */
  position: count,
  count,
  previous: v.optional(id),
  next: v.optional(id),
});
export type Siblings = v.InferOutput<typeof siblings>;

export const message = v.object({
  id,
  role: v.picklist(['user', 'assistant']),
  text: v.string(),
  /** Absent for one that stands alone. */
  siblings: v.optional(siblings),
  /** On the wire only: where `text` begins, in UTF-16 units, when what is before it came ahead in {@link TextAhead} replies. */
  textOffset: v.optional(count),
  /** Of a question. */
  images: v.optional(v.pipe(v.array(imageInfo), v.maxLength(MAX_MESSAGE_IMAGES))),
  /** What the model thought before it answered. */
  thinking: v.optional(v.string()),
  /** The same for `thinking` as `textOffset` for `text`. */
  thinkingOffset: v.optional(count),
  /** How long it has thought, ms. */
  thinkingMs: v.optional(count),
  /** Wall clock at the device, ms. */
  createdAt: v.number(),
  /** For answers. */
  model: v.optional(v.string()),
  state: v.optional(answerState),
  /** Sequence the answer's next {@link StreamingMessage} will have. */
  nextSequence: v.optional(count),
  stats: v.optional(answerStats),
  error: v.optional(errorCode),
  errorDetail: v.optional(v.string()),
  /** Answered by the test stand-in, not by a model. */
  standIn: v.optional(v.boolean()),
});
/** One message of a conversation. */
export type ChatMessage = v.InferOutput<typeof message>;

/** Reads one message from outside, such as a store's row. @throws DecodeError */
export function parseMessage(value: unknown): ChatMessage {
  const result = v.safeParse(message, value);
  if (!result.success) throw new DecodeError(`message: ${result.issues[0].message}`);
  return result.output;
}
