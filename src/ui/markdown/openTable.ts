import type { MarkdownNode } from './markdownNode.ts';

/** Rows above which the table is told apart by its head alone: the line of names and the line that sets the columns. */
const HEAD_LINES = 2;

/** What a table needs of the parser. */
export interface TableParser {
  parse(source: string): MarkdownNode[];
  /** First line behind the block that `source` begins with. */
  endOfFirst(source: string): number;
}

/**
 * A table at the top level that may still grow. The line below its head has fixed its columns, and a row is a line of its own: so each row
 * is parsed once, behind the head, and only the last, unfinished line again.
 */
export class OpenTable {
  readonly #head: string;
  readonly #parser: TableParser;
  readonly #rows: MarkdownNode[] = [];
  /** Everything before is in `#rows`, an offset into the source. */
  #taken: number;

  /** @param start where the table begins in `source`, which holds its head in whole lines */
  constructor(source: string, start: number, parser: TableParser) {
    this.#taken = start;
    for (let line = 0; line < HEAD_LINES; line++) this.#taken = source.indexOf('\n', this.#taken) + 1;
    this.#head = source.slice(start, this.#taken);
    this.#parser = parser;
  }

  /** Takes the whole lines that are new. @returns where the table has ended, if it has */
  advance(source: string): number | undefined {
    const lines = source.slice(this.#taken, source.lastIndexOf('\n') + 1);
    if (lines === '') return undefined;
    const rows = this.#parser.endOfFirst(this.#head + lines) - HEAD_LINES;
    let end = 0;
    for (let row = 0; row < rows; row++) end = lines.indexOf('\n', end) + 1;
    if (end > 0) this.#rows.push(...rowsOf(this.#parser.parse(this.#head + lines.slice(0, end))[0]));
    this.#taken += end;
    return end < lines.length ? this.#taken : undefined;
  }

  /** The table as it looks now, and what an unfinished line behind it looks like. */
  open(source: string, mend: (line: string) => string): MarkdownNode[] {
    const [table, ...rest] = this.#parser.parse(this.#head + mend(source.slice(this.#taken)));
    return table ? [withRows(table, this.#rows), ...rest] : rest;
  }
}

function rowsOf(node: MarkdownNode | undefined): readonly MarkdownNode[] {
  if (node?.kind !== 'element') return [];
  return node.tag === 'tbody' ? node.children : node.children.flatMap(rowsOf);
}

/** `frame` with `rows` before those that it has. */
function withRows(frame: MarkdownNode, rows: readonly MarkdownNode[]): MarkdownNode {
  if (frame.kind !== 'element' || rows.length === 0) return frame;
  return { ...frame, children: frame.children.map((table) => (table.kind === 'element' ? withBody(table, rows) : table)) };
}

function withBody(table: MarkdownNode & { kind: 'element' }, rows: readonly MarkdownNode[]): MarkdownNode {
  const children = [...rows, ...rowsOf(table)];
  const head = table.children.filter((part) => part.kind === 'element' && part.tag === 'thead');
  return { ...table, children: [...head, { kind: 'element', tag: 'tbody', attributes: {}, children }] };
}
