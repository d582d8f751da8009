import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readVersions, writeVersion } from '../../scripts/lib/releaseVersion.mjs';
import { root } from '../harness/paths.ts';

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

/** Commands of the guide that are no script of ours, and the test that runs them. */
const runBy: readonly (readonly [command: RegExp, file: string, title: string])[] = [
  [/^git status --short$/, 'test/checks/releasing.test.ts', 'names each command'],
  [/^npm ci$/, 'scripts/setup.mjs', 'npm'],
  [/^npm install --offline /, 'test/integration/package.test.ts', 'installs without a network'],
  [/^npx --offline cloudtolocalllm /, 'test/integration/package.test.ts', 'installs without a network'],
];

function faultOf(line: string): string | undefined {
  const [command = '', need] = line.trim().split(/\s+# /, 2);
  if (need?.startsWith('needs ')) return undefined;
  const script = /(?:^| )npm (?:run ([\w:]+)|(test))(?: |$)/.exec(command);
  if (script) return (script[1] ?? script[2] ?? '') in scripts ? undefined : `no such script: ${command}`;
  const known = runBy.find(([pattern]) => pattern.test(command));
  if (!known) return `nobody runs: ${command}`;
  const [, file, title] = known;
  return existsSync(join(root, file)) && readFileSync(join(root, file), 'utf8').includes(title)
    ? undefined
    : `${file} does not run ${command}`;
}

describe('RELEASING.md', () => {
  it('names each command with the script or test that runs it, or what it needs', () => {
    const lines = readFileSync(join(root, 'RELEASING.md'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('    '));
    assert.ok(lines.length >= 18);
    assert.deepEqual(
      lines.flatMap((line) => faultOf(line) ?? []),
      [],
    );
    assert.equal(faultOf('    npm run release:everything'), 'no such script: npm run release:everything');
    assert.equal(faultOf('    rm -rf /'), 'nobody runs: rm -rf /');
  });

  it('has the version written into all of its places at once, and into none when it is no version', () => {
    const copy = mkdtempSync(join(tmpdir(), 'c2l-version-'));
    try {
      const files = new Set(readVersions(root).map(({ file }) => file));
      for (const file of files) {
        mkdirSync(dirname(join(copy, file)), { recursive: true });
        copyFileSync(join(root, file), join(copy, file));
      }
      assert.throws(() => {
        writeVersion(copy, 'next', '2026-12-01');
      }, /not a version/);
      assert.deepEqual(readVersions(copy), readVersions(root));
      writeVersion(copy, '7.8.9', '2026-12-01');
      assert.deepEqual(new Set(readVersions(copy).map(({ version }) => version)), new Set(['7.8.9']));
      assert.match(readFileSync(join(copy, 'CHANGELOG.md'), 'utf8'), /^## 7\.8\.9 \(2026-12-01\)$/m);
      const lock = JSON.parse(readFileSync(join(copy, 'package-lock.json'), 'utf8')) as {
        version: string;
        packages: Record<string, { version: string }>;
      };
      assert.deepEqual([lock.version, lock.packages['']?.version], ['7.8.9', '7.8.9']);
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });
});
