import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { backgroundFaultCodes } from '../../../src/protocol/backgroundAgent.ts';
import { errorCatalogue, type ErrorCode } from '../../../src/protocol/errors.ts';
import { root } from '../../../test/harness/paths.ts';
import { writeTables, type DocumentTable } from './tables.ts';

const document = 'docs/TROUBLESHOOTING.md';

/** Where a code stands in the document, by its number: the ranges of the catalogue, and what was added to them later. */
const places: readonly (readonly [heading: string, has: (number: number) => boolean])[] = [
  ['The relay', (number) => number < 20 || number === 79],
  ['The computer and its windows', (number) => (number >= 20 && number < 30) || number === 38 || number === 39],
  ['Pairing and API keys', (number) => (number >= 30 && number < 38) || number === 48],
  ['Streams', (number) => number >= 40 && number < 48],
  ['Chats', (number) => (number >= 50 && number < 60) || number === 77 || number === 78],
  ['Ollama and its models', (number) => number >= 60 && number < 77],
  ['Faults of this program', (number) => number >= 99],
];

/** The document with a row for each code of the catalogue and of the command line. Its own words stay. @throws Error when a table is missing */
export function writeTroubleshooting(text: string): string {
  return writeTables(document, text, [
    ...places.map(([heading, has]): DocumentTable => ({ heading, named: 1, hasProse: true, rows: codes().filter(within(has)).map(row) })),
    { heading: 'The command line', named: 1, hasProse: true, rows: commandLineCodes().map((code) => [`\`${code}\``]) },
  ]);
}

function codes(): readonly ErrorCode[] {
  return Object.keys(errorCatalogue) as ErrorCode[];
}

function within(has: (number: number) => boolean): (code: ErrorCode) => boolean {
  return (code) => has(errorCatalogue[code].number);
}

function row(code: ErrorCode): readonly string[] {
  const { short, words, retry } = errorCatalogue[code];
  const title = short.endsWith('?') ? short : `${short}.`;
  return [`\`${code}\``, words.startsWith(title) ? words : `**${title}** ${words}`, retry ? 'yes' : 'no'];
}

/** What `cloudtolocalllm` says beside the catalogue: codes of faults that the person at the terminal can mend. */
function commandLineCodes(): readonly string[] {
  const folder = join(root, 'src');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const found = files.flatMap((file) => {
    const source = readFileSync(join(folder, file), 'utf8');
    // a file that makes them through a helper of its own says the code first all the same
    const calls = source.includes('UserError') ? source.matchAll(/(?:\bUserError|\bfailed|\bmissing)\(\s*'(\w+)'/g) : [];
    return [...calls].map(([, code = '']) => code);
  });
  const catalogued = new Set<string>(codes());
  return [...new Set([...found, ...backgroundFaultCodes])].filter((code) => !catalogued.has(code)).sort();
}
