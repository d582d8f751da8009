import type { AnswerStats } from '../protocol/chatMessage.ts';
import type { LoadedModel } from '../protocol/chatModels.ts';
import { CONTEXT_WARNING } from '../protocol/limits.ts';

/** Adds to an answer's counters how much context it had, and whether what it used of it comes near the end. */
export function withContext(stats: AnswerStats, contextLength: number | undefined): AnswerStats {
  if (contextLength === undefined) return stats;
  const used = stats.promptTokens + stats.answerTokens;
  return { ...stats, contextLength, ...(used >= CONTEXT_WARNING * contextLength ? { contextNearlyFull: true } : {}) };
}

/** The context that a model was given. Ollama lists full names; `latest` may be left out where one is asked. */
export function contextLengthOf(model: string, loaded: readonly LoadedModel[]): number | undefined {
  const wanted = model.toLowerCase();
  return loaded.find(({ name }) => name.toLowerCase() === wanted || name.toLowerCase() === `${wanted}:latest`)?.contextLength;
}
