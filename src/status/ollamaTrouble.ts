import { errorCatalogue } from '../protocol/errors.ts';
import type { OllamaState } from '../protocol/status.ts';
import type { StatusAction } from './statusActions.ts';

/** What is wrong with Ollama: a few words for the status bar, a sentence to speak, and what mends it. */
export interface OllamaTrouble {
  readonly text: string;
  readonly words: string;
  readonly actions: readonly StatusAction[];
}

/** By state; unknown is no trouble until it is known. */
export const ollamaTrouble: Readonly<Record<OllamaState, OllamaTrouble | undefined>> = {
  unknown: undefined,
  ok: undefined,
  notInstalled: { text: 'Ollama not found', words: errorCatalogue.ollamaNotInstalled.words, actions: ['checkOllama'] },
  notRunning: { text: 'Ollama stopped', words: errorCatalogue.ollamaNotRunning.words, actions: ['startOllama', 'checkOllama'] },
  wrongHost: { text: 'Ollama not found', words: errorCatalogue.ollamaWrongHost.words, actions: ['checkOllama'] },
  blocked: { text: 'Ollama refuses', words: errorCatalogue.ollamaBlocked.words, actions: ['checkOllama'] },
  foreign: { text: 'Not Ollama', words: errorCatalogue.ollamaForeign.words, actions: ['checkOllama'] },
  noModels: { text: 'No models', words: errorCatalogue.ollamaNoModels.words, actions: ['pullModel', 'checkOllama'] },
};
