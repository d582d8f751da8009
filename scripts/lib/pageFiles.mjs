import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, posix } from 'node:path';
import { build } from 'esbuild';
import { Failure } from './failure.mjs';
import { root } from './paths.mjs';

/** What the page is built from, and how its files are called. */
export const pageEntries = ['src/web/pageMain.ts', 'src/web/page.css'];
export const pageNames = { entryNames: '[name]-[hash]', chunkNames: '[name]-[hash]', assetNames: '[name]-[hash]' };

/**
 * Writes, beside what esbuild made: index.html with the names that carry content hashes, the service worker, and the list of files that the
 * relay serves. `folder` is relative to the repository, `options` are those of the build.
 */
export async function writePage(metafile, folder, options) {
  const outputs = Object.entries(metafile.outputs).filter(([path]) => !path.endsWith('.map'));
  let html = readFileSync(join(root, 'src/web/index.html'), 'utf8');
  for (const [path, { entryPoint }] of outputs) {
    if (entryPoint === undefined || !pageEntries.includes(entryPoint)) continue;
    // The template names an entry by its source: pageMain.ts, page.css.
    const name = `"./${basename(entryPoint)}"`;
    if (!html.includes(name))
      throw new Failure(`src/web/index.html does not mention ${name}.`, 'Link the entry by the name of its source.');
    html = html.replaceAll(name, `"/${posix.basename(path)}"`);
  }
  if (/<script(?![^>]*\bsrc=)|<style|\son[a-z]+\s*=|\sstyle\s*=|=\s*["']?javascript:/i.test(html))
    throw new Failure('src/web/index.html has inline code or style.', 'Move it into a file.');
  const others = [
    ...copyPublic(folder),
    ...outputs.map(([path, { bytes }]) => ({
      path: posix.basename(path),
      bytes,
      sha256: sha256(readFileSync(join(root, path))),
      immutable: true,
    })),
  ];
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const id = createHash('sha256').update(version).update(html).update(JSON.stringify(others)).digest('hex').slice(0, 16);
  html = html.replace('"BUILD"', `"${id}"`);
  writeFileSync(join(root, folder, 'index.html'), html);
  const files = [...others, { path: 'index.html', bytes: Buffer.byteLength(html), sha256: sha256(html), immutable: false }];
  const worker = await writeWorker({ build: id, files: files.filter(isOfShell).map(shellFile) }, folder, options);
  writeFileSync(join(root, folder, 'assets.json'), `${JSON.stringify({ files: [...files, worker] }, null, 2)}\n`);
}

/** Fonts of formulas come with the first formula: the page opens without them. */
function isOfShell({ path }) {
  return !path.endsWith('.woff2');
}

function shellFile({ path, sha256, immutable }) {
  return { path: `/${path}`, integrity: `sha256-${sha256}`, isImmutable: immutable };
}

/** Builds the service worker, which knows the files of this build. It is served under one name for ever: browsers look there for the next. */
async function writeWorker(shell, folder, options) {
  const outfile = `${folder}/service-worker.js`;
  await build({
    ...options,
    entryPoints: ['src/web/worker/workerMain.ts'],
    splitting: false,
    format: 'iife',
    define: { C2L_SHELL: JSON.stringify(shell) },
    outfile,
  });
  const content = readFileSync(join(root, outfile));
  return { path: posix.basename(outfile), bytes: content.length, sha256: sha256(content), immutable: false };
}

/** Copies what keeps its name: manifest, icons. */
function copyPublic(folder) {
  const from = join(root, 'src/web/public');
  return readdirSync(from).map((name) => {
    const content = readFileSync(join(from, name));
    writeFileSync(join(root, folder, name), content);
    return { path: name, bytes: content.length, sha256: sha256(content), immutable: false };
  });
}

function sha256(content) {
  return createHash('sha256').update(content).digest('base64');
}
