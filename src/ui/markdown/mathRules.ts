import type { Env, MarkdownIt, StateBlock, StateInline } from 'markdown-it';

/** A formula longer than this stays text, characters: what is looked ahead for an end is bounded by it. */
const MAX_FORMULA_CHARACTERS = 4000;

/** What a parse knows besides markdown-it's own. */
export interface MathEnv extends Env {
  /** More is to come: a displayed formula that has begun may still end. */
  isGrowing?: boolean;
}

/**
 * Formulas as chat models write them: `$…$` and `\(…\)` within a line of text, `$$…$$` and `\[…\]` on their own or within it. Tokens are
 * `math_inline` and `math_block`; `content` is the TeX, `markup` the opening delimiter, `info` is `open` while the end is still to come.
 */
export function mathRules(md: MarkdownIt): void {
  md.inline.ruler.before('escape', 'math_inline', inlineRule);
  md.block.ruler.before('fence', 'math_block', blockRule, { alt: ['paragraph', 'reference', 'blockquote', 'list'] });
}

const closers: Readonly<Record<string, string>> = { $: '$', $$: '$$', '\\(': '\\)', '\\[': '\\]' };

/** What ends a formula that began so. */
export function closingDelimiter(opening: string): string {
  return closers[opening] ?? '';
}

function delimiterAt(text: string, at: number): string | undefined {
  const first = text.charAt(at);
  if (first !== '$' && first !== '\\') return undefined;
  const two = first + text.charAt(at + 1);
  if (two in closers) return two;
  return first === '$' ? '$' : undefined;
}

/** Formulas hold something to read, so that `\[\\\]` and `$ $` are the text that they always were. */
function isFormula(tex: string): boolean {
  return /[\p{L}\p{N}]/u.test(tex);
}

function inlineRule(state: StateInline, silent: boolean): boolean {
  const opening = delimiterAt(state.src, state.pos);
  if (opening === undefined) return false;
  const start = state.pos + opening.length;
  const reach = state.src.slice(start, Math.min(state.posMax, start + MAX_FORMULA_CHARACTERS));
  const length = opening === '$' ? endOfDollars(state.src.charAt(state.pos - 1), reach) : reach.indexOf(closingDelimiter(opening));
  const tex = length < 0 ? '' : reach.slice(0, length);
  if (!isFormula(tex)) return false;
  if (!silent) {
    const token = state.push('math_inline', 'math', 0);
    token.content = tex;
    token.markup = opening;
  }
  state.pos = start + tex.length + opening.length;
  return true;
}

/**
 * Where the formula after a single dollar ends, or -1. Sums of money and names of variables are none: the opening dollar stands before and
 * the closing one behind something that is no space, neither touches a word or a number outside, and no code begins in between.
 */
function endOfDollars(before: string, reach: string): number {
  if (/[\p{L}\p{N}\\$]/u.test(before)) return -1;
  const [, tex] = /^((?!\s)(?:[^$`\\\n]|\\[^\n])+?)(?<!\s)\$(?![\p{L}\p{N}$])/u.exec(reach) ?? [];
  return tex === undefined ? -1 : tex.length;
}

/** A displayed formula begins a line and ends one; no blank line is in it. */
function blockRule(state: StateBlock, startLine: number, endLine: number, silent: boolean): boolean {
  if ((state.sCount[startLine] ?? 0) - state.blkIndent >= 4) return false;
  const first = lineOf(state, startLine);
  const opening = delimiterAt(first, 0);
  if (opening !== '$$' && opening !== '\\[') return false;
  const closer = closingDelimiter(opening);
  const lines = [first.slice(opening.length)];
  let size = lines[0]?.length ?? 0;
  for (let line = startLine; ;) {
    const last = lines.at(-1) ?? '';
    const end = last.indexOf(closer);
    if (end >= 0) {
      // What follows on the line makes it a formula within a paragraph.
      if (last.slice(end + closer.length).trim() !== '') return false;
      lines[lines.length - 1] = last.slice(0, end);
      const tex = lines.join('\n');
      return isFormula(tex) && (silent || push(state, startLine, line + 1, { opening, tex, isOpen: false }));
    }
    line += 1;
    const isAtEnd = line >= endLine || isBelow(state, line);
    if (isAtEnd || state.isEmpty(line) || size > MAX_FORMULA_CHARACTERS) {
      // Only a delimiter alone on its line is waited for: `\[a](b)` begins a paragraph far more often.
      const isOpen =
        isAtEnd &&
        lines[0]?.trim() === '' &&
        line >= state.lineMax &&
        (state.env as MathEnv).isGrowing === true &&
        size <= MAX_FORMULA_CHARACTERS;
      return isOpen && (silent || push(state, startLine, line, { opening, tex: lines.join('\n'), isOpen }));
    }
    lines.push(lineOf(state, line));
    size += lines.at(-1)?.length ?? 0;
  }
}

/** The line is not indented as far as what it would continue: the item of a list has ended. */
function isBelow(state: StateBlock, line: number): boolean {
  return (state.sCount[line] ?? 0) < state.blkIndent && !state.isEmpty(line);
}

function lineOf(state: StateBlock, line: number): string {
  return state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line]);
}

interface Formula {
  readonly opening: string;
  readonly tex: string;
  readonly isOpen: boolean;
}

function push(state: StateBlock, startLine: number, endLine: number, { opening, tex, isOpen }: Formula): true {
  state.line = endLine;
  const token = state.push('math_block', 'math', 0);
  token.block = true;
  token.content = tex;
  token.markup = opening;
  token.info = isOpen ? 'open' : '';
  token.map = [startLine, endLine];
  return true;
}
