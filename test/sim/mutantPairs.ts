import { arePlantable, mutants } from './mutants.ts';

/** Two planted faults at once. */
export interface MutantPair {
  readonly first: string;
  readonly second: string;
  readonly name: string;
}

/** Every pair of the list, and those that touch the same place and so cannot be planted together. */
export function allPairs(): { readonly pairs: readonly MutantPair[]; readonly excluded: readonly MutantPair[] } {
  const pairs: MutantPair[] = [];
  const excluded: MutantPair[] = [];
  for (const [at, first] of mutants.entries()) {
    for (const second of mutants.slice(at + 1)) {
      const pair = { first: first.name, second: second.name, name: `${first.name} + ${second.name}` };
      (arePlantable(first, second) ? pairs : excluded).push(pair);
    }
  }
  return { pairs, excluded };
}
