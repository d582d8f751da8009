import { noted } from '../base/say.ts';

/** A model worth beginning with. */
export interface SuggestedModel {
  readonly name: string;
  /** Bytes to download, as the library listed them (ollama.com/library, September 2025). */
  readonly size: number;
  readonly words: string;
}

/** One for each kind of machine, smallest first. The device does not tell how much room there is, so the person decides. */
export const suggestedModels: readonly SuggestedModel[] = [
  { name: 'llama3.2:3b', size: 2_019_393_189, words: noted('Small and quick') },
  { name: 'gemma3:4b', size: 3_338_801_804, words: noted('Sees pictures') },
  { name: 'qwen3:8b', size: 5_225_388_164, words: noted('Thinks before it answers') },
];
