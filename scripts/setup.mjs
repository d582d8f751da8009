// npm run setup: everything that the tests need, installed where it is missing. Safe to repeat. `-- --packages` stops after the packages.
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { ensureChromium } from './lib/chromium.mjs';
import { Failure, main } from './lib/failure.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { root, toolsDir } from './lib/paths.mjs';
import { run } from './lib/run.mjs';
import { ensureServers } from './lib/servers.mjs';
import { testNode } from './node24.mjs';

/**
 * Installs packages, test tools, a browser, and the servers of others that ours are tested with.
 * @param {(line: string) => void} say told what is installed, because it takes a while
 * @returns {Promise<{ node: string, chromium: string }>}
 * @throws Failure with the command to run
 */
export async function setUp(say) {
  if (await ensurePackages(root)) say('installed the packages');
  const tools = join(toolsDir, 'install.mjs');
  const { code, output, seconds } = await run(process.execPath, [tools]);
  if (code !== 0) throw new Failure(output.trim(), `Run: node ${tools}`);
  if (seconds > 5) say(`installed the test tools in ${seconds.toFixed(0)} s`);
  await ensureServers(say);
  return { node: testNode(), chromium: await ensureChromium(say) };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(async () => {
    if (process.argv.includes('--packages')) {
      await ensurePackages(root);
      return;
    }
    const { node, chromium } = await setUp((line) => console.log(line));
    console.log(`tests run on ${node}\npages run in ${chromium}`);
  });
}
