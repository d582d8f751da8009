// Checks that every relative link and picture in the repository's Markdown leads to a file, and every #fragment to a heading.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { main } from '../../scripts/lib/failure.mjs';
import { root } from '../../scripts/lib/paths.mjs';

const skipped = new Set(['node_modules', 'dist', 'out', 'coverage']);

function* markdownFiles(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name.startsWith('.') || skipped.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* markdownFiles(path);
    else if (entry.name.endsWith('.md')) yield path;
  }
}

/** Without code, where brackets are not links. */
function prose(markdown) {
  return markdown.replaceAll(/^(```|~~~).*?^\1/gms, '').replaceAll(/`[^`\n]*`/g, '');
}

/** The anchors that GitHub gives to headings. */
function anchors(markdown) {
  const headings = [...markdown.matchAll(/^#{1,6} +(.+)$/gm)].map(([, text = '']) => text);
  return headings.map((text) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function faultOf(target, file, markdown) {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return undefined;
  const [path = '', fragment] = decodeURI(target).split('#');
  const full = path === '' ? file : path.startsWith('/') ? join(root, path) : join(dirname(file), path);
  if (!existsSync(full)) return `no such file: ${target}`;
  if (relative(root, full).startsWith('..')) return `leads out of the repository: ${target}`;
  if (fragment === undefined || statSync(full).isDirectory() || !full.endsWith('.md')) return undefined;
  const text = full === file ? markdown : readFileSync(full, 'utf8');
  return anchors(text).includes(fragment) ? undefined : `no such heading: ${target}`;
}

await main(() => {
  let links = 0;
  let faults = 0;
  for (const file of markdownFiles(root)) {
    const markdown = readFileSync(file, 'utf8');
    const targets = [...prose(markdown).matchAll(/!?\[[^\]]*\]\(<?([^)>\s]+)>?(?:\s+"[^"]*")?\)/g)].map(([, target = '']) => target);
    for (const target of targets) {
      links += 1;
      const fault = faultOf(target, file, markdown);
      if (fault === undefined) continue;
      faults += 1;
      console.error(`${relative(root, file)}: ${fault}`);
    }
  }
  if (faults === 0) console.log(`${String(links)} links lead somewhere`);
  return faults === 0 ? 0 : 1;
});
