import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { packedDocument } from '../../scripts/lib/packedDocuments.mjs';
import { MAX_PACKAGE_BYTES, packageFaults, packageFiles } from '../../scripts/lib/packageFiles.mjs';
import { root } from '../harness/paths.ts';

const node = process.env['C2L_HOST_NODE'] ?? process.execPath;
/** Not of the sources, or not needed to make the package. */
const leftOut = new Set(['node_modules', 'dist', 'out', '.run', '.git', 'coverage', 'test']);

/** What is in a zip archive, by name, from its central directory (APPNOTE 4.3.12); a file is unpacked when it is asked for. */
function filesIn(zip: Buffer): Map<string, () => string> {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  const files = new Map<string, () => string>();
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [name, extra, comment] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset)) as [number, number, number];
    const [packed, local] = [zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 42)];
    files.set(zip.toString('utf8', at + 46, at + 46 + name), () => {
      const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      return inflateRawSync(zip.subarray(from, from + packed)).toString('utf8');
    });
    at += 46 + name + extra + comment;
  }
  return files;
}

describe('npm run package', function () {
  this.timeout(120_000);
  let copy: string;
  before(() => {
    // A copy, because a production build takes the place of the one that other tests run.
    copy = mkdtempSync(join(tmpdir(), 'c2l-package-'));
    cpSync(root, copy, { recursive: true, filter: (path) => !leftOut.has(basename(path)) });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  });
  after(() => {
    rmSync(copy, { recursive: true, force: true });
  });

  it('makes a package of exactly the files that belong into it, small enough, without maps, tests and native modules', () => {
    const printed = execFileSync(node, [join(copy, 'scripts', 'package.mjs')], { cwd: copy, encoding: 'utf8' });
    const [, file = ''] = /^(\S+\.vsix) /m.exec(printed) ?? [];
    const archive = readFileSync(join(copy, file));
    const files = filesIn(archive);
    const names = [...files.keys()].filter((name) => name.startsWith('extension/')).map((name) => name.slice('extension/'.length));
    // vsce writes these three so in the archive.
    const inFolder = { 'readme.md': 'README.md', 'changelog.md': 'CHANGELOG.md', 'LICENSE.txt': 'LICENSE' } as Readonly<
      Record<string, string>
    >;
    assert.deepEqual(packageFaults(names.map((name) => inFolder[name] ?? name)), []);
    assert.ok(archive.length <= MAX_PACKAGE_BYTES, String(archive.length));
    assert.deepEqual(
      names.filter((name) => /\.(map|node|ts|tsbuildinfo)$|(^|\/)(test|src|node_modules)\//.test(name)),
      [],
    );
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    assert.equal(files.get('extension/readme.md')?.(), packedDocument(readme, 'README.md', packageFiles), 'the README as it is packed');
  });

  it('names a file too many, and one that is missing', () => {
    const faults = packageFaults(['README.md', 'dist/webview/webview.js.map', 'dist/cli/agentVerb-5ZGIWIFD.mjs']);
    assert.ok(faults.includes('dist/webview/webview.js.map does not belong into the package'));
    assert.ok(faults.includes('LICENSE is missing'));
    assert.ok(!faults.some((fault) => fault.includes('agentVerb') || fault.includes('README')));
  });
});
