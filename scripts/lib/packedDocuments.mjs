import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { packageFiles } from './packageFiles.mjs';
import { root } from './paths.mjs';

const link = /(!?)\[([^\]]*)\]\(<?([^)>\s]+)>?(?:\s+"[^"]*")?\)/g;

/**
 * A document as it is packed: pictures that cannot be shown are left out with their line, links that lead nowhere become their words. README and
 * changelog are shown on the extension's page, where a relative link is not followed, and a picture neither fetched from a file nor taken from the
 * text (VS Code, `extensionEditor.ts` and its Markdown sanitizer); other documents are files that can reach what is packed beside them.
 * @param {string} markdown
 * @param {string} file its path in the package
 * @param {readonly string[]} packed every file of the package
 */
export function packedDocument(markdown, file, packed) {
  const isOnPage = /^(README|CHANGELOG)\.md$/.test(file);
  const pathOf = (target) => posix.normalize(posix.join(posix.dirname(file), target.split('#')[0] ?? ''));
  const isDead = (target) => !/^[a-z][a-z0-9+.-]*:|^#/i.test(target) && (isOnPage || !packed.includes(pathOf(target)));
  return markdown
    .replaceAll(/^!\[[^\]]*\]\(([^)\s]+)\)\n\n?/gm, (line, target) => (isDead(target) ? '' : line))
    .replaceAll(link, (whole, _isPicture, words, target) => (isDead(target) ? words : whole));
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
  for (const file of single.filter((name) => name.endsWith('.md'))) {
    const path = join(folder, file);
    writeFileSync(path, packedDocument(readFileSync(path, 'utf8'), file, packageFiles));
  }
}
