import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFiles } from './packageFiles.mjs';

/** A package of more bytes is not made: the page with its fonts is most of it. */
export const MAX_NPM_BYTES = 1_500_000;

/** Every file of the npm package, as of its folder; `*` stands for the hash of a content. */
export const npmFiles = [
  ...['package.json', 'README.md', 'LICENSE', 'NOTICES.txt'],
  ...packageFiles.filter((file) => /^dist\/(?:cli\.mjs|cli\/|page\/)/.test(file)).map((file) => file.slice('dist/'.length)),
];

/** The package's own manifest: what of the product's concerns a program without an editor. Version and licence have one source. */
export function npmManifest({ name, version, description, license, keywords, engines }) {
  return {
    name,
    version,
    description,
    license,
    keywords: keywords.filter((word) => word !== 'chat'),
    type: 'module',
    bin: { cloudtolocalllm: 'cli.mjs' },
    engines: { node: engines.node },
    files: ['cli.mjs', 'cli', 'page', 'NOTICES.txt'],
  };
}

/**
 * Puts the package together from a production build: what `npm pack` takes, and nothing else.
 * @param root of the repository, with a build in dist/
 * @returns the folder
 */
export function assembleNpmPackage(root) {
  const folder = join(root, '.run', 'npm');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const part of ['cli', 'page', 'cli.mjs', 'NOTICES.txt']) {
    cpSync(join(root, 'dist', part), join(folder, part), { recursive: true, filter: (path) => !path.endsWith('.map') });
  }
  chmodSync(join(folder, 'cli.mjs'), 0o755);
  cpSync(join(root, 'docs', 'NPM.md'), join(folder, 'README.md'));
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(npmManifest(own), null, 2)}\n`);
  return folder;
}

/** Files below `folder`, with / between. */
export function filesBelow(folder, prefix = '') {
  return readdirSync(join(folder, prefix), { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(folder, `${prefix}${entry.name}/`) : [`${prefix}${entry.name}`]))
    .toSorted();
}
