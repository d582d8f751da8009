// Checks who imports whom, after proving on planted violations that every rule of .dependency-cruiser.cjs can see.
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import { main } from '../../scripts/lib/failure.mjs';
import { root } from '../../scripts/lib/paths.mjs';

const config = createRequire(import.meta.url)(join(root, '.dependency-cruiser.cjs'));

async function cruiseFolder(baseDir, folders, { exclude }) {
  const options = { ...config.options, exclude, baseDir, validate: true, ruleSet: config };
  const { output } = await cruise(folders, options);
  return output.summary;
}

function describe({ rule, from, to, cycle }) {
  return `${rule.name}: ${from} -> ${cycle ? cycle.map((step) => step.name ?? step).join(' -> ') : to}`;
}

await main(async () => {
  const planted = await cruiseFolder(join(import.meta.dirname, 'planted'), ['src', 'test'], {});
  const found = new Set(planted.violations.map(({ rule }) => rule.name));
  const blind = config.forbidden.map(({ name }) => name).filter((name) => !found.has(name));
  if (planted.totalCruised === 0 || blind.length > 0) {
    console.error(`The net is blind (${String(planted.totalCruised)} modules seen); planted violations not found by: ${blind.join(', ')}`);
    console.error(planted.violations.map(describe).join('\n'));
    return 1;
  }
  const folders = ['src', 'test', 'scripts'].filter((folder) => existsSync(join(root, folder)));
  const real = await cruiseFolder(root, folders, config.options);
  if (real.totalCruised === 0) {
    console.error('0 modules seen');
    return 1;
  }
  for (const violation of real.violations) console.error(describe(violation));
  console.log(
    `${String(real.totalCruised)} modules, ${String(real.totalDependenciesCruised)} imports, all ${String(config.forbidden.length)} rules saw their planted violation`,
  );
  return real.violations.length === 0 ? 0 : 1;
});
