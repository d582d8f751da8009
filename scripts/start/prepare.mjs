import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
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
    if (fresh) for (const folder of ['state', 'editor']) rmSync(join(runDir, folder), { recursive: true, force: true });
    mkdirSync(runDir, { recursive: true });
  } catch {
    throw new Failure(`The folder ${root} cannot be written to.`, 'Clone the project to a folder of yours.');
  }
}

/** Installs packages and builds, each only when something has changed. */
export async function installAndBuild(say) {
  if (!existsSync(join(root, 'node_modules'))) say('Installing packages (once, about a minute)');
  await ensurePackages(root);
  if (isBuilt()) return;
  say('Building');
  const { code, output } = await run(process.execPath, ['esbuild.mjs']);
  if (code !== 0) throw new Failure(`The build failed.\n${output.trim()}`, 'Mend what it names, then run the command again.');
}

/** Whether every bundle is newer than everything it is made of. */
function isBuilt() {
  const bundles = ['dist/cli.mjs', 'dist/extension.mjs', 'dist/webview/webview.js', 'dist/page/index.html'].map((file) => join(root, file));
  if (!bundles.every((file) => existsSync(file))) return false;
  const sources = ['src', 'media'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => join(root, folder, String(name))),
  );
  sources.push(join(root, 'esbuild.mjs'), join(root, 'package-lock.json'));
  return Math.max(...sources.map(changedAt)) < Math.min(...bundles.map(changedAt));
}

function changedAt(file) {
  return statSync(file).mtimeMs;
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
