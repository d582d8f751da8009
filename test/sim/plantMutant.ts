import { registerHooks } from 'node:module';
import { mutants, sourcesOf } from './mutants.ts';

// Loaded ahead of everything with `--import`: what is read of the product is then the mutant that C2L_MUTANT names.
const mutant = mutants.find(({ name }) => name === process.env['C2L_MUTANT']);
if (!mutant) throw new Error(`no mutant is called ${String(process.env['C2L_MUTANT'])}`);
const sources = sourcesOf(mutant);

registerHooks({
  load(url, context, next) {
    const source = sources.get(url);
    return source === undefined ? next(url, context) : { format: 'module-typescript', source, shortCircuit: true };
  },
});
