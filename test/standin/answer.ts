import type { Clock } from '../../src/base/clock.ts';
import type { SeededRandom } from '../fakes/seededRandom.ts';
import type { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import { pause } from './pause.ts';
import type { ScriptedAnswer, ScriptedToolCall } from './script.ts';

/** What the model does next. Faults of the transport are the writer's to carry out. */
export type AnswerItem =
  | { readonly kind: 'thinking'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'toolCalls'; readonly calls: readonly ScriptedToolCall[] }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'cut'; readonly how: 'rst' | 'fin' | 'cleanEnd' }
  | { readonly kind: 'done'; readonly reason: string; readonly counters: Counters; readonly calls: readonly ScriptedToolCall[] };

/** In Ollama's words and its unit, ns. */
export interface Counters {
  readonly total_duration: number;
  readonly load_duration: number;
  readonly prompt_eval_count: number;
  readonly prompt_eval_duration: number;
  readonly eval_count: number;
  readonly eval_duration: number;
}

export interface AnswerPlan {
  readonly script: ScriptedAnswer;
  readonly promptTokens: number;
  /** Waiting and load, ms. */
  readonly loadMs: number;
  /** At most so many tokens, then `length`; negative for no bound. */
  readonly numPredict: number;
}

export interface AnswerTools {
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly gate: Gate;
}

/** Plays one answer with its timings, gate and faults. @throws Gone when the client has gone */
export async function* playAnswer(exchange: Exchange, plan: AnswerPlan, tools: AnswerTools): AsyncGenerator<AnswerItem> {
  const { knobs, signal, record } = exchange;
  const { clock, random, gate } = tools;
  const jitter = (): number => random.float() * knobs.jitterMs;
  const startedAt = clock.monotonic();
  const promptMs = plan.promptTokens * knobs.promptMsPerToken + knobs.ttftMs;
  await pause(clock, promptMs + jitter(), signal);

  const firstAt = clock.monotonic();
  let tokens = 0;
  const spend = async (): Promise<void> => {
    const dueAt = firstAt + (knobs.tokensPerSec > 0 ? (tokens * 1000) / knobs.tokensPerSec : 0) + jitter();
    tokens++;
    await pause(clock, Math.max(0, dueAt - clock.monotonic()), signal);
  };

  for (const text of plan.script.thinking) {
    await spend();
    yield { kind: 'thinking', text };
  }
  const allowed = plan.numPredict >= 0 ? plan.script.pieces.slice(0, plan.numPredict) : plan.script.pieces;
  for (const [i, text] of [...allowed, undefined].entries()) {
    const fault = await faultAfter(exchange, tools, i);
    if (fault) {
      yield fault;
      return;
    }
    if (text === undefined) break;
    await spend();
    await gate.pass(signal);
    record.pieces++;
    yield { kind: 'text', text };
  }
  const calls = plan.script.toolCalls;
  if (calls.length > 0 && knobs.toolPlacement === 'intermediate') yield { kind: 'toolCalls', calls };
  const evalMs = clock.monotonic() - firstAt;
  yield {
    kind: 'done',
    reason: allowed.length < plan.script.pieces.length ? 'length' : 'stop',
    calls: knobs.toolPlacement === 'final' ? calls : [],
    counters: {
      total_duration: nanoseconds(plan.loadMs + clock.monotonic() - startedAt),
      load_duration: nanoseconds(plan.loadMs),
      prompt_eval_count: plan.promptTokens,
      prompt_eval_duration: nanoseconds(promptMs),
      eval_count: tokens,
      eval_duration: nanoseconds(evalMs),
    },
  };
}

/** The fault that comes after `pieces` pieces of text, if any. */
async function faultAfter(exchange: Exchange, tools: AnswerTools, pieces: number): Promise<AnswerItem | undefined> {
  const { knobs, signal } = exchange;
  if (knobs.stallAfter?.pieces === pieces) await pause(tools.clock, knobs.stallAfter.ms, signal);
  if (knobs.errorAfter === pieces) return { kind: 'error', text: knobs.errorText };
  if (knobs.endWithoutDone === pieces) return { kind: 'cut', how: 'cleanEnd' };
  if (knobs.resetAfter === pieces) return { kind: 'cut', how: knobs.resetKind };
  if (knobs.truncateChunked === pieces) return { kind: 'cut', how: 'fin' };
  return undefined;
}

/** Never 0, for a real one never is. */
function nanoseconds(ms: number): number {
  return Math.max(1000, Math.round(ms * 1e6));
}
