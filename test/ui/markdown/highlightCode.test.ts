import assert from 'node:assert/strict';
import { highlightCode } from '../../../src/ui/markdown/highlightCode.ts';

describe('colours of code', () => {
  it('are runs that joined are the code again, in every language that models write most', () => {
    const code = `import a from "b";\n// <b>&amp;</b> 'x'\nfunction f(x: number) { return x * 0x1f; }\n<p class="q">\${y}</p>\n# z\n- one: 'two'\n`;
    const names =
      'bash c cpp cs css diff dockerfile go ini java js jsx json kotlin lua makefile php powershell py ruby rs scss shell sql swift ts tsx html xml yaml yml sh TS';
    for (const name of names.split(' ')) {
      const runs = highlightCode(code, name);
      assert.ok(runs, name);
      assert.equal(runs.map(({ text }) => text).join(''), code, name);
      assert.ok(
        runs.some(({ kind }) => kind !== 'plain'),
        name,
      );
    }
  });

  it('tell keywords, texts, numbers and comments apart', () => {
    assert.deepEqual(highlightCode("const a = 'b'; // 7\nreturn 7;\n", 'ts'), [
      { kind: 'keyword', text: 'const' },
      { kind: 'plain', text: ' a = ' },
      { kind: 'string', text: "'b'" },
      { kind: 'plain', text: '; ' },
      { kind: 'comment', text: '// 7' },
      { kind: 'plain', text: '\n' },
      { kind: 'keyword', text: 'return' },
      { kind: 'plain', text: ' ' },
      { kind: 'number', text: '7' },
      { kind: 'plain', text: ';\n' },
    ]);
  });

  it('are none for a language that nobody knows', () => {
    for (const name of ['klingon', '', 'javascript:alert(1)', '__proto__', 'constructor'])
      assert.equal(highlightCode('x', name), undefined, name);
  });
});
