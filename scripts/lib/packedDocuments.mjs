import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { packageFiles } from './packageFiles.mjs';
import { root } from './paths.mjs';

/** The one picture of the README that the package has room for. */
const PACKED_PICTURE = 'docs/pictures/answer.png';
const link = /(!?)\[([^\]]*)\]\(<?([^)>\s]+)>?(?:\s+"[^"]*")?\)/g;

/**
 * A document as it is packed. The README and the changelog are shown on the extension's page, where relative links lead nowhere and pictures come
 * from https or lie in the text: VS Code's `extensionEditor.ts`. So a picture that may come along is written into it, any other is left out with
 * its line, and a relative link becomes its words. Of any other document only links that lead out of the package do.
 * @param {string} markdown
 * @param {string} file its path in the package
 * @param {readonly string[]} packed every file of the package
 * @param {(path: string) => Uint8Array | undefined} pictureOf the bytes of a picture that may come along
 */
export function packedDocument(markdown, file, packed, pictureOf) {
  const isOnPage = /^(README|CHANGELOG)\.md$/.test(file);
  const pathOf = (target) => posix.normalize(posix.join(posix.dirname(file), target.split('#')[0] ?? ''));
  const isDead = (target) => !/^[a-z][a-z0-9+.-]*:|^#/i.test(target) && (isOnPage || !packed.includes(pathOf(target)));
  return markdown
    .replaceAll(/^!\[([^\]]*)\]\(([^)\s]+)\)\n\n?/gm, (line, words, target) => {
      if (!isDead(target)) return line;
      const picture = pictureOf(pathOf(target));
      return picture ? `![${words}](data:image/png;base64,${Buffer.from(picture).toString('base64')})\n\n` : '';
    })
    .replaceAll(link, (whole, isPicture, words, target) => (isDead(target) && isPicture === '' ? words : whole));
}

/**
 * Lays out what vsce packs, in a folder of its own, with documents as they are packed. `dist/` must be built.
 * @param {string} folder is emptied first
 */
export function stagePackage(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // vsce judges each file in the folders by .vscodeignore
  const single = packageFiles.filter((file) => !/^(dist|media|l10n)\//.test(file));
  for (const file of ['.vscodeignore', 'dist', 'media', 'l10n', ...single]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(root, file), join(folder, file), { recursive: true });
  }
  const pictureOf = (path) => (path === PACKED_PICTURE ? readFileSync(join(root, path)) : undefined);
  for (const file of single.filter((name) => name.endsWith('.md'))) {
    const path = join(folder, file);
    writeFileSync(path, packedDocument(readFileSync(path, 'utf8'), file, packageFiles, pictureOf));
  }
}
