import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { mutants } from './mutants.ts';

// Loaded ahead of everything with `--import`: what is read of the product is then the mutant that C2L_MUTANT names.
const mutant = mutants.find(({ name }) => name === process.env['C2L_MUTANT']);
if (!mutant) throw new Error(`no mutant is called ${String(process.env['C2L_MUTANT'])}`);

const sources = new Map<string, string>();
for (const { file, find, replace } of mutant.edits) {
  const url = new URL(`../../src/${file}`, import.meta.url);
  const source = sources.get(url.href) ?? readFileSync(url, 'utf8');
  if (source.split(find).length !== 2) throw new Error(`${file} does not have exactly one place for "${mutant.name}"`);
  sources.set(
    url.href,
    source.replace(find, () => replace),
  );
}

registerHooks({
  load(url, context, next) {
    const source = sources.get(url);
    return source === undefined ? next(url, context) : { format: 'module-typescript', source, shortCircuit: true };
  },
});
