import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.mjs';

const licenceFile = /^(?:licen[cs]e|copying)(?:[-.][\w.-]*)?$/i;
const noticeFile = /^notice(?:\.[\w.]+)?$/i;

/**
 * Folders of the packages that went into bundles, in order of their names.
 * @param metafiles of esbuild
 * @returns {string[]} from the root of the repository
 */
export function bundledPackages(metafiles) {
  const folders = new Set();
  for (const { outputs } of metafiles) {
    for (const { inputs } of Object.values(outputs)) {
      for (const path of Object.keys(inputs)) {
        const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
        if (folder !== undefined) folders.add(folder);
      }
    }
  }
  return [...folders].sort();
}

/**
 * What their licences ask to go along with the packages: name, version and licence of each, then the text of each licence once.
 * @param {string} root
 * @param {readonly string[]} folders as of `bundledPackages`
 * @throws {Failure} for a package without the text of its licence
 */
export function noticesText(root, folders) {
  /** @type {Map<string, string[]>} */
  const textsOf = new Map();
  for (const folder of folders) {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const files = readdirSync(join(root, folder));
    const licences = files.filter((file) => licenceFile.test(file));
    if (licences.length === 0) throw new Failure(`${folder} has no text of its licence.`, 'Put it into scripts/lib/notices.mjs.');
    const texts = [...licences, ...files.filter((file) => noticeFile.test(file))].map((file) =>
      readFileSync(join(root, folder, file), 'utf8'),
    );
    const text = texts.map(plain).join('\n\n');
    textsOf.set(text, [...(textsOf.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  const parts = [...textsOf].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`);
  return `CloudToLocalLLM holds the work of others. These are the packages in it, each with the terms it is given under.\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

/** @param {string} text */
function plain(text) {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll(/[ \t]+$/gm, '')
    .trim();
}
