import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mutants, sourcesOf } from './mutants.ts';
import { stagesUpTo, tryAll, tryMutant } from './tryMutant.ts';
import { replayCommand } from './worlds.ts';

/** One or two of each room, as a proof in each run that the simulator sees; `npm run test:long -- mutants` tries all, and their pairs. */
const samples = [
  'resume goes on one byte too far',
  'credit is forgotten at an attach',
  'a failed try is never followed by another',
  'the record counter stands still for one record',
  'the relay keeps the place of a parked dial',
  'the hub does not know a request again',
  'a killed answer is never marked',
];
const MOST_SEEDS = 600;
/** One that dies at once, and then again by its command. */
const quick = 'the record counter stands still for one record';

describe('planted faults', () => {
  it('still have their place in the source', () => {
    for (const mutant of mutants) sourcesOf(mutant);
  });

  if (process.env['C2L_SEED'] !== undefined) return;

  it('are found, one of each room', async () => {
    const lived: string[] = [];
    await tryAll(samples, stagesUpTo(MOST_SEEDS), ({ name, seeds, killedBy }) => {
      if (!killedBy) lived.push(name);
      else console.log(`      ${name}: ${killedBy.world} ${String(killedBy.seed)}, after ${String(seeds)} seeds`);
    });
    assert.deepEqual(lived, []);
  });

  it('fail again by the command that a failing seed prints', async () => {
    const { killedBy } = await tryMutant(quick, stagesUpTo(MOST_SEEDS));
    assert.ok(killedBy);
    const { output, code } = await runCommand(replayCommand(killedBy.world, killedBy.seed), quick);
    assert.notEqual(code, 0);
    assert.ok(output.includes(`seed ${String(killedBy.seed)}: `), output.slice(-2_000));
    assert.match(output, /relay0 +starts/, 'the seed does not tell what happens');
  });
});

/** Types a command, with a mutant in the place of the product. */
async function runCommand(command: string, mutant: string): Promise<{ readonly output: string; readonly code: number }> {
  const words = command.split(' ');
  const settings = words.filter((word) => word.includes('=')).map((word) => word.split('=', 2) as [string, string]);
  assert.deepEqual(words.slice(settings.length), ['npm', 'run', 'test:sim']);
  const root = join(import.meta.dirname, '../..');
  const plant = `--import=${new URL('plantMutant.ts', import.meta.url).href}`;
  const runDir = mkdtempSync(join(tmpdir(), 'c2l-replay-'));
  const env = { ...process.env, ...Object.fromEntries(settings), C2L_MUTANT: mutant, C2L_RUN_DIR: runDir, NODE_OPTIONS: plant };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(root, 'scripts/suite.mjs'), 'sim'],
      { cwd: root, env, maxBuffer: 2 ** 28 },
      (error, stdout, stderr) => {
        rmSync(runDir, { recursive: true, force: true });
        resolve({ output: stdout + stderr, code: error ? 1 : 0 });
      },
    );
  });
}
