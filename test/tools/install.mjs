// Installs what the tests run in, from npm alone: Node 24 and VS Code's server and web workbench (code-server); and the official clients
// of Ollama's, OpenAI's and Anthropic's APIs, which they run with.
// No script of any package runs and nothing is compiled: the server starts without its native modules. Safe to repeat.
// `--chromium` installs a Chromium instead, for Linux machines that have none and no apt.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { main } from '../../scripts/lib/failure.mjs';
import { ensurePackages, npm } from '../../scripts/lib/packages.mjs';

const here = import.meta.dirname;

async function installTools() {
  await ensurePackages(here);
  // Its own lockfiles do not fit its package.json (npm ci refuses them), so these two are installed.
  for (const inner of ['lib/vscode', 'lib/vscode/extensions']) {
    const folder = join(here, 'node_modules', 'code-server', inner);
    if (existsSync(join(folder, 'node_modules', '.package-lock.json'))) continue;
    await npm(folder, ['install', '--ignore-scripts', '--omit=dev', '--no-fund', '--no-audit']);
  }
}

await main(async () => {
  if (process.argv.includes('--chromium')) await ensurePackages(join(here, 'chromium'));
  else await installTools();
});
