// node esbuild.mjs [--watch] [--production] [--allow-missing]: the bundles in dist/, for the extension, the CLI, the webview and the page, and the notices of the packages in them.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, context } from 'esbuild';
import { browserBundle } from './scripts/lib/browserBundle.mjs';
import { exceeded, weightOf } from './scripts/lib/budgets.mjs';
import { Failure, main } from './scripts/lib/failure.mjs';
import { commonJsBanner, hostBundle } from './scripts/lib/hostBundle.mjs';
import { bundledPackages, noticesText } from './scripts/lib/notices.mjs';
import { pageEntries, pageNames, writePage } from './scripts/lib/pageFiles.mjs';
import { root } from './scripts/lib/paths.mjs';

const production = process.argv.includes('--production');
const watch = process.argv.includes('--watch');
const allowMissing = process.argv.includes('--allow-missing');

/** Shared by all bundles. Paths in it are relative to the repository. */
const common = {
  absWorkingDir: root,
  bundle: true,
  minify: production,
  // Development links its maps for stack traces and coverage; what is shipped has no dangling link.
  sourcemap: production ? 'external' : 'linked',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  logOverride: { 'empty-import-meta': 'error', 'unsupported-dynamic-import': 'error' },
};

const browser = { ...common, ...browserBundle };

// The same part has the same name for page and webview: its path counts in its hash.
const inPageFolder = Object.fromEntries(Object.entries(pageNames).map(([kind, name]) => [kind, `page/${name}`]));

const bundles = [
  {
    name: 'extension',
    entries: ['src/extension.ts'],
    options: {
      ...common,
      ...hostBundle,
      outdir: 'dist',
    },
  },
  {
    name: 'cli',
    entries: ['src/cli.ts'],
    options: {
      ...common,
      platform: 'node',
      format: 'esm',
      // The relay runs on Node 20.19; a verb that needs more is reached by a dynamic import, which splitting keeps.
      target: 'node20.19',
      splitting: true,
      entryNames: 'cli',
      chunkNames: 'cli/[name]-[hash]',
      outdir: 'dist',
      outExtension: { '.js': '.mjs' },
      banner: commonJsBanner,
    },
    verify: verifyCli,
  },
  {
    name: 'webview',
    entries: ['src/ui/webviewMain.ts', 'src/ui/webview.css'],
    // Fonts and parts are the page's: twice they would be a quarter of the package. It waits for the page, whose list of files is then made.
    isLast: true,
    options: {
      ...browser,
      ...inPageFolder,
      entryNames: 'webview/webview',
      outdir: 'dist',
    },
  },
  {
    // The host writes it into the webview's document, for those who read German.
    name: 'german',
    entries: ['src/ui/germanMain.ts'],
    options: { ...browser, splitting: false, format: 'iife', sourcemap: false, entryNames: 'german', outdir: 'dist/webview' },
  },
  {
    name: 'page',
    entries: pageEntries,
    options: { ...browser, ...inPageFolder, outdir: 'dist' },
    after: (metafile) => writePage(metafile, 'dist/page', browser),
  },
];

/** The relay must start on a Node without node:sqlite: nothing that the CLI loads at its start may reach it. */
function verifyCli(metafile) {
  const seen = new Set();
  const visit = (output) => {
    if (seen.has(output)) return;
    seen.add(output);
    for (const { path, kind, external } of metafile.outputs[output]?.imports ?? []) {
      if (kind !== 'import-statement' && kind !== 'require-call') continue;
      if (external && path === 'node:sqlite')
        throw new Failure(`${output} imports node:sqlite when the CLI starts.`, 'Reach it through a dynamic import.');
      if (!external) visit(path);
    }
  };
  visit('dist/cli.mjs');
}

/** An esbuild plugin, so that watching does it after each build too. */
function finish(bundle) {
  return {
    name: 'finish',
    setup({ onEnd }) {
      onEnd(async ({ errors, metafile }) => {
        if (errors.length > 0 || !metafile) return;
        try {
          bundle.verify?.(metafile);
          await bundle.after?.(metafile);
          report(bundle, metafile);
        } catch (error) {
          // esbuild prints what it finds itself, not what its plugins throw.
          console.error(error instanceof Failure ? error.message : error);
          throw error;
        }
      });
    },
  };
}

function report(bundle, metafile) {
  for (const [path, { bytes, entryPoint }] of Object.entries(metafile.outputs)) {
    if (path.endsWith('.map') || (entryPoint === undefined && bytes < 20_000)) continue;
    const gzipped = gzipSync(readFileSync(join(root, path))).length;
    console.log(`${bundle.name.padEnd(10)} ${path.padEnd(44)} ${kilobytes(bytes)}  ${kilobytes(gzipped)} gzipped`);
    if (!production || entryPoint === undefined) continue;
    const weight = weightOf(metafile, path, (file) => readFileSync(join(root, file)));
    const budget = exceeded(entryPoint, weight);
    if (budget)
      throw new Failure(`${path} is over its budget: ${JSON.stringify(weight)}.`, `DESIGN, section 10: ${JSON.stringify(budget)}`);
  }
}

function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1).padStart(8)} kB`;
}

function isThere(bundle) {
  const missing = bundle.entries.filter((entry) => !existsSync(join(root, entry)));
  if (missing.length === 0) return true;
  if (!allowMissing) throw new Failure(`${bundle.name}: ${missing.join(', ')} does not exist.`, 'Pass --allow-missing to build the rest.');
  console.log(`${bundle.name.padEnd(10)} NOT BUILT: ${missing.join(', ')} does not exist`);
  return false;
}

await main(async () => {
  if (!watch) rmSync(join(root, 'dist'), { recursive: true, force: true });
  const there = bundles.filter(isThere);
  const jobOf = (bundle) => ({
    ...bundle.options,
    entryPoints: bundle.entries,
    plugins: [...(bundle.options.plugins ?? []), finish(bundle)],
  });
  const together = (some) => Promise.allSettled(some.map((bundle) => build(jobOf(bundle))));
  if (!watch) {
    const results = [...(await together(there.filter(({ isLast }) => !isLast))), ...(await together(there.filter(({ isLast }) => isLast)))];
    if (!results.every(({ status }) => status === 'fulfilled')) return 1;
    const packages = bundledPackages(results.map(({ value }) => value.metafile));
    writeFileSync(join(root, 'dist', 'NOTICES.txt'), noticesText(root, packages));
    return 0;
  }
  for (const bundle of there) await (await context(jobOf(bundle))).watch();
  console.log('watching; end with Ctrl+C');
  await new Promise(() => {});
});
