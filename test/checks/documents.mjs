// Checks that every relative link and picture in the repository's Markdown leads to a file, and every #fragment to a heading; and that each figure
// is the one of its report: a link to a report with a title, `[78 ms](docs/reports/windows.md "result")`, quotes a line there that has both.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
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

const link = /!?\[([^\]]*)\]\(<?([^)>\s]+)>?(?:\s+"([^"]*)")?\)/g;
/** Measured: what depends on the machine it was measured on. */
const measured = /\d[\d.,]*[ \u00a0](?:ms|s|[kKMG]i?B|tok\/s)(?![\w/])|\d[\d.,]*[ \u00a0]?%/g;

/**
 * What is wrong with the figures of a document.
 * @param {string} markdown
 * @param {(target: string) => string | undefined} read the text that a link leads to
 * @param {boolean} isStrict whether a measured figure may stand only in a link to its report
 */
export function figureFaults(markdown, read, isStrict) {
  const text = prose(markdown);
  const faults = [];
  for (const [, figure = '', target = '', key] of text.matchAll(link)) {
    if (!/(^|\/)reports\/[\w-]+\.md$/.test(target) || !/\d/.test(figure)) continue;
    if (key === undefined) faults.push(`${figure}: the link to its report has no title that names the line there`);
    else if (!quotes(read(target) ?? '', key, figure)) faults.push(`${figure}: no line of ${target} has both this and "${key}"`);
  }
  if (isStrict)
    for (const [figure] of text.replaceAll(link, '').matchAll(measured))
      faults.push(`${figure}: a figure that is not a link to its report`);
  return faults;
}

/** Does a line have both, the figure as a whole? 8 ms is not in 78 ms, nor 60000 in 600001. */
function quotes(report, key, figure) {
  const whole = new RegExp(`(?<![\\d.,])${figure.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\d]|[.,]\\d)`);
  return report.split('\n').some((line) => line.includes(key) && whole.test(line.replace(key, '')));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await main(() => {
    let links = 0;
    let faults = 0;
    for (const file of markdownFiles(root)) {
      const markdown = readFileSync(file, 'utf8');
      const read = (target) => {
        const path = join(dirname(file), target);
        return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
      };
      for (const fault of figureFaults(markdown, read, relative(root, file) === 'README.md')) {
        faults += 1;
        console.error(`${relative(root, file)}: ${fault}`);
      }
      const targets = [...prose(markdown).matchAll(link)].map(([, , target = '']) => target);
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
