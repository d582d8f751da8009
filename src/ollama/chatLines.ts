import * as v from 'valibot';
import type { AnswerStats } from '../protocol/chatMessage.ts';

const count = v.fallback(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 0);
const nanoseconds = v.fallback(v.pipe(v.number(), v.minValue(0)), 0);

/** Go leaves zero counters and empty strings out of the line (`omitempty`). */
const chatLine = v.object({
  message: v.optional(v.object({ content: v.optional(v.string(), ''), thinking: v.optional(v.string(), '') })),
  done: v.boolean(),
  done_reason: v.optional(v.string(), 'stop'),
  total_duration: v.optional(nanoseconds, 0),
  load_duration: v.optional(nanoseconds, 0),
  prompt_eval_count: v.optional(count, 0),
  prompt_eval_duration: v.optional(nanoseconds, 0),
  eval_count: v.optional(count, 0),
  eval_duration: v.optional(nanoseconds, 0),
});

/** One line of a streamed `/api/chat` answer. */
export type ChatLine =
  /** `text` is empty while the model thinks, `thinking` afterwards; tool calls are not passed on. */
  | { readonly kind: 'piece'; readonly text: string; readonly thinking: string }
  /** The last line; it usually brings no text, but may. */
  | { readonly kind: 'done'; readonly text: string; readonly thinking: string; readonly stats: AnswerStats }
  /** The runner failed in mid-stream, under status 200. */
  | { readonly kind: 'error'; readonly text: string }
  /** JSON, but not Ollama's. */
  | { readonly kind: 'unknown' };

/** Reads one decoded line; never throws. */
export function readChatLine(value: unknown): ChatLine {
  if (typeof value === 'object' && value !== null && 'error' in value) {
    return { kind: 'error', text: typeof value.error === 'string' ? value.error : '' };
  }
  const result = v.safeParse(chatLine, value);
  if (!result.success) return { kind: 'unknown' };
  const line = result.output;
  const { content: text = '', thinking = '' } = line.message ?? {};
  if (!line.done) return { kind: 'piece', text, thinking };
  return {
    kind: 'done',
    text,
    thinking,
    stats: {
      totalMs: milliseconds(line.total_duration),
      loadMs: milliseconds(line.load_duration),
      promptTokens: line.prompt_eval_count,
      promptMs: milliseconds(line.prompt_eval_duration),
      answerTokens: line.eval_count,
      answerMs: milliseconds(line.eval_duration),
      reason: line.done_reason,
    },
  };
}

/** To the microsecond. */
function milliseconds(ns: number): number {
  return Math.round(ns / 1000) / 1000;
}
