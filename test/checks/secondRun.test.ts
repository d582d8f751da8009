import assert from 'node:assert/strict';
import { afterSecondRun, filesToRunAgain, redLines } from '../../scripts/lib/secondRun.mjs';

const red = (...files: (string | undefined)[]) => files.map((file) => (file === undefined ? {} : { file }));

describe('a second run', () => {
  it('is given to the red files of a suite against the clock, each once', () => {
    const failures = red('test/browser/a.test.ts', 'test/browser/b.test.ts', 'test/browser/a.test.ts');
    assert.deepEqual(filesToRunAgain('browser', { ended: true, failures }), ['test/browser/a.test.ts', 'test/browser/b.test.ts']);
  });

  it('is not given to what no clock decides, nor to a run that broke', () => {
    const failures = red('test/mux/a.test.ts');
    assert.deepEqual(filesToRunAgain('unit', { ended: true, failures }), []);
    assert.deepEqual(filesToRunAgain('sim', { ended: true, failures }), []);
    assert.deepEqual(filesToRunAgain('browser', { ended: false, failures }), []);
  });

  it('is not given to many files, nor to what was left open by tests that are all green', () => {
    assert.deepEqual(filesToRunAgain('vscode', { ended: true, failures: red('a', 'b', 'c', 'd', 'e') }), []);
    assert.deepEqual(filesToRunAgain('vscode', { ended: true, failures: red(undefined) }), []);
  });

  it('decides for its files, and for no others', () => {
    const first = { passed: 10, failed: 2, seconds: 60, output: 'red', passedOf: { 'a.test.ts': 3, 'b.test.ts': 7 } };
    const second = { passed: 4, failed: 1, seconds: 5, output: 'still red', passedOf: { 'a.test.ts': 4 } };
    assert.deepEqual(afterSecondRun(first, second, ['a.test.ts']), { ...second, passed: 11, failed: 1, seconds: 65 });
  });

  it('is announced by what was red, a line each', () => {
    assert.deepEqual(redLines([{ title: 'a page opens', message: 'Timeout\nCall log:\n  - waiting' }]), [
      '     red  a page opens: Timeout',
    ]);
  });
});
