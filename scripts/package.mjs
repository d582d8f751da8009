// npm run package: the .vsix as it is shipped, from a fresh production build. It leaves that build in dist/; `npm run build` makes the one to work with.
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, main } from './lib/failure.mjs';
import { MAX_PACKAGE_BYTES, packageArguments, packageFaults } from './lib/packageFiles.mjs';
import { stagePackage } from './lib/packedDocuments.mjs';
import { root, runDir } from './lib/paths.mjs';
import { run } from './lib/run.mjs';

const vsce = join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

await main(async () => {
  await must('the build', ['esbuild.mjs', '--production']);
  const listed = await must('the list of files', [vsce, 'ls', '--no-dependencies']);
  const files = listed.split('\n').filter((line) => line !== '');
  const faults = [...packageFaults(files), ...files.flatMap(sourceMapFault)];
  if (faults.length > 0) throw new Failure(faults.join('\n'), 'Mend .vscodeignore, or say in scripts/lib/packageFiles.mjs what is new.');
  const file = `${name}-${version}.vsix`;
  const stage = join(runDir, 'package');
  stagePackage(stage);
  await must('the package', [vsce, 'package', ...packageArguments, '-o', join(root, file)], stage);
  const { size } = statSync(join(root, file));
  if (size > MAX_PACKAGE_BYTES)
    throw new Failure(
      `${file} has ${String(size)} bytes, more than ${String(MAX_PACKAGE_BYTES)}.`,
      'Look with: node esbuild.mjs --production',
    );
  const sha256 = createHash('sha256')
    .update(readFileSync(join(root, file)))
    .digest('hex');
  console.log(`${file}  ${String(files.length)} files, ${(size / 1000).toFixed(1)} kB\nsha256 ${sha256}`);
  return 0;
});

/** Runs a program of ours to its end. @returns what it printed */
async function must(what, args, cwd = root) {
  const { code, output, stdout } = await run(process.execPath, args, { cwd, timeoutMs: 300_000 });
  if (code !== 0) throw new Failure(`${what} failed:\n${output.trim()}`, 'Mend that first.');
  return stdout;
}

/** Nothing that is shipped points at sources that are not. */
function sourceMapFault(file) {
  if (!/\.([cm]?js|css)$/.test(file)) return [];
  return /[#@] ?sourceMappingURL=/.test(readFileSync(join(root, file), 'utf8')) ? [`${file} names a source map`] : [];
}
