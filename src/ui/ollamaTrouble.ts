import { errorCatalogue } from '../protocol/errors.ts';
import type { OllamaView } from './chatModel.ts';

/** What is wrong with Ollama, in words for the card above the composer. */
export interface OllamaTrouble {
  readonly title: string;
  readonly text: string;
}

const advice = {
  notInstalled: { code: 'ollamaNotInstalled', text: 'Install it from ollama.com; it is found by itself.' },
  notRunning: { code: 'ollamaNotRunning', text: 'Start it there; it is found by itself.' },
  wrongHost: { code: 'ollamaWrongHost', text: 'Check the setting “Ollama: Url”, or OLLAMA_HOST.' },
  blocked: { code: 'ollamaBlocked', text: 'Restart Ollama once these are right.' },
  foreign: { code: 'ollamaForeign', text: 'Another program uses the port. Check the setting “Ollama: Url”.' },
  noModels: { code: 'ollamaNoModels', text: 'On the computer: ollama pull qwen3:8b' },
} as const;

export function ollamaTrouble({ state, url }: OllamaView): OllamaTrouble | undefined {
  if (state === 'ok' || state === 'unknown') return undefined;
  const { code, text } = advice[state];
  return { title: errorCatalogue[code].words, text: url === undefined || state === 'noModels' ? text : `Tried ${url}. ${text}` };
}
