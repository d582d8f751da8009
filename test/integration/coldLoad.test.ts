import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program, untilListening } from '../bench/lib/program.ts';
import { officialClients } from './clients/officialClients.ts';
import { answersAfterLoad, coldLoadAnswer, coldLoadAsks, coldLoadMessages, coldLoadModel } from './deploy/coldLoad.ts';
import { nginxMain, proxyNames, proxyPrograms } from './deploy/deployedProxy.ts';
import { startDeployedStack } from './deploy/deployedStack.ts';
import { freePort, pairedClient, until } from './support/stack.ts';

/** Longer than nginx waits for a byte, unless it is told otherwise: 60 s (`proxy_read_timeout`). */
const LOAD_MS = 75_000;

type End = () => void | Promise<void>;

/** The same nginx, before Ollama itself. */
async function nginxBefore(upstream: string, ends: End[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'c2l-nginx-'));
  ends.push(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, nginxMain(folder, `server { listen 127.0.0.1:${String(port)}; location / { proxy_pass ${upstream}; } }`));
  const program = new Program(proxyPrograms.nginx ?? '', ['-e', 'stderr', '-p', folder, '-c', file]);
  ends.push(() => program.stop());
  await untilListening(port, program);
  return port;
}

// `are here, where the set-up can fetch them` in deploy/proxies.test.ts fails where one is missing and should not be
if (proxyNames.length === 2) {
  describe('75 s without a word, behind the nginx and the Caddy of deploy/ with their own time limits', function () {
    this.timeout(LOAD_MS + 60_000);
    const ends: End[] = [];
    afterEach(async () => {
      for (const end of ends.splice(0).reverse()) await end();
    });

    it('cost no official client its answer and no idle device or client its link, where nginx gives up on Ollama itself', async () => {
      const deployed = await startDeployedStack(['nginx', 'caddy'], {
        ollama: { loadMs: LOAD_MS, numParallel: 16, script: [coldLoadAnswer] },
        relayLogLevel: 'debug',
      });
      ends.push(() => deployed.stop());
      const { stack, proxies } = deployed;
      const { ollama } = stack;
      stack.agent.say('k test');
      const key = String((await stack.agent.first('key'))['key']);

      const idle = [];
      for (const { url } of proxies) idle.push(await idleClient(url));
      const running = proxies.map(({ url }) => answersAfterLoad(url, key));
      // the load is theirs: whoever goes while his model loads ends the load
      await until('the requests', () => ollama.asked.length === proxies.length * coldLoadAsks.length, 30_000);
      const began = performance.now();
      const direct = await officialClients({ url: `http://127.0.0.1:${String(await nginxBefore(ollama.url, ends))}`, key: 'none' });
      await assert.rejects(direct.ollama.chat({ model: coldLoadModel, messages: coldLoadMessages, stream: true }));
      assert.equal(direct.wire[0]?.status, 504);

      const expected = coldLoadAsks.map((what) => [what, 200, coldLoadAnswer]);
      for (const answers of await Promise.all(running)) assert.deepEqual(answers, expected);
      await until('75 s', () => performance.now() - began >= LOAD_MS, LOAD_MS);
      for (const { tunnel, changes } of idle) {
        assert.equal(tunnel.supervisor.state.kind, 'connected');
        assert.deepEqual(changes, []);
      }
      const words = stack.agent.events.filter(({ event }) => event === 'state').map((event) => String(event['state']));
      assert.ok(!words.includes('reconnecting'), words.join(' '));

      /** Somebody who has paired, and then says nothing. */
      async function idleClient(url: string): Promise<{ tunnel: (typeof client)['tunnel']; changes: string[] }> {
        const offers = stack.agent.events.length;
        const client = await pairedClient(stack.link, url, stack.secrets);
        await stack.agent.first('offer', offers);
        ends.push(() => {
          client.dispose();
        });
        const changes: string[] = [];
        client.tunnel.supervisor.onDidChange(({ kind }) => changes.push(kind));
        return { tunnel: client.tunnel, changes };
      }
    });
  });
}
