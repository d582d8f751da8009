import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import { browserBundle } from '../../scripts/lib/browserBundle.mjs';
import { pageEntries, pageNames, writePage } from '../../scripts/lib/pageFiles.mjs';
import { demoBundles } from '../../scripts/lib/coverage/folders.mjs';
import { measuresPages } from './browserCoverage.ts';
import { root } from './paths.ts';

/** Builds the page as it is shipped, into `folder` below the repository; another `mark` makes another build of the same page. */
export async function buildPage(folder: string, mark: string): Promise<void> {
  const options: BuildOptions = {
    ...(browserBundle as BuildOptions),
    absWorkingDir: root,
    minify: true,
    legalComments: 'none',
    banner: { js: `/* ${mark} */` },
    ...(measuresPages ? { sourcemap: 'linked' } : {}),
  };
  const { metafile } = await build({ ...options, ...pageNames, entryPoints: pageEntries, metafile: true, outdir: folder });
  await writePage(metafile, folder, options);
  if (measuresPages) for (const path of Object.keys(metafile.outputs)) if (path.endsWith('.js')) keepForCoverage(path);
}

/** Lays a bundle and its map where coverage looks for them; another build of the same code has other names. */
function keepForCoverage(path: string): void {
  const target = join(root, demoBundles);
  const map = JSON.parse(readFileSync(join(root, `${path}.map`), 'utf8')) as { sources: string[] };
  const sources = map.sources.map((source) => relative(target, join(root, dirname(path), source)));
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, basename(path)), readFileSync(join(root, path)));
  writeFileSync(join(target, `${basename(path)}.map`), JSON.stringify({ ...map, sources }));
}
