import { systemPromptBytes, thinkLevels, type ChatSettings } from '../protocol/chatSettings.ts';
import { MAX_CONTEXT_LENGTH, MAX_REMOTE_KEEP_ALIVE_S, MAX_SYSTEM_PROMPT_BYTES, MIN_CONTEXT_LENGTH } from '../protocol/limits.ts';
import { noted } from '../base/say.ts';
import { count } from './settingsWords.ts';
import { say } from './speech.ts';

export type SettingsField = keyof ChatSettings;
/** The settings of a chat as they are typed; what is empty is left to Ollama. */
export type SettingsForm = Readonly<Record<SettingsField, string>>;
export type SettingsFaults = Readonly<Partial<Record<SettingsField, string>>>;

export const emptyForm: SettingsForm = { systemPrompt: '', temperature: '', contextLength: '', keepAliveSeconds: '', think: '' };

export function formOf(settings: ChatSettings): SettingsForm {
  const texts = Object.entries(settings).map(([name, value]) => [name, String(value)] as const);
  return { ...emptyForm, ...Object.fromEntries(texts) };
}

/** What a form asks for, and in words what is wrong with it. @param remoteContext tokens of context that may be asked for from afar; undefined at the machine */
export function readForm(form: SettingsForm, remoteContext?: number): { readonly settings: ChatSettings; readonly faults: SettingsFaults } {
  const bytes = systemPromptBytes(form.systemPrompt);
  const temperature = numberIn(form.temperature.replace(',', '.'));
  const contextLength = tokensIn(form.contextLength);
  const keepAliveSeconds = numberIn(form.keepAliveSeconds);
  const think = thinkLevels.find((level) => level === form.think);
  const most = remoteContext ?? MAX_CONTEXT_LENGTH;
  const isLong = bytes > MAX_SYSTEM_PROMPT_BYTES;
  const isHot = temperature !== undefined && !(temperature >= 0 && temperature <= 2);
  const isOut = contextLength !== undefined && !(contextLength >= MIN_CONTEXT_LENGTH && contextLength <= most);
  return {
    settings: {
      ...(form.systemPrompt.trim() === '' ? {} : { systemPrompt: form.systemPrompt }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(contextLength === undefined ? {} : { contextLength }),
      ...(keepAliveSeconds === undefined ? {} : { keepAliveSeconds }),
      ...(think === undefined ? {} : { think }),
    },
    faults: {
      ...(isLong ? { systemPrompt: say('Too long by {0} bytes. Shorten it.', count(bytes - MAX_SYSTEM_PROMPT_BYTES)) } : {}),
      ...(isHot ? { temperature: say('Enter a number from 0 to 2.') } : {}),
      ...(isOut
        ? {
            contextLength: say(
              'Enter a whole number from {0} to {1}{2}.',
              count(MIN_CONTEXT_LENGTH),
              count(most),
              remoteContext === undefined ? '' : say(', the most from a browser'),
            ),
          }
        : {}),
    },
  };
}

/** Seconds that a model can be asked to stay in memory, with words; one that was set otherwise is among them. */
export function keepAliveChoices(isRemote: boolean, current: string): readonly (readonly [value: string, words: string])[] {
  const all: readonly (readonly [number, string])[] = [
    [0, say('Not at all')],
    [300, say('5 minutes')],
    [1800, say('30 minutes')],
    [3600, say('1 hour')],
    [86_400, say('1 day')],
    [-1, say('Until it is unloaded')],
  ];
  const open = all.filter(([seconds]) => !isRemote || (seconds >= 0 && seconds <= MAX_REMOTE_KEEP_ALIVE_S));
  const choices = open.map(([seconds, words]) => [String(seconds), words] as const);
  const isKnown = current === '' || choices.some(([value]) => value === current);
  const set = all.find(([seconds]) => String(seconds) === current)?.[1] ?? say('{0} seconds', count(Number(current)));
  return [['', say('As set in Ollama')], ...choices, ...(isKnown ? [] : [[current, set] as const])];
}

export const thinkChoices: readonly (readonly [value: string, words: string])[] = [
  ['', noted('As the model does by itself')],
  ['off', noted('Off')],
  ['on', noted('On')],
  ['low', noted('Low')],
  ['medium', noted('Medium')],
  ['high', noted('High')],
];

/** NaN where it is no number, undefined where there is nothing. */
function numberIn(text: string): number | undefined {
  return text.trim() === '' ? undefined : Number(text);
}

/** As people write them: `8192`, `8,192`, `8 192`, `8k`. */
function tokensIn(text: string): number | undefined {
  const [, digits, thousand] = /^(\d+)(k?)$/i.exec(text.replaceAll(/[\s,]|\.(?=\d{3})/g, '')) ?? [];
  if (digits === undefined) return text.trim() === '' ? undefined : Number.NaN;
  return Number(digits) * (thousand === '' ? 1 : 1024);
}
