import { build, type BuildOptions } from 'esbuild';
import { browserBundle } from '../../scripts/lib/browserBundle.mjs';
import { pageEntries, pageNames, writePage } from '../../scripts/lib/pageFiles.mjs';
import { root } from './paths.ts';

/** Builds the page as it is shipped, into `folder` below the repository; another `mark` makes another build of the same page. */
export async function buildPage(folder: string, mark: string): Promise<void> {
  const options: BuildOptions = {
    ...(browserBundle as BuildOptions),
    absWorkingDir: root,
    minify: true,
    legalComments: 'none',
    banner: { js: `/* ${mark} */` },
  };
  const { metafile } = await build({ ...options, ...pageNames, entryPoints: pageEntries, metafile: true, outdir: folder });
  await writePage(metafile, folder, options);
}
