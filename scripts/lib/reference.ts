import { ollamaErrors, tunnelConnectionStates } from '../../src/protocol/status.ts';
import { english, manifest, type SettingSchema } from '../../test/views/readManifest.ts';
import { writeTables, type DocumentTable } from './documents/tables.ts';

const PREFIX = 'cloudtolocalllm.';
const { commands, keybindings, menus, configuration, walkthroughs } = manifest.contributes;

function tables(contextKeys: readonly string[]): readonly DocumentTable[] {
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
  return writeTables('docs/REFERENCE.md', document, tables(contextKeys));
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
