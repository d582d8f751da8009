import { DecodeError, fromUtf8 } from '../base/bytes.ts';
import { MAX_PROMPT_BYTES } from '../protocol/limits.ts';
import type { Attachment } from './attachments.ts';
import { fileSize } from './words.ts';
import { locale, say } from './speech.ts';

/** Characters of a token, on the average over prose and code: enough for an estimate that says so. */
const UNITS_PER_TOKEN = 4;

/** Reads a file as text that goes with a question. @returns why it cannot be, in words, where it cannot */
export async function readTextFile(file: Pick<File, 'name' | 'size' | 'arrayBuffer'>): Promise<Attachment | string> {
  const path = nameOf(file.name);
  if (file.size > MAX_PROMPT_BYTES)
    return say('{0} has {1}; a question holds {2}. Take the part that matters.', path, fileSize(file.size), fileSize(MAX_PROMPT_BYTES));
  try {
    const text = fromUtf8(new Uint8Array(await file.arrayBuffer()));
    if (text.includes('\0')) return say('{0} is not text.', path);
    return { path, language: /\.([A-Za-z0-9]{1,16})$/.exec(path)?.[1]?.toLowerCase() ?? '', text };
  } catch (error) {
    return error instanceof DecodeError ? say('{0} is not text.', path) : say('{0} cannot be read.', path);
  }
}

/** How much of what the model can read a text takes, about: `9 % of the context`, or in tokens while its length is not known. */
export function shareWords(text: string, contextLength: number | undefined): string {
  const tokens = Math.ceil(text.length / UNITS_PER_TOKEN);
  if (contextLength === undefined || contextLength === 0) return say('about {0} tokens', tokens.toLocaleString(locale()));
  const percent = (100 * tokens) / contextLength;
  return percent < 1 ? say('under 1 % of the context') : say('about {0} % of the context', Math.round(percent).toLocaleString(locale()));
}

function nameOf(name: string): string {
  const plain = name.replace(/[\p{Cc}\p{Cf}`]+/gu, '').trim();
  return plain === '' ? 'file' : plain.slice(-200);
}
