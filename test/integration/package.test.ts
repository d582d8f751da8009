import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { filesBelow, MAX_NPM_BYTES } from '../../scripts/lib/npmPackage.mjs';
import { packedDocument } from '../../scripts/lib/packedDocuments.mjs';
import { MAX_PACKAGE_BYTES, packageFaults, packageFiles } from '../../scripts/lib/packageFiles.mjs';
import { PRODUCT_VERSION } from '../../src/protocol/versions.ts';
import { root } from '../harness/paths.ts';
import { CliProcess } from './relayProcess.ts';

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
    const notices = files.get('extension/dist/NOTICES.txt')?.() ?? '';
    const named = [...notices.matchAll(/^(\S+) \d+\.\d+\.\d+\S* \(.+\)$/gm)].map(([, name]) => name);
    const inside = [
      '@lit/reactive-element',
      '@nats-io/transport-node',
      '@noble/curves',
      'hono',
      'katex',
      'markdown-it',
      'pino',
      'valibot',
      'ws',
    ];
    assert.deepEqual(
      inside.filter((name) => !named.includes(name)),
      [],
    );
    assert.match(notices, /Copyright \(c\) 2011 Einar Otto Stangvik/);
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    assert.equal(files.get('extension/readme.md')?.(), packedDocument(readme, 'README.md', packageFiles), 'the README as it is packed');
  });

  it('makes an npm package that installs without a network into an empty folder, and is a whole relay there', async function () {
    const printed = execFileSync(node, [join(copy, 'scripts', 'npmPackage.mjs'), '--no-build'], { cwd: copy, encoding: 'utf8' });
    const [, file = '', count, size] = /^(\S+\.tgz) {2}(\d+) files, ([\d.]+) kB$/m.exec(printed) ?? [];
    assert.deepEqual([file, Number(count)], [`cloudtolocalllm-${PRODUCT_VERSION}.tgz`, filesBelow(join(copy, '.run', 'npm')).length]);
    assert.ok(Number(size) * 1000 <= MAX_NPM_BYTES, size);
    const manifest = JSON.parse(readFileSync(join(copy, '.run', 'npm', 'package.json'), 'utf8')) as Record<string, unknown>;
    assert.deepEqual(Object.keys(manifest), ['name', 'version', 'description', 'license', 'keywords', 'type', 'bin', 'engines', 'files']);

    const place = mkdtempSync(join(tmpdir(), 'c2l-install-'));
    const env = { ...process.env, npm_config_cache: join(place, 'cache'), npm_config_update_notifier: 'false' };
    const options = { cwd: place, encoding: 'utf8', env } as const;
    try {
      execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', join(copy, file)], options);
      const cli = join(place, 'node_modules', 'cloudtolocalllm', 'cli.mjs');
      const npx = (...args: string[]): string => execFileSync('npx', ['--offline', 'cloudtolocalllm', ...args], options);
      assert.equal(npx('--version').trim(), PRODUCT_VERSION);
      assert.match(npx('relay', 'config', '--public-url', 'https://relay.example', '--secret', '0123456789abcdef'), /secret hidden/);
      const relay = new CliProcess({ name: 'installed', node, cli }, ['relay', '--port', '0', '--json']);
      try {
        const url = String((await relay.event('listening'))['url']);
        const page = await fetch(url);
        assert.deepEqual([page.status, /<title>/.test(await page.text())], [200, true]);
        const check = new CliProcess({ name: 'installed', node, cli }, ['relay', 'check', url, '--json']);
        const { code, stdout } = await check.end();
        assert.equal(code, 0, stdout);
        assert.equal((await check.event('check'))['warnings'], 0);
      } finally {
        await relay.kill();
      }
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  });

  it('names a file too many, and one that is missing', () => {
    const faults = packageFaults(['README.md', 'dist/webview/webview.js.map', 'dist/cli/agentVerb-5ZGIWIFD.mjs']);
    assert.ok(faults.includes('dist/webview/webview.js.map does not belong into the package'));
    assert.ok(faults.includes('LICENSE is missing'));
    assert.ok(!faults.some((fault) => fault.includes('agentVerb') || fault.includes('README')));
  });
});
