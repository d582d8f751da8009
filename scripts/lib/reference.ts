import { ollamaErrors, tunnelConnectionStates } from '../../src/protocol/status.ts';
import { english, manifest, type SettingSchema } from '../../test/views/readManifest.ts';

/** A table of docs/REFERENCE.md, by the heading it stands under. */
interface ReferenceTable {
  readonly heading: string;
  /** How many of the first cells name a row. */
  readonly named: number;
  /** The last cell is prose of the document's own: rows end one cell earlier. */
  readonly hasProse: boolean;
  readonly rows: readonly (readonly string[])[];
}

const PREFIX = 'cloudtolocalllm.';
const { commands, keybindings, menus, configuration, walkthroughs } = manifest.contributes;

function tables(contextKeys: readonly string[]): readonly ReferenceTable[] {
  return [
    {
      heading: 'Commands',
      named: 1,
      hasProse: true,
      rows: commands.map(({ command, title, enablement }) => [
        id(command),
        english(title),
        enablement === undefined ? 'always' : id(enablement),
        keysOf(command),
      ]),
    },
    {
      heading: 'Settings',
      named: 1,
      hasProse: true,
      rows: Object.entries(configuration.properties).map(([name, schema]) => [
        id(name),
        [schema.type].flat().join(' or '),
        code(JSON.stringify(schema.default)),
        rangeOf(schema),
        schema.ignoreSync === true ? 'no' : 'yes',
      ]),
    },
    { heading: 'Context keys', named: 1, hasProse: true, rows: contextKeys.map((name) => [code(name), valuesOf(name)]) },
    {
      heading: 'Menus',
      named: 2,
      hasProse: false,
      rows: Object.entries(menus)
        .filter(([menu]) => menu !== 'commandPalette')
        .flatMap(([menu, entries]) =>
          entries.map(({ command, when = '', group = '' }) => [code(menu), id(command), id(when), code(group)]),
        ),
    },
    {
      heading: 'Walkthrough',
      named: 1,
      hasProse: false,
      rows: walkthroughs.flatMap(({ steps }) =>
        steps.map((step) => [
          code(step.id),
          english(step.title),
          step.completionEvents.map((event) => id(event.replace(/^onContext:/, ''))).join(' or '),
        ]),
      ),
    },
  ];
}

/**
 * The document with its tables as package.json and the code have them. Its own prose stays; a row that is new has none yet.
 * @throws Error when a table is missing
 */
export function writeReference(document: string, contextKeys: readonly string[]): string {
  return tables(contextKeys).reduce((text, table) => writeTable(text, table), document);
}

function writeTable(document: string, { heading, named, hasProse, rows }: ReferenceTable): string {
  const found = new RegExp(`(^## ${heading}\n[^#]*?^\\|[-|]+\\|\n)((?:^\\|.*\n)*)`, 'm').exec(document);
  const [whole, before, body] = found ?? [];
  if (whole === undefined || before === undefined || body === undefined) throw new Error(`docs/REFERENCE.md has no table of ${heading}`);
  const nameOf = (cells: readonly string[]): string => cells.slice(0, named).join(' | ');
  const prose = new Map(body.split('\n').map((line) => [nameOf(cellsOf(line)), cellsOf(line).at(-1) ?? '']));
  const lines = rows.map((cells) => line(hasProse ? [...cells, prose.get(nameOf(cells)) ?? ''] : cells));
  return document.replace(whole, () => before + lines.join(''));
}

/** The cells of a row as written; a bar inside a cell has a backslash. */
function cellsOf(row: string): string[] {
  return row
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

function line(cells: readonly string[]): string {
  return `|${cells.map((cell) => (cell === '' ? ' |' : ` ${cell} |`)).join('')}\n`;
}

function code(text: string): string {
  return text === '' ? '' : `\`${text.replaceAll('|', '\\|')}\``;
}

/** As the document writes what is ours: without the prefix. */
function id(text: string): string {
  return code(text.replaceAll(PREFIX, ''));
}

function keysOf(wanted: string): string {
  return keybindings
    .filter(({ command }) => command === wanted)
    .map(
      ({ key, mac, when }) =>
        code(key) + (mac === undefined ? '' : ` (mac ${code(mac)})`) + (when === undefined ? '' : ` when ${id(when)}`),
    )
    .join(', ');
}

function rangeOf({ enum: values, minimum, maximum, pattern }: SettingSchema): string {
  if (values) return values.map(code).join(', ');
  if (minimum !== undefined && maximum !== undefined) return `${String(minimum)} to ${String(maximum)}`;
  return pattern === undefined ? '' : code(pattern);
}

function valuesOf(contextKey: string): string {
  const values = contextKey === 'state' ? tunnelConnectionStates : contextKey === 'ollama' ? Object.keys(ollamaErrors) : ['true', 'false'];
  return values.map(code).join(', ');
}
