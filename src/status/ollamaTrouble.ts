import { inEnglish, type Say } from '../base/say.ts';
import { wordsInTwo } from '../protocol/errors.ts';
import { ollamaErrors, type OllamaState } from '../protocol/status.ts';
import { causeInShort, remediesOf } from './causes.ts';
import type { StatusAction } from './statusActions.ts';

/** What is wrong with Ollama: a few words for the status bar, a sentence to speak, and what mends it. */
export interface OllamaTrouble {
  readonly text: string;
  readonly words: string;
  readonly actions: readonly StatusAction[];
}

export function ollamaTroubleOf(state: OllamaState, t: Say = inEnglish): OllamaTrouble | undefined {
  const code = ollamaErrors[state];
  if (code === undefined) return undefined;
  return { text: causeInShort(code, t), words: `${wordsInTwo(code, undefined, t).happened}.`, actions: remediesOf(code) };
}
