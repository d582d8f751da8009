import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

describe('the limits', () => {
  it('fit one another, which every program asserts that holds a connection', async () => {
    await import('../../src/protocol/limitsFit.ts');
    for (const entry of ['cli', 'extension'])
      assert.match(readFileSync(new URL(`../../src/${entry}.ts`, import.meta.url), 'utf8'), /\bimport\b.*'\.\/protocol\/limitsFit\.ts'/);
  });
});
