import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { BackgroundFault } from '../../../protocol/backgroundAgent.ts';

/** Nothing of ours is larger; what is was not built by us. */
const MAX_FILES = 64;
const MAX_BYTES = 32 * 1024 * 1024;

/** The program as it lies in the package, read whole. */
export interface ProgramFiles {
  /** Names relative to the folder, with `/`, and contents. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly bytes: number;
  /** Says which build it is: another content has another name, so that no file of a running program is ever written over. */
  readonly folderName: string;
}

const CLI = 'cli.mjs';
const PARTS = 'cli';

/** @param version of this product @param cliFile the built `cli.mjs`; its parts lie in `cli/` beside it @throws BackgroundFault `programMissing` */
export function readProgram(cliFile: string, version: string): ProgramFiles {
  const folder = dirname(cliFile);
  try {
    const parts = readdirSync(join(folder, PARTS)).filter((name) => name.endsWith('.mjs'));
    const names = [CLI, ...parts.sort().map((name) => `${PARTS}/${name}`)];
    if (parts.length === 0 || names.length > MAX_FILES || basename(cliFile) !== CLI) throw new Error('not a build of this program');
    const files = new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
    const bytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
    if (bytes > MAX_BYTES) throw new Error('too large');
    return { files, bytes, folderName: `cli-${version}-${hashOf(files)}` };
  } catch (error) {
    throw new BackgroundFault('programMissing', cliFile, { cause: error });
  }
}

/** Writes the program into a folder of its own, whole or not at all. @returns its `cli.mjs` @throws what the file system throws */
export function writeProgram({ files, folderName }: ProgramFiles, into: string): string {
  const folder = join(into, folderName);
  if (isWhole(folder, files)) return join(folder, CLI);
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(join(fresh, PARTS), { recursive: true, mode: 0o700 });
  for (const [name, content] of files) writeFileSync(join(fresh, name), content, { mode: 0o600, flush: true });
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
  return join(folder, CLI);
}

export function isProgramThere(folder: string): boolean {
  return existsSync(join(folder, CLI));
}

function isWhole(folder: string, files: ReadonlyMap<string, Uint8Array>): boolean {
  try {
    return [...files].every(([name, content]) => readFileSync(join(folder, name)).equals(content));
  } catch {
    return false;
  }
}

function hashOf(files: ReadonlyMap<string, Uint8Array>): string {
  const hash = createHash('sha256');
  for (const [name, content] of files) hash.update(`${name}\n${String(content.length)}\n`).update(content);
  return hash.digest('hex').slice(0, 8);
}
