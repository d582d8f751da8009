import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundledPackages, noticesText } from '../../scripts/lib/notices.mjs';

describe('the notices of the packages in our bundles', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'c2l-notices-'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  function install(name: string, files: Readonly<Record<string, string>>): string {
    const folder = join('node_modules', name);
    mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, folder, 'package.json'), JSON.stringify({ name, version: '1.2.3', license: 'MIT' }));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(root, folder, file), text);
    return folder;
  }

  it('are of what went into a bundle, each package once, wherever it lies', () => {
    const inputs = ['src/a.ts', 'node_modules/ws/lib/a.js', 'node_modules/ws/lib/b.js', '../up/node_modules/a/node_modules/@b/c/d.js'];
    const bundle = { outputs: { 'dist/x.js': { inputs: Object.fromEntries(inputs.map((path) => [path, { bytesInOutput: 1 }])) } } };
    assert.deepEqual(bundledPackages([bundle, bundle]), ['../up/node_modules/a/node_modules/@b/c', 'node_modules/ws']);
  });

  it('name every package with its licence, and say the same words once', () => {
    const terms = 'MIT License\n\nCopyright (c) Ann';
    const folders = [
      install('one', { LICENSE: terms }),
      install('two', { 'license.md': `${terms.replaceAll('\n', '\r\n')}\r\n` }),
      install('three', { LICENCE: 'other terms', 'NOTICE.txt': 'made by Ben' }),
    ];
    const [, first, second] = noticesText(root, folders).split(/packages in it.*\n\n|-{80}\n\n/);
    assert.equal(first, `one 1.2.3 (MIT)\ntwo 1.2.3 (MIT)\n\n${terms}\n\n`);
    assert.equal(second, 'three 1.2.3 (MIT)\n\nother terms\n\nmade by Ben\n');
  });

  it('are not made when one gives no terms', () => {
    assert.throws(() => noticesText(root, [install('bare', { 'README.md': 'hello' })]), /bare has no text of its licence/);
  });
});
