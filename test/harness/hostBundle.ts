import { readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import { root } from './paths.ts';

/**
 * Bundles the suites of test/vscode/host for the extension host. They test through the extension's exported API and VS Code's: a source
 * module bundled into a suite is a second copy, neither measured nor the one that runs.
 * @returns the entry file for `extensionTestsPath`
 */
export async function bundleHostTests(): Promise<string> {
  const folder = join(root, 'out', 'vscode');
  rmSync(folder, { recursive: true, force: true });
  const suites = join(root, 'test', 'vscode', 'host');
  const common = {
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    sourcemap: 'inline',
    external: ['vscode', 'mocha'],
    outExtension: { '.js': '.cjs' },
    logLevel: 'warning',
  } satisfies BuildOptions;
  const entryPoints = readdirSync(suites)
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join(suites, file));
  await build({ ...common, entryPoints, outdir: join(folder, 'suites') });
  await build({ ...common, entryPoints: [join(root, 'test', 'harness', 'hostEntry.ts')], outdir: folder });
  return join(folder, basename('hostEntry.cjs'));
}
