import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../harness/paths.ts';

const paths = ['direct', 'pipes', 'naive', 'page', 'http', 'chat', 'panel'];
const scenarios = ['firstToken', 'one1000', 'streams256', 'stalledReader', 'recovery'];

describe('bench', () => {
  it('measures each path in its short form, and finds each token of every answer once, in order', async function () {
    this.timeout(120_000);
    const args = ['--quick', '--reps', '1', '--only', scenarios.join(','), '--paths', paths.join(',')];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', join(root, 'test/bench/paths.run.ts'), ...args],
      { cwd: root, timeout: 100_000 },
    );
    for (const path of paths) assert.match(stdout, new RegExp(`^1 firstToken +${path} +firstTokenP50 `, 'm'));
    for (const name of ['one1000', 'streams256', 'stalledReader']) assert.match(stdout, new RegExp(`^1 ${name} +page +`, 'm'));
    assert.match(stdout, /^1 recovery +page +\{"cut device":/m);
    assert.doesNotMatch(stdout, /FAULT|FAILED/);
    assert.match(stdout, /^\d+ runs, 0 faults, /m);
  });
});
