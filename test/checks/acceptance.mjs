// Checks docs/ACCEPTANCE.md, docs/SECURITY.md and docs/FEATURES.md: every line has a proof, and every proof names something that exists. `--allow-open` tolerates
// lines still open; in the list of features what is not built yet is open and said so.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { main } from '../../scripts/lib/failure.mjs';
import { root } from '../../scripts/lib/paths.mjs';

/**
 * Reads the document: `- ` at the margin is a line, indented `- ` below it a proof.
 * @returns {{ text: string, at: number, proofs: { text: string, at: number }[] }[]}
 */
export function readAcceptance(markdown) {
  const lines = [];
  let inSteps = false;
  markdown.split('\n').forEach((line, index) => {
    if (line.startsWith('## ')) inSteps = true;
    if (!inSteps) return;
    if (line.startsWith('- ')) lines.push({ text: line.slice(2), at: index + 1, proofs: [] });
    const proof = /^\s+- (.+)$/.exec(line)?.[1];
    if (proof !== undefined) lines.at(-1)?.proofs.push({ text: proof.trim(), at: index + 1 });
  });
  return lines;
}

/** What is wrong with one proof, or undefined. `open` is not wrong here; it is counted. */
export function faultOf(proof, repository) {
  if (proof === 'open') return undefined;
  const test = /^test: (\S+) › (.+)$/.exec(proof);
  if (test) {
    const [, file = '', title = ''] = test;
    if (!/\.test\.ts$/.test(file)) return `${file} is not a test file`;
    const source = repository.read(file);
    if (source === undefined) return `${file} does not exist`;
    return hasTitle(source, title) ? undefined : `no test in ${file} is called "${title}"`;
  }
  const report = /^report: (\S+)$/.exec(proof)?.[1];
  if (report !== undefined) return repository.read(report) === undefined ? `${report} does not exist` : undefined;
  const script = /^command: npm (?:run )?(\S+)$/.exec(proof)?.[1];
  if (script !== undefined) return repository.scripts.includes(script) ? undefined : `package.json has no script "${script}"`;
  return 'neither test, report, command nor open';
}

/** A title stands literally in a call of `it`, `describe` or a conformance suite, in any quotes; not in one that is skipped. */
function hasTitle(source, title) {
  const asWritten = [title, title.replaceAll("'", "\\'"), title.replaceAll('`', '\\`')];
  return asWritten.some((text) => {
    const call = new RegExp(
      `\\b(?:it|describe|context|\\w+Conformance)(?:\\.only)?\\(\\s*(['"\`])${text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\1`,
    );
    return call.test(source);
  });
}

/** All faults of a document and its number of open lines. */
export function checkAcceptance(markdown, repository) {
  const lines = readAcceptance(markdown);
  const faults = lines.length === 0 ? ['no lines at all'] : [];
  for (const line of lines) {
    if (line.proofs.length === 0) faults.push(`line ${String(line.at)} has no proof: ${line.text.slice(0, 80)}`);
    for (const proof of line.proofs) {
      const fault = faultOf(proof.text, repository);
      if (fault !== undefined) faults.push(`line ${String(proof.at)}: ${fault}`);
    }
  }
  const open = lines.filter((line) => line.proofs.some((proof) => proof.text === 'open')).length;
  return { count: lines.length, open, faults };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(() => {
    const repository = {
      scripts: Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts),
      read: (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined),
    };
    const check = (path) => {
      const { count, open, faults } = checkAcceptance(readFileSync(join(root, path), 'utf8'), repository);
      for (const fault of faults) console.error(`${path} ${fault}`);
      if (open > 0) console.log(`${path}: ${String(open)} of ${String(count)} lines are open`);
      else if (faults.length === 0) console.log(`${path}: ${String(count)} lines, each proved`);
      return { open, isSound: faults.length === 0 };
    };
    const features = check('docs/FEATURES.md');
    const finished = ['docs/ACCEPTANCE.md', 'docs/SECURITY.md'].map(check);
    const mayBeOpen = process.argv.includes('--allow-open');
    return features.isSound && finished.every(({ open, isSound }) => isSound && (open === 0 || mayBeOpen)) ? 0 : 1;
  });
}
