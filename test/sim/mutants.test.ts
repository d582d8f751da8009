import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { mutants, sourcesOf } from './mutants.ts';

const folder = import.meta.dirname;
const root = join(folder, '../..');

/** The seed that found the mutant, or undefined when it lived through all of them. */
async function firstSeedAgainst(name: string): Promise<string | undefined> {
  const mocha = join(root, 'node_modules/mocha/bin/mocha.js');
  const args = ['--disable-warning=ExperimentalWarning', '--import', join(folder, 'plantMutant.ts'), mocha, '--timeout', '280000'];
  const env = { ...process.env, C2L_MUTANT: name, C2L_SEEDS: process.env['C2L_SEEDS'] ?? '300' };
  const output = await new Promise<string>((resolve) => {
    const spec = ['--grep', 'whatever befalls', join(folder, 'chat.test.ts')];
    execFile(process.execPath, [...args, ...spec], { cwd: root, env }, (_error, stdout, stderr) => {
      resolve(stdout + stderr);
    });
  });
  const found = /seed (\d+): .*/.exec(output);
  if (found) console.log(`      ${found[0]}`);
  else assert.match(output, /1 passing/, output);
  return found?.[1];
}

describe('planted faults', () => {
  it('still have their place in the source', () => {
    for (const mutant of mutants) sourcesOf(mutant);
  });

  // A few minutes: C2L_MUTANTS=1 npm run test:sim
  if (process.env['C2L_MUTANTS'] === undefined) return;
  for (const { name } of mutants) {
    it(`are found: ${name}`, async () => {
      assert.ok(await firstSeedAgainst(name), 'no seed found it');
    });
  }
});
