import type { Attachment } from '../protocol/webviewMessages.ts';

export type { Attachment };

/** A question as its text holds it: what was written, then what was added to it. */
export interface Question {
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

/** More candidates than a question may have attachments are not looked at: reading a text stays cheap, whatever is in it. */
const MAX_CANDIDATES = 64;
const BEGIN = '\n\nFrom `';
const block = /\n\nFrom `([^`\n]+)`(?:, line (\d+)|, lines (\d+)–(\d+))?:\n\n(`{3,})([^`\n]*)\n([^]*?)\n\5(?=\n\nFrom `|$)/y;

/** Puts files and lines behind a question, fenced, each under its path. */
export function joinQuestion({ text, attachments }: Question): string {
  return text + attachments.map(blockOf).join('');
}

/** Takes a question apart again. `joinQuestion(splitQuestion(text))` is `text`, whatever it is. */
export function splitQuestion(whole: string): Question {
  const candidates: number[] = [];
  for (
    let at = whole.lastIndexOf(BEGIN);
    at >= 0 && candidates.length < MAX_CANDIDATES;
    at = at === 0 ? -1 : whole.lastIndexOf(BEGIN, at - 1)
  )
    candidates.unshift(at);
  for (const at of candidates) {
    const attachments = blocksFrom(whole, at);
    if (!attachments) continue;
    const question = { text: whole.slice(0, at), attachments };
    if (joinQuestion(question) === whole) return question;
  }
  return { text: whole, attachments: [] };
}

/** `src/a.ts:3–10` */
export function attachmentLabel({ path, lines }: Attachment): string {
  return lines ? `${path}:${range(lines)}` : path;
}

function blockOf({ path, language, lines, text }: Attachment): string {
  const fence = '`'.repeat(Math.max(3, 1 + Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length))));
  const where = lines ? `, ${lines.first === lines.last ? 'line' : 'lines'} ${range(lines)}` : '';
  return `${BEGIN}${path.replace(/[`\n]/g, '')}\`${where}:\n\n${fence}${language.replace(/[`\n]/g, '')}\n${text}\n${fence}`;
}

function range({ first, last }: NonNullable<Attachment['lines']>): string {
  return first === last ? String(first) : `${String(first)}–${String(last)}`;
}

/** All of the text from `start` on as attachments, or nothing. */
function blocksFrom(whole: string, start: number): Attachment[] | undefined {
  const found: Attachment[] = [];
  block.lastIndex = start;
  while (block.lastIndex < whole.length) {
    const match = block.exec(whole);
    if (!match) return undefined;
    const [, path = '', line, first = line, last = line, , language = '', text = ''] = match;
    const lines = first === undefined || last === undefined ? {} : { lines: { first: Number(first), last: Number(last) } };
    found.push({ path, language, text, ...lines });
  }
  return found;
}
