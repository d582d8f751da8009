import { noted } from '../base/say.ts';
import type { ChatSettings } from '../protocol/chatSettings.ts';
import { locale, say } from './speech.ts';

const thinkWords = { off: noted('off'), on: noted('on'), low: noted('low'), medium: noted('medium'), high: noted('high') };

/** What of a chat's settings is other than the default, in few words. */
export function settingsWords(settings: ChatSettings | undefined): readonly string[] {
  if (!settings) return [];
  const { systemPrompt, temperature, contextLength, keepAliveSeconds, think } = settings;
  return [
    ...(systemPrompt === undefined ? [] : [say('system prompt')]),
    ...(temperature === undefined ? [] : [say('temperature {0}', temperature.toLocaleString(locale(), { maximumFractionDigits: 20 }))]),
    ...(contextLength === undefined ? [] : [say('context {0}', count(contextLength))]),
    ...(think === undefined ? [] : [say('thinking {0}', say(thinkWords[think]))]),
    ...(keepAliveSeconds === undefined ? [] : [say('time in memory')]),
  ];
}

/** A number as the reader writes it. */
export function count(value: number): string {
  return value.toLocaleString(locale());
}
