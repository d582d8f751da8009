import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.mjs';

/** Where the version stands, and how; `npm run check` compares them. The lockfile has it twice. */
const places = [
  { file: 'package.json', pattern: /^( {2}"version": ")([^"]+)(")/m },
  { file: 'package-lock.json', pattern: /^( {2}"version": ")([^"]+)(")/m },
  { file: 'package-lock.json', pattern: /("packages": \{\s+"": \{\s+"name": "[^"]+",\s+"version": ")([^"]+)(")/ },
  { file: 'src/protocol/versions.ts', pattern: /(PRODUCT_VERSION = ')([^']+)(')/ },
  { file: 'CHANGELOG.md', pattern: /^(## )(\d\S*)()/m },
];

/** The version in each place. @returns {{ file: string, version: string | undefined }[]} */
export function readVersions(root) {
  return places.map(({ file, pattern }) => ({ file, version: pattern.exec(readFileSync(join(root, file), 'utf8'))?.[2] }));
}

/**
 * Writes a version into all of its places; the changelog's newest heading gets the date too.
 * @param date as in 2026-11-23; undefined: not released yet
 * @throws Failure for what is no version, and where one of the places is not as it should be
 */
export function writeVersion(root, version, date) {
  if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Failure(`${version} is not a version.`, 'It looks like 0.2.0.');
  const lost = readVersions(root).filter((place) => place.version === undefined);
  if (lost.length > 0)
    throw new Failure(`There is no version in ${lost.map(({ file }) => file).join(', ')}.`, 'See scripts/lib/releaseVersion.mjs.');
  for (const { file, pattern } of places) {
    const path = join(root, file);
    const text = readFileSync(path, 'utf8').replace(pattern, (_, before, __, after) => `${before}${version}${after}`);
    writeFileSync(path, file === 'CHANGELOG.md' ? text.replace(/^(## \S+) \(.*\)$/m, `$1 (${date ?? 'unreleased'})`) : text);
  }
}
