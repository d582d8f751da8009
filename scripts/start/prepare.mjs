import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Failure } from '../lib/failure.mjs';
import { ensurePackages } from '../lib/packages.mjs';
import { root, runDir } from '../lib/paths.mjs';
import { run } from '../lib/run.mjs';

/** Checks what cannot be mended, and makes the folder for this run. @throws Failure */
export function preflight({ fresh }) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    throw new Failure(
      `Node ${process.versions.node} is too old.`,
      'Install Node 20.19 or newer from https://nodejs.org and run the command again.',
    );
  try {
    accessSync(root, constants.W_OK);
    if (fresh) for (const folder of ['state', 'build.txt']) rmSync(join(runDir, folder), { recursive: true, force: true });
    mkdirSync(runDir, { recursive: true });
  } catch {
    throw new Failure(`The folder ${root} cannot be written to.`, 'Clone the project to a folder of yours.');
  }
}

/** Installs packages and builds, each only when something has changed. */
export async function installAndBuild(say) {
  if (!existsSync(join(root, 'node_modules'))) say('Installing packages (once, about a minute)');
  await ensurePackages(root);
  const stamp = join(runDir, 'build.txt');
  const wanted = fingerprint();
  if (existsSync(stamp) && existsSync(join(root, 'dist/cli.mjs')) && readFileSync(stamp, 'utf8') === wanted) return;
  say('Building');
  const { code, output } = await run(process.execPath, ['esbuild.mjs']);
  if (code !== 0) throw new Failure(`The build failed.\n${output.trim()}`, 'Mend what it names, then run the command again.');
  writeFileSync(stamp, wanted);
}

/** Names, sizes and times of everything that the bundles are made of. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const folder of ['src', 'media'])
    for (const name of readdirSync(join(root, folder), { recursive: true }).sort()) {
      const { size, mtimeMs } = statSync(join(root, folder, name));
      hash.update(`${name} ${String(size)} ${String(mtimeMs)}\n`);
    }
  for (const file of ['esbuild.mjs', 'package-lock.json']) hash.update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

/** `wanted`, or the next port on which nobody listens. @throws Failure */
export async function freePort(wanted) {
  for (let port = wanted; port < wanted + 50; port++) if (await isFree(port)) return port;
  throw new Failure(`Ports ${String(wanted)} to ${String(wanted + 49)} are all in use.`, 'End what listens there.');
}

function isFree(port) {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => {
      resolve(true);
    });
  });
}
