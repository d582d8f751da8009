import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { findProgram, freePort, Program, untilListening } from '../bench/lib/program.ts';
import { collect, officialClients, type Clients } from './clients/officialClients.ts';
import { startImpatientProxy } from './support/impatientProxy.ts';
import { Stack, until } from './support/stack.ts';

/** Longer than nginx waits for a byte, unless it is told otherwise: 60 s (`proxy_read_timeout`). */
const LOAD_MS = 75_000;
const READ_TIMEOUT_MS = 60_000;
const model = 'stand-in:latest';
const messages = [{ role: 'user', content: 'hello' }];
const answer = 'I am awake.';

/** Each way in which an answer may come. */
const asks: Readonly<Record<string, (clients: Clients) => Promise<unknown>>> = {
  'lines of Ollama': async ({ ollama }) => collect(await ollama.chat({ model, messages, stream: true })),
  'one value of Ollama': ({ ollama }) => ollama.chat({ model, messages }),
  'events of OpenAI': async ({ openai }) => collect(await openai.chat.completions.create({ model, messages, stream: true })),
  'one value of OpenAI': ({ openai }) => openai.chat.completions.create({ model, messages }),
  'events of Anthropic': ({ anthropic }) => anthropic.messages.stream({ model, max_tokens: 99, messages }).finalMessage(),
};

/** Nothing is set but addresses. */
function configuration(folder: string, servers: readonly (readonly [port: number, upstream: string])[]): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ');
  const user = process.getuid?.() === 0 ? `user ${userInfo().username};` : '';
  const listed = servers.map(([port, url]) => `server { listen 127.0.0.1:${String(port)}; location / { proxy_pass ${url}; } }`);
  return `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr error; ${user}
events {}
http { access_log off; ${temporary} ${listed.join('\n')} }
`;
}

type End = () => void | Promise<void>;

/** Before each of these a port with the real nginx, or where none is installed with a double that waits as long. */
async function proxiesTo(upstreams: readonly string[], ends: End[]): Promise<number[]> {
  const binary = findProgram('nginx');
  if (binary === undefined) {
    const proxies = await Promise.all(upstreams.map((url) => startImpatientProxy(url, READ_TIMEOUT_MS)));
    ends.push(...proxies.map((proxy) => () => proxy.stop()));
    return proxies.map(({ port }) => port);
  }
  const folder = mkdtempSync(join(tmpdir(), 'c2l-nginx-'));
  ends.push(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const servers: [number, string][] = [];
  for (const url of upstreams) servers.push([await freePort(), url]);
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration(folder, servers));
  const program = new Program(binary, ['-e', 'stderr', '-p', folder, '-c', file]);
  ends.push(() => program.stop());
  const ports = servers.map(([port]) => port);
  for (const port of ports) await untilListening(port, program);
  return ports;
}

describe('a model that loads for 75 s behind a proxy with the time limits of nginx', function () {
  this.timeout(LOAD_MS + 45_000);
  const ends: End[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  it('answers every official client, streamed or whole, where the proxy gives up on Ollama itself', async () => {
    const stack = await Stack.start({ relayArgs: ['--gateway'], ollama: { loadMs: LOAD_MS, numParallel: 16, script: [answer] } });
    ends.push(() => stack.stop());
    stack.agent.say('k test');
    const key = String((await stack.agent.first('key'))['key']);
    const [toRelay = 0, toOllama = 0] = await proxiesTo([stack.relayUrl, stack.ollama.url], ends);
    const began = performance.now();
    const { ollama } = stack;
    const running = Promise.all(
      Object.entries(asks).map(async ([what, ask]) => {
        const clients = await officialClients({ url: `http://127.0.0.1:${String(toRelay)}`, key });
        const said = JSON.stringify(await ask(clients).catch(String));
        return [what, clients.wire[0]?.status, said.includes(answer) ? answer : said];
      }),
    );
    // the load is theirs: whoever goes while his model loads ends the load
    await until('the requests', () => ollama.asked.length === Object.keys(asks).length);
    const directly = await officialClients({ url: `http://127.0.0.1:${String(toOllama)}`, key: 'none' });
    await assert.rejects(directly.ollama.chat({ model, messages, stream: true }));
    assert.equal(directly.wire[0]?.status, 504);
    assert.deepEqual(
      await running,
      Object.keys(asks).map((what) => [what, 200, answer]),
    );
    assert.ok(performance.now() - began >= LOAD_MS);
  });
});
