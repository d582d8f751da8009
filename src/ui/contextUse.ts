import { isRunning } from '../protocol/chatMessage.ts';
import { CONTEXT_WARNING, MAX_CONTEXT_LENGTH } from '../protocol/limits.ts';
import { modelOf, remoteContext, type ChatModel } from './chatModel.ts';

/** How much of the model's context a chat takes, in tokens. */
export interface ContextUse {
  readonly conversationId: string;
  readonly used: number;
  /** What Ollama has given the model, or will with the next question. */
  readonly size: number;
  /** The next question may push the first messages out of the model's sight. */
  readonly isNearlyFull: boolean;
  /** A larger one could be asked for. */
  readonly mayGrow: boolean;
}

/**
 * By Ollama's own counters of the newest answer that has ended. Undefined where they say nothing of the next question: of a stopped answer there are none, another
 * model counts otherwise, and a prompt that Ollama had in its cache may be missing from them.
 */
export function contextUse(model: ChatModel): ContextUse | undefined {
  const { conversation, models } = model;
  const answer = conversation.messages.findLast(({ role, state }) => role === 'assistant' && !isRunning(state ?? 'done'));
  const stats = answer?.stats;
  if (!stats || stats.promptTokens === 0 || answer.model !== modelOf(model)) return undefined;
  const trained = models?.find(({ name }) => name === answer.model)?.contextLength ?? Infinity;
  const wanted = conversation.settings?.contextLength;
  const size = wanted === undefined ? stats.contextLength : Math.min(wanted, trained);
  if (size === undefined || size === 0) return undefined;
  const used = stats.promptTokens + stats.answerTokens;
  const most = Math.min(trained, remoteContext(model) ?? MAX_CONTEXT_LENGTH);
  return { conversationId: conversation.id, used, size, isNearlyFull: used >= CONTEXT_WARNING * size, mayGrow: size < most };
}

/** Whole percent, at most 100. */
export function percentOf({ used, size }: ContextUse): number {
  return Math.min(100, Math.round((100 * used) / size));
}
