import type { MarkdownNode } from './markdownNode.ts';
import { mend } from './mending.ts';
import { OpenTable } from './openTable.ts';
import { parseMarkdown, topLevelBlocks, type References } from './parseMarkdown.ts';

/** What changed: blocks that are closed for good, and the open rest as it looks now. Both follow what was closed before. */
export interface TailUpdate {
  readonly closed: readonly MarkdownNode[];
  readonly open: readonly MarkdownNode[];
}

/** A fence at the top level that has not been closed yet. Offsets are into the source. */
interface OpenFence {
  readonly start: number;
  readonly bodyStart: number;
  readonly indent: number;
  readonly language: string;
  readonly closing: RegExp;
  /** A last line that may still become the closing one is held back. */
  readonly maybeClosing: RegExp;
  /** Begin of the first line not yet looked at. */
  scanned: number;
}

/**
 * The source of an answer that grows at its end. In CommonMark a top-level block cannot open again once another one has begun, judged on
 * whole lines; so everything before the last block is closed for good, and only the rest is parsed again.
 */
export class MarkdownTail {
  #source = '';
  #heldBack = '';
  /** Everything before is closed. */
  #offset = 0;
  /** Whole lines up to here have been judged. */
  #judged = 0;
  #fence: OpenFence | undefined;
  #table: OpenTable | undefined;
  readonly #references: References = {};
  /** Characters given to the parser so far; a measure of work for tests. */
  parsedCharacters = 0;

  /** Length of what the next {@link advance} may change, characters: a table has all its columns measured again. */
  get openLength(): number {
    return this.#fence ? 0 : this.#source.length - this.#offset;
  }

  append(text: string): void {
    const whole = this.#heldBack + text;
    this.#heldBack = whole.endsWith('\r') ? '\r' : '';
    this.#source += normalise(this.#heldBack === '' ? whole : whole.slice(0, -1));
  }

  advance(): TailUpdate {
    const closed: MarkdownNode[] = [];
    for (;;) {
      if (this.#fence) {
        const end = this.#endOfFence(this.#fence);
        if (end === undefined) return { closed, open: [this.#openCode(this.#fence)] };
        closed.push(...this.#close(end));
        this.#fence = undefined;
      }
      if (this.#table) {
        const end = this.#table.advance(this.#source);
        if (end === undefined) return { closed, open: this.#table.open(this.#source, mend) };
        closed.push(...this.#close(end));
        this.#table = undefined;
      }
      if (!this.#judge(closed)) break;
    }
    const tail = this.#source.slice(this.#offset);
    if (tail.trim() === '') return { closed, open: [] };
    // What stands in a formula is not half-open Markdown.
    const mended = /^\s*(?:\$\$|\\\[)/.test(tail) ? tail : mend(tail);
    return { closed, open: this.#parse(mended, { ...this.#references }, true) };
  }

  /** One exact parse of everything: late reference definitions count, half-open markup is plain text. */
  finish(): MarkdownNode[] {
    this.#source += normalise(this.#heldBack);
    this.#heldBack = '';
    return this.#parse(this.#source, {});
  }

  /** Closes what new whole lines allow to close. @returns whether a fence or a table has opened */
  #judge(closed: MarkdownNode[]): boolean {
    const wholeEnd = this.#source.lastIndexOf('\n') + 1;
    if (wholeEnd <= Math.max(this.#judged, this.#offset)) return false;
    this.#judged = wholeEnd;
    const lines = this.#source.slice(this.#offset, wholeEnd);
    this.parsedCharacters += lines.length;
    const blocks = topLevelBlocks(lines, this.#references);
    let last = blocks.length - 1;
    const fence = blocks[last]?.type === 'fence';
    const table = blocks[last]?.type === 'table_open' ? blocks[last] : undefined;
    // A definition may still take the next line as its title.
    while (!fence && last > 0 && blocks[last - 1]?.type === 'reference_definition' && blocks[last - 1]?.endLine === blocks[last]?.startLine)
      last -= 1;
    const boundary = blocks[last];
    if (!boundary || (last === 0 && !fence && !table)) return false;
    closed.push(...this.#close(this.#offset + offsetOfLine(lines, boundary.startLine)));
    this.#fence = fence ? this.#openFence() : undefined;
    if (boundary === table) this.#table = this.#openTable();
    return this.#fence !== undefined || this.#table !== undefined;
  }

  #openTable(): OpenTable {
    return new OpenTable(this.#source, this.#offset, {
      parse: (source) => this.#parse(source, { ...this.#references }, true),
      endOfFirst: (source) => {
        this.parsedCharacters += source.length;
        return topLevelBlocks(source, this.#references)[0]?.endLine ?? 0;
      },
    });
  }

  #close(end: number): MarkdownNode[] {
    const slice = this.#source.slice(this.#offset, end);
    this.#offset = end;
    return slice.trim() === '' ? [] : this.#parse(slice, this.#references);
  }

  #parse(source: string, references: References, isGrowing = false): MarkdownNode[] {
    this.parsedCharacters += source.length;
    return parseMarkdown(source, references, isGrowing);
  }

  #openFence(): OpenFence | undefined {
    const start = this.#offset;
    const bodyStart = this.#source.indexOf('\n', start) + 1;
    const opening = /^( {0,3})(`{3,}|~{3,})(.*)$/.exec(this.#source.slice(start, bodyStart - 1));
    const [, indent, marker, info] = opening ?? [];
    if (indent === undefined || marker === undefined || info === undefined) return undefined;
    const char = marker.charAt(0);
    return {
      start,
      bodyStart,
      indent: indent.length,
      language: /^\S+/.exec(info.trim())?.[0] ?? '',
      closing: new RegExp(`^ {0,3}${char}{${String(marker.length)},}[ \\t]*$`),
      maybeClosing: new RegExp(`^ {0,3}${char}*[ \\t]*$`),
      scanned: bodyStart,
    };
  }

  #endOfFence(fence: OpenFence): number | undefined {
    for (let end = this.#source.indexOf('\n', fence.scanned); end >= 0; end = this.#source.indexOf('\n', fence.scanned)) {
      const line = this.#source.slice(fence.scanned, end);
      fence.scanned = end + 1;
      if (fence.closing.test(line)) return end + 1;
    }
    return undefined;
  }

  #openCode(fence: OpenFence): MarkdownNode {
    const partial = this.#source.slice(fence.scanned);
    const end = fence.maybeClosing.test(partial) ? fence.scanned : this.#source.length;
    const body = this.#source.slice(fence.bodyStart, end);
    const text = fence.indent === 0 ? body : body.replace(new RegExp(`^ {1,${String(fence.indent)}}`, 'gm'), '');
    return { kind: 'code', language: fence.language, text };
  }
}

function normalise(text: string): string {
  return text.replace(/\r\n?/g, '\n').replaceAll('\0', '\ufffd');
}

function offsetOfLine(text: string, line: number): number {
  let at = 0;
  for (let i = 0; i < line; i++) at = text.indexOf('\n', at) + 1;
  return at;
}
