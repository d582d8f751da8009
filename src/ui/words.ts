import { decimal, fileSize } from '../base/figures.ts';
import type { ModelInfo } from '../protocol/chatModels.ts';
import type { AnswerStats, ChatMessage } from '../protocol/chatMessage.ts';

/** Nothing is said of a wait shorter than this, ms. */
const QUIET_MS = 2000;

/** What a model that has not begun to answer is doing, as far as is known; empty while there is nothing to say yet. */
export function phaseText(answer: ChatMessage, waitedMs: number, model: ModelInfo | undefined): string {
  const name = answer.model ?? 'the model';
  const seconds = `${String(Math.floor(waitedMs / 1000))} s`;
  if (answer.state === 'loading') return `Loading ${name}${model?.size === undefined ? '' : ` (${fileSize(model.size)})`}, ${seconds}`;
  return waitedMs < QUIET_MS ? '' : `Waiting for ${name}, ${seconds}`;
}

/** The figures below an answer, in the order of their interest. */
export function figures(stats: AnswerStats): string[] {
  const firstTokenMs = stats.loadMs + stats.promptMs;
  return [
    ...(stats.answerMs > 0 && stats.answerTokens > 0 ? [`${decimal(stats.answerTokens / (stats.answerMs / 1000))} tok/s`] : []),
    ...(firstTokenMs > 0 ? [`first token ${duration(firstTokenMs)}`] : []),
    ...(stats.answerTokens > 0 ? [`${stats.answerTokens.toLocaleString('en')} tokens`] : []),
    ...(stats.loadMs >= 1000 ? [`load ${duration(stats.loadMs)}`] : []),
  ];
}

/** What is worth knowing of a model when choosing one. */
export function modelDetails(model: ModelInfo): string {
  return [
    ...(model.parameterSize === undefined ? [] : [model.parameterSize]),
    ...(model.quantization === undefined ? [] : [model.quantization]),
    ...(model.size === undefined ? [] : [fileSize(model.size)]),
    ...(model.cloud === true ? ['runs at Ollama, not here'] : []),
    ...(model.loaded === true ? ['loaded'] : []),
  ].join(' · ');
}

const DAY_MS = 24 * 3_600_000;

/** When somebody was there last, in this browser's clock: `08:12`, with the day when that was another one. Both wall clock, ms. */
export function lastSeenWords(at: number, now: number): string {
  const [then, today] = [new Date(at), new Date(now)];
  const time = then.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  if (then.toDateString() === today.toDateString()) return time;
  if (then.toDateString() === new Date(now - DAY_MS).toDateString()) return `yesterday ${time}`;
  const year = then.getFullYear() === today.getFullYear() ? {} : ({ year: 'numeric' } as const);
  return `${then.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', ...year })}, ${time}`;
}

export function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}

function duration(ms: number): string {
  return ms < 1000 ? `${String(Math.round(ms))} ms` : `${decimal(ms / 1000)} s`;
}
