import { readdirSync, realpathSync, statSync } from 'node:fs';
import { posix, win32 } from 'node:path';
import { BackgroundFault, type TestedNode } from '../../../protocol/backgroundAgent.ts';
import { saidBy, type System } from './system.ts';

/** The first that has `node:sqlite` without a flag. */
export const LEAST_NODE = '22.13.0';
/** More are not tried. */
const MAX_CANDIDATES = 24;
/** Of those that do not do, so many are named. */
const MAX_NAMED = 4;

/** Runs what the agent needs of Node: its database with full-text search. Says where the program really is, for some are scripts that choose one. */
const PROBE =
  "const { DatabaseSync } = require('node:sqlite');" +
  "const database = new DatabaseSync(':memory:');" +
  "database.exec('CREATE VIRTUAL TABLE t USING fts5(x)');" +
  'database.close();' +
  'console.log(JSON.stringify({ path: process.execPath, version: process.versions.node, electron: process.versions.electron !== undefined }));';

export interface FindNodeOptions {
  /** Named by the person: no other is tried. */
  readonly named?: string | undefined;
  /** What runs this program, when that is a Node of its own. */
  readonly own?: { readonly path: string; readonly order: 'first' | 'last' } | undefined;
}

/** A Node that can run the agent, tested by running it. @throws BackgroundFault `noNode`, `nodeUnfit` */
export async function findNode(system: System, { named, own }: FindNodeOptions = {}): Promise<TestedNode> {
  if (named !== undefined) {
    const tested = await testNode(system, named);
    if (typeof tested !== 'string') return tested;
    throw new BackgroundFault('nodeUnfit', `${named}: ${tested}`);
  }
  const refused: string[] = [];
  const found = candidates(system);
  const all = own === undefined ? found : own.order === 'first' ? [own.path, ...found] : [...found, own.path];
  for (const path of [...new Set(all)].slice(0, MAX_CANDIDATES)) {
    const tested = await testNode(system, path);
    if (typeof tested !== 'string') return tested;
    refused.push(`${path}: ${tested}`);
  }
  throw new BackgroundFault('noNode', refused.slice(0, MAX_NAMED).join('; '));
}

/** Runs it. Resolves to why it will not do. */
export async function testNode(system: System, path: string): Promise<TestedNode | string> {
  const said = await system.run(path, ['--version']);
  if (said.kind !== 'ended' || said.code !== 0) return saidBy(said);
  const version = /^v(\d+\.\d+\.\d+)/.exec(said.stdout.trim())?.[1];
  if (version === undefined) return 'it does not say its version as Node does';
  if (!isAtLeast(version, LEAST_NODE)) return version;
  const probed = await system.run(path, ['-e', PROBE]);
  if (probed.kind !== 'ended' || probed.code !== 0) return `${version}, without node:sqlite (${saidBy(probed)})`;
  const real = parseProbe(probed.stdout);
  if (!real || real.electron) return 'it is not Node itself';
  return { path: samePlace(path, real.path) ? path : real.path, version: real.version };
}

function parseProbe(stdout: string): { readonly path: string; readonly version: string; readonly electron: boolean } | undefined {
  try {
    const { path, version, electron } = JSON.parse(stdout) as Record<string, unknown>;
    return typeof path === 'string' && typeof version === 'string' ? { path, version, electron: electron === true } : undefined;
  } catch {
    return undefined;
  }
}

/** A link outlives an update of what it leads to; a script that chooses a Node may choose another where the service runs. */
function samePlace(path: string, real: string): boolean {
  try {
    return realpathSync(path) === realpathSync(real);
  } catch {
    return false;
  }
}

function isAtLeast(version: string, least: string): boolean {
  const [one, other] = [version, least].map((text) => text.split('.').map(Number)) as [number[], number[]];
  const at = one.findIndex((part, index) => part !== other[index]);
  return at === -1 || (one[at] ?? 0) > (other[at] ?? 0);
}

/** Where a Node may be, best first; only files that are there. */
function candidates({ platform, home, environment }: System): readonly string[] {
  const isWindows = platform === 'win32';
  const paths = isWindows ? win32 : posix;
  const join = (...parts: readonly string[]): string => paths.join(...parts);
  const program = isWindows ? 'node.exe' : 'node';
  const path = environment['PATH'] ?? environment['Path'] ?? '';
  const onPath = path.split(paths.delimiter).filter((folder) => paths.isAbsolute(folder));
  const usual = isWindows
    ? [environment['ProgramFiles'], environment['LOCALAPPDATA'] && join(environment['LOCALAPPDATA'], 'Programs')].flatMap((folder) =>
        folder === undefined || folder === '' ? [] : [join(folder, 'nodejs')],
      )
    : ['/usr/local/bin', '/opt/homebrew/bin', '/usr/bin', '/snap/bin', join(home, '.volta', 'bin'), join(home, '.local', 'bin')];
  const managed = isWindows ? [] : versionsIn(join(home, '.nvm', 'versions', 'node')).map((version) => join(version, 'bin'));
  return [...onPath, ...usual, ...managed].map((folder) => join(folder, program)).filter(isFile);
}

/** Newest first. */
function versionsIn(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder).filter((name) => /^v\d+\.\d+\.\d+$/.test(name));
    return names
      .sort((a, b) => (isAtLeast(a.slice(1), b.slice(1)) ? -1 : 1))
      .slice(0, 4)
      .map((name) => posix.join(folder, name));
  } catch {
    return [];
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
