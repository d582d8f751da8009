/** A table of a document, by the heading it stands under. */
export interface DocumentTable {
  readonly heading: string;
  /** How many of the first cells name a row. */
  readonly named: number;
  /** The last cell is prose of the document's own: rows end one cell earlier. */
  readonly hasProse: boolean;
  readonly rows: readonly (readonly string[])[];
}

/**
 * The document with its tables as the code has them. Its own prose stays; a row that is new has none yet.
 * @param name of the document, for the error. @throws Error when a table is missing
 */
export function writeTables(name: string, document: string, tables: readonly DocumentTable[]): string {
  return tables.reduce((text, table) => writeTable(name, text, table), document);
}

function writeTable(name: string, document: string, { heading, named, hasProse, rows }: DocumentTable): string {
  const found = new RegExp(`(^## ${heading}\n[^#]*?^\\|[-|]+\\|\n)((?:^\\|.*\n)*)`, 'm').exec(document);
  const [whole, before, body] = found ?? [];
  if (whole === undefined || before === undefined || body === undefined) throw new Error(`${name} has no table of ${heading}`);
  const nameOf = (cells: readonly string[]): string => cells.slice(0, named).join(' | ');
  const prose = new Map(body.split('\n').map((line) => [nameOf(cellsOf(line)), cellsOf(line).at(-1) ?? '']));
  const lines = rows.map((cells) => line(hasProse ? [...cells, prose.get(nameOf(cells)) ?? ''] : cells));
  return document.replace(whole, () => before + lines.join(''));
}

/** The cells of a row as written; a bar inside a cell has a backslash. */
export function cellsOf(row: string): string[] {
  return row
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

function line(cells: readonly string[]): string {
  return `|${cells.map((cell) => (cell === '' ? ' |' : ` ${cell} |`)).join('')}\n`;
}
