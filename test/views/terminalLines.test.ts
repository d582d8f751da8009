import assert from 'node:assert/strict';
import fc from 'fast-check';
import { placeOfCode } from '../../src/views/placeOfCode.ts';
import { terminalLines } from '../../src/views/terminalLines.ts';

describe('commands for the terminal', () => {
  it('are the lines of the block without prompts, comments and blank lines', () => {
    assert.deepEqual(terminalLines('# first\n$ npm ci\n\n> npm test\nPS C:\\> dir\r\nls\t-l\n'), ['npm ci', 'npm test', 'dir', 'ls -l']);
  });

  it('are joined where they are continued', () => {
    assert.deepEqual(terminalLines('docker run \\\n  -it \\\n  alpine\necho x'), ['docker run -it alpine', 'echo x']);
  });

  it('never hold a line end or a tab, which would run or complete them', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', '\n', '\r', '\t', '\\', '`', '$ ', '#')), (pieces) => {
        for (const line of terminalLines(pieces.join(''))) assert.doesNotMatch(line, /[\n\r\t]/);
      }),
    );
  });
});

describe('the place of code in a file', () => {
  const file = ['import x;', '', 'function a() {', '  return 1;', '}', '', 'function b() {', '  return 2;', '}', ''];

  it('is from its first telling line to its last, with what closes it', () => {
    assert.deepEqual(placeOfCode(file, 'function b() {\n  log();\n  return 2;\n}\n'), { first: 6, last: 8 });
  });

  it('is unknown when a line is not there, stands twice, or says nothing', () => {
    assert.equal(placeOfCode(file, 'function c() {\n  return 2;\n}'), undefined);
    assert.equal(placeOfCode([...file, ...file], 'function b() {\n  return 2;\n}'), undefined);
    assert.equal(placeOfCode(file, '{\n}'), undefined);
    assert.equal(placeOfCode(file, 'function b() {'), undefined);
  });
});
