import { wordsInTwo } from '../protocol/errors.ts';
import { ollamaErrors } from '../protocol/status.ts';
import type { OllamaView } from './chatModel.ts';
import { say } from './speech.ts';

/** What is wrong with Ollama, in words for the card above the composer. */
export interface OllamaTrouble {
  readonly title: string;
  readonly text: string;
}

export function ollamaTrouble({ state, url }: OllamaView): OllamaTrouble | undefined {
  const code = ollamaErrors[state];
  if (code === undefined) return undefined;
  const { happened, next } = wordsInTwo(code, undefined, say);
  return { title: `${happened}.`, text: url === undefined || state === 'noModels' ? next : say('Tried {0}. {1}', url, next) };
}
