import { readFileSync } from 'node:fs';
import { mutants, type Mutant } from './mutantList.ts';

export { mutants, type Mutant };

const sourceRoot = new URL('../../src/', import.meta.url);

/** A mutant by its name, or several at once: `first + second`. @throws Error for a name that is none */
export function mutantNamed(name: string): Mutant {
  const parts = name.split(' + ').map((part) => {
    const found = mutants.find((mutant) => mutant.name === part);
    if (!found) throw new Error(`no mutant is called ${part}`);
    return found;
  });
  return { name, edits: parts.flatMap(({ edits }) => edits) };
}

/**
 * The mutated sources, by the address under which they are imported. White space counts for nothing, so that a line which was only
 * wrapped anew is still found.
 * @throws Error that says which mutant lost its place, where, and what stands there now
 */
export function sourcesOf(mutant: Mutant): ReadonlyMap<string, string> {
  const sources = new Map<string, string>();
  for (const { file, find, replace } of mutant.edits) {
    const url = new URL(file, sourceRoot);
    const source = sources.get(url.href) ?? readFileSync(url, 'utf8');
    const places = [...source.matchAll(patternOf(find))];
    const [place] = places;
    if (!place || places.length !== 1) throw new Error(lostPlace(mutant.name, file, find, places.length, source));
    sources.set(url.href, `${source.slice(0, place.index)}${replace}${source.slice(place.index + place[0].length)}`);
  }
  return sources;
}

/** Can both be planted at once? Not when one takes away what the other changes. */
export function arePlantable(...planted: readonly Mutant[]): boolean {
  try {
    for (const order of [planted, planted.toReversed()]) sourcesOf({ name: 'together', edits: order.flatMap(({ edits }) => edits) });
    return true;
  } catch {
    return false;
  }
}

function patternOf(find: string): RegExp {
  const words = find.trim().split(/\s+/);
  return new RegExp(words.map((word) => word.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')).join('\\s+'), 'g');
}

function lostPlace(name: string, file: string, find: string, places: number, source: string): string {
  const lines = source.split('\n');
  const wanted = wordsOf(find);
  const likeness = (line: string): number => [...wordsOf(line)].filter((word) => wanted.has(word)).length;
  const near = lines
    .map((line, at) => ({ at, line, likeness: likeness(line) }))
    .sort((a, b) => b.likeness - a.likeness)
    .slice(0, 3)
    .map(({ at, line }) => `    ${file}:${String(at + 1)}: ${line.trim()}`);
  return [
    `planted fault "${name}" has ${String(places)} places in src/${file} instead of one.`,
    `  It looks for: ${find.trim()}`,
    `  Lines most like it now:`,
    ...near,
    `  Mend its entry in test/sim/mutantList.ts so that it plants the same fault in the new code.`,
  ].join('\n');
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.match(/\w+/g));
}
