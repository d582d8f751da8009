import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join, relative } from 'node:path';
import { root } from './paths.mjs';

/**
 * Writes docs/reports/NAME.md: what a long run found, with the command that repeats it. `body` is Markdown.
 * @returns the file, relative to the root
 */
export function writeReport(name, { title, command, result, body }) {
  const folder = join(root, 'docs', 'reports');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.md`);
  const head = [
    `# ${title}`,
    '',
    `- command: \`${command}\``,
    `- commit: ${commit()}`,
    `- date: ${new Date().toISOString().slice(0, 10)}`,
    `- machine: ${machine()}`,
    `- result: ${result}`,
  ];
  writeFileSync(file, `${head.join('\n')}\n\n${body.trim()}\n`);
  return relative(root, file);
}

function git(...args) {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
}

/** The commit that was run, and whether the tree differed from it where it matters. */
function commit() {
  const changed = git('status', '--porcelain', '--', 'src', 'test', 'scripts', 'package-lock.json') !== '';
  return `${git('rev-parse', '--short=10', 'HEAD')}${changed ? ', with changes not committed' : ''}`;
}

/** Class of machine, without its name. */
function machine() {
  const processors = cpus();
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  return `${String(processors.length)} × ${processors[0]?.model.trim() ?? 'unknown'}, ${String(gibibytes)} GiB, Node ${process.version}, ${process.platform} ${process.arch}`;
}
