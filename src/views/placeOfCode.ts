/** Lines of a file, from 0, the last one included. */
export interface LineRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Where code of an answer belongs in a file: from its first line that says something to its last, where each of them stands in the file
 * once and in this order. Undefined when that is not so: then it is the file as a whole, or the person says where by selecting.
 */
export function placeOfCode(file: readonly string[], code: string): LineRange | undefined {
  const telling = code.split('\n').map(trimmed).filter(saysSomething);
  const [begin, end] = [telling[0], telling.at(-1)];
  if (begin === undefined || end === undefined || telling.length < 2) return undefined;
  const first = onlyIndexOf(file, begin, 0);
  // A last line such as `return x;` may stand elsewhere too; behind the first one it must be alone.
  const last = first === undefined ? undefined : onlyIndexOf(file, end, first + 1);
  if (first === undefined || last === undefined) return undefined;
  // Lines that close what the last telling one is in belong to it, as far as code and file agree.
  const after = code.split('\n').slice(code.split('\n').findLastIndex((line) => trimmed(line) === end) + 1);
  const closing = after.map(trimmed).filter((line) => line !== '');
  const agreeing = closing.findIndex((line, offset) => trimmed(file[last + 1 + offset] ?? '') !== line);
  return { first, last: last + (agreeing < 0 ? closing.length : agreeing) };
}

const trimmed = (line: string): string => line.trim();

/** Brackets and blank lines stand everywhere. */
function saysSomething(line: string): boolean {
  return /[\p{L}\p{N}]/u.test(line);
}

function onlyIndexOf(lines: readonly string[], wanted: string, from: number): number | undefined {
  const at = lines.findIndex((line, index) => index >= from && trimmed(line) === wanted);
  if (at < 0) return undefined;
  return lines.findIndex((line, index) => index > at && trimmed(line) === wanted) < 0 ? at : undefined;
}
