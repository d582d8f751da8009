import * as figure from '../base/figures.ts';
import type { ModelInfo } from '../protocol/chatModels.ts';
import type { AnswerStats, ChatMessage } from '../protocol/chatMessage.ts';
import { locale, say } from './speech.ts';

/** Nothing is said of a wait shorter than this, ms. */
const QUIET_MS = 2000;

/** What a model that has not begun to answer is doing, as far as is known; empty while there is nothing to say yet. */
export function phaseText(answer: ChatMessage, waitedMs: number, model: ModelInfo | undefined): string {
  const name = answer.model ?? say('the model');
  const seconds = `${String(Math.floor(waitedMs / 1000))} s`;
  if (answer.state === 'loading')
    return say('Loading {0}{1}, {2}', name, model?.size === undefined ? '' : ` (${fileSize(model.size)})`, seconds);
  return waitedMs < QUIET_MS ? '' : say('Waiting for {0}, {1}', name, seconds);
}

/** The figures below an answer, in the order of their interest. */
export function figures(stats: AnswerStats): string[] {
  const firstTokenMs = stats.loadMs + stats.promptMs;
  return [
    ...(stats.answerMs > 0 && stats.answerTokens > 0 ? [say('{0} tok/s', decimal(stats.answerTokens / (stats.answerMs / 1000)))] : []),
    ...(firstTokenMs > 0 ? [say('first token {0}', duration(firstTokenMs))] : []),
    ...(stats.answerTokens > 0 ? [say('{0} tokens', stats.answerTokens.toLocaleString(locale()))] : []),
    ...(stats.loadMs >= 1000 ? [say('load {0}', duration(stats.loadMs))] : []),
  ];
}

/** What is worth knowing of a model when choosing one. */
export function modelDetails(model: ModelInfo): string {
  return [
    ...(model.parameterSize === undefined ? [] : [model.parameterSize]),
    ...(model.quantization === undefined ? [] : [model.quantization]),
    ...(model.size === undefined ? [] : [fileSize(model.size)]),
    ...(model.cloud === true ? [say('runs at Ollama, not here')] : []),
    ...(model.loaded === true ? [say('loaded')] : []),
  ].join(' · ');
}

const DAY_MS = 24 * 3_600_000;

/** When somebody was there last, in this browser's clock: `08:12`, with the day when that was another one. Both wall clock, ms. */
export function lastSeenWords(at: number, now: number): string {
  const [then, today] = [new Date(at), new Date(now)];
  const time = then.toLocaleTimeString(locale('en-GB'), { hour: '2-digit', minute: '2-digit' });
  if (then.toDateString() === today.toDateString()) return time;
  if (then.toDateString() === new Date(now - DAY_MS).toDateString()) return say('yesterday {0}', time);
  const year = then.getFullYear() === today.getFullYear() ? {} : ({ year: 'numeric' } as const);
  return `${then.toLocaleDateString(locale('en-GB'), { day: 'numeric', month: 'short', ...year })}, ${time}`;
}

export function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}

function duration(ms: number): string {
  return ms < 1000 ? `${String(Math.round(ms))} ms` : `${decimal(ms / 1000)} s`;
}

export function fileSize(bytes: number): string {
  return figure.fileSize(bytes, locale());
}

function decimal(value: number): string {
  return figure.decimal(value, locale());
}
