import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { checkAcceptance, type AcceptanceRepository } from './acceptance.mjs';
import { root } from '../harness/paths.ts';

const repository: AcceptanceRepository = {
  scripts: ['coverage'],
  read: (path) =>
    ({
      'test/a.test.ts': "describe('a thing', () => { it('does it', () => {}); it.skip('sleeps', () => {}); });",
      'docs/report.json': '{}',
    })[path],
};

function faultsOf(...proofs: string[]): string[] {
  return checkAcceptance(
    ['intro', '- not a line', '## A step', '- A promise.', ...proofs.map((proof) => `  - ${proof}`)].join('\n'),
    repository,
  ).faults;
}

interface Outcome {
  readonly code: number;
  readonly output: string;
}

function runNode(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', ...args],
      { cwd: root, env: { ...process.env, ...env } },
      (_error, stdout, stderr) => {
        resolve({ code: child.exitCode ?? 1, output: stdout + stderr });
      },
    );
  });
}

describe('the acceptance check', () => {
  it('takes tests, reports and commands that exist', () => {
    assert.deepEqual(
      faultsOf('test: test/a.test.ts › does it', 'test: test/a.test.ts › a thing', 'report: docs/report.json', 'command: npm run coverage'),
      [],
    );
  });

  it('refuses a title that is not in the file, or is skipped', () => {
    assert.match(faultsOf('test: test/a.test.ts › does')[0] ?? '', /no test .* "does"/);
    assert.match(faultsOf('test: test/a.test.ts › sleeps')[0] ?? '', /no test .* "sleeps"/);
  });

  it('refuses files, scripts and kinds that do not exist', () => {
    for (const proof of [
      'test: test/b.test.ts › x',
      'test: src/a.ts › x',
      'report: docs/none.json',
      'command: npm run none',
      'looks good',
    ]) {
      assert.equal(faultsOf(proof).length, 1, proof);
    }
  });

  it('refuses a line without proof, and counts open ones', () => {
    assert.match(faultsOf()[0] ?? '', /has no proof/);
    assert.deepEqual(checkAcceptance('## A step\n- A promise.\n  - open\n', repository), { count: 1, open: 1, faults: [] });
    assert.deepEqual(checkAcceptance('', repository).faults, ['no lines at all']);
  });
});

describe('npm test', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'c2l-checks-'));
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a test file under the reporter and the hooks of all suites. */
  async function runTests(source: string, ...more: readonly string[]): Promise<Outcome & { counts: unknown }> {
    const file = join(folder, 'some.test.mjs');
    const counts = join(folder, 'counts.json');
    writeFileSync(file, source);
    const mocha = [join(root, 'node_modules/mocha/bin/mocha.js'), '--reporter', join(root, 'test/harness/countReporter.ts')];
    const hooks = ['--require', join(root, 'test/harness/rootHooks.ts'), '--forbid-pending'];
    const outcome = await runNode([...mocha, ...hooks, file, ...more], { C2L_TEST_COUNTS: counts, C2L_LEAK_GRACE_MS: '500' });
    return { ...outcome, counts: JSON.parse(readFileSync(counts, 'utf8')) as unknown };
  }

  it('counts what passed and what failed', async () => {
    const { code, counts } = await runTests("it('holds', () => {}); it('breaks', () => { throw new Error('on purpose'); });");
    assert.equal(code, 1);
    const path = relative(root, join(folder, 'some.test.mjs'));
    const failures = [{ title: 'breaks', message: 'on purpose', file: path }];
    assert.deepEqual(counts, { passed: 1, failed: 1, pending: 0, failures, passedOf: { [path]: 1 } });
  });

  it('fails a file whose tests did not run, though nothing of it is red', async () => {
    const other = join(folder, 'other.test.mjs');
    writeFileSync(other, "describe('steps', function () { this.bail(true); it('first', () => {}); it('second', () => {}); });");
    const { code, counts } = await runTests("it('breaks', () => { throw new Error('on purpose'); });", other);
    assert.equal(code, 1);
    const [some, left] = ['some.test.mjs', 'other.test.mjs'].map((name) => relative(root, join(folder, name)));
    const failures = [
      { title: 'breaks', message: 'on purpose', file: some },
      { title: left, message: '2 tests did not run', file: left },
    ];
    assert.deepEqual(counts, { passed: 0, failed: 2, pending: 0, failures, passedOf: {} });
  });

  it('fails tests that leave something open, and names it', async () => {
    const { code, output } = await runTests(
      "import net from 'node:net'; it('forgets', (done) => { net.createServer().listen(0, '127.0.0.1', done); });",
    );
    assert.equal(code, 1);
    assert.match(output, /left open: TCPServerWrap; more was open after: forgets/);
  }).timeout(20_000);

  it('ends with the closing count alone on a line', async () => {
    const { code, output } = await runNode([join(root, 'scripts/test.mjs'), '--only', 'leaks'], {});
    assert.equal(code, 0);
    assert.equal(output.trimEnd().split('\n').at(-1), '0 passed, 0 failed');
  });
});
