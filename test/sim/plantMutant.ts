import { registerHooks } from 'node:module';
import { mutantNamed, sourcesOf } from './mutants.ts';

// Loaded ahead of everything with `--import`: what is read of the product is then the mutant that C2L_MUTANT names.
const sources = sourcesOf(mutantNamed(process.env['C2L_MUTANT'] ?? ''));

registerHooks({
  load(url, context, next) {
    const source = sources.get(url);
    return source === undefined ? next(url, context) : { format: 'module-typescript', source, shortCircuit: true };
  },
});
