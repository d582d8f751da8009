import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { toolsDir } from './paths.mjs';
import { findProgram } from './programs.mjs';
import { run } from './run.mjs';

/** Servers of others that ours are tested with, as Debian packs them: the package has the name of its program. */
export const serverNames = ['nginx', 'caddy', 'nats-server'];

/** Debian's packages, unpacked and not installed, so that none of them starts by itself. */
const unpacked = join(toolsDir, 'servers');

/** The program of a server: one on the PATH, where a system keeps such, or unpacked in test/tools. @returns undefined when there is none */
export function findServer(name) {
  return findProgram([name], ['/usr/sbin', '/usr/local/sbin', join(unpacked, 'usr', 'sbin'), join(unpacked, 'usr', 'bin')]);
}

/**
 * Fetches the servers that are missing, where apt can.
 * @param {(line: string) => void} say told what is fetched, and what could not be: what is tested with that does not run
 */
export async function ensureServers(say) {
  const missing = serverNames.filter((name) => findServer(name) === undefined);
  if (missing.length > 0 && process.platform === 'linux') await fetchFromDebian(missing, say);
  const still = serverNames.filter((name) => findServer(name) === undefined);
  if (still.length > 0) say(`cannot fetch ${still.join(', ')}: what is tested with them does not run`);
}

async function fetchFromDebian(names, say) {
  if ((await run('apt-get', ['--version'])).code !== 0) return;
  say(`fetching ${names.join(', ')} from Debian`);
  mkdirSync(unpacked, { recursive: true });
  const download = () => run('apt-get', ['download', '-q', ...names], { cwd: unpacked, timeoutMs: 120_000 });
  // The lists may be absent or stale; renewing them needs root.
  if ((await download()).code !== 0) {
    await run('apt-get', ['update', '-q'], { timeoutMs: 120_000 });
    await download();
  }
  for (const file of readdirSync(unpacked).filter((entry) => entry.endsWith('.deb'))) {
    await run('dpkg-deb', ['-x', join(unpacked, file), unpacked]);
    rmSync(join(unpacked, file));
  }
  if (!existsSync(join(unpacked, 'usr'))) rmSync(unpacked, { recursive: true, force: true });
}
