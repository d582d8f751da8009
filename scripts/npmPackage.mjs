// npm run package:npm [-- --no-build]: the npm package with the CLI, from a fresh production build, as `npm publish` takes it.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, main } from './lib/failure.mjs';
import { assembleNpmPackage, filesBelow, MAX_NPM_BYTES, npmFiles } from './lib/npmPackage.mjs';
import { packageFaults } from './lib/packageFiles.mjs';
import { root } from './lib/paths.mjs';
import { run } from './lib/run.mjs';

await main(async () => {
  if (!process.argv.includes('--no-build')) await must('the build', process.execPath, ['esbuild.mjs', '--production']);
  const folder = assembleNpmPackage(root);
  const faults = [
    ...packageFaults(filesBelow(folder), npmFiles),
    ...filesBelow(folder).flatMap((file) => sourceMapFault(join(folder, file))),
  ];
  if (faults.length > 0)
    throw new Failure(faults.join('\n'), 'Say in scripts/lib/packageFiles.mjs or scripts/lib/npmPackage.mjs what is new.');
  const packed = await must('npm pack', 'npm', ['pack', folder, '--json', '--ignore-scripts', '--offline', '--pack-destination', root]);
  // npm 11 gives a list, npm 12 an object by name
  const [{ filename, files, size }] = Object.values(JSON.parse(packed));
  const more = packageFaults(
    files.map(({ path }) => path),
    npmFiles,
  );
  if (more.length > 0) throw new Failure(more.join('\n'), 'See `files` in scripts/lib/npmPackage.mjs.');
  if (size > MAX_NPM_BYTES)
    throw new Failure(
      `${filename} has ${String(size)} bytes, more than ${String(MAX_NPM_BYTES)}.`,
      'Look with: node esbuild.mjs --production',
    );
  const sha256 = createHash('sha256')
    .update(readFileSync(join(root, filename)))
    .digest('hex');
  console.log(`${filename}  ${String(files.length)} files, ${(size / 1000).toFixed(1)} kB\nsha256 ${sha256}`);
  return 0;
});

/** Runs a program to its end. @returns what it printed */
async function must(what, program, args) {
  const { code, output, stdout } = await run(program, args, { timeoutMs: 300_000 });
  if (code !== 0) throw new Failure(`${what} failed:\n${output.trim()}`, 'Mend that first.');
  return stdout;
}

/** Nothing that is shipped points at sources that are not. */
function sourceMapFault(file) {
  if (!/\.([cm]?js|css)$/.test(file)) return [];
  return /[#@] ?sourceMappingURL=/.test(readFileSync(file, 'utf8')) ? [`${file} names a source map`] : [];
}
