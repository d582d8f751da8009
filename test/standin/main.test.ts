import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

const entry = fileURLToPath(new URL('main.ts', import.meta.url));

describe('stand-in as a program', function () {
  this.timeout(20_000);
  let child: ChildProcess;
  let url: string;

  const run = async (...args: string[]): Promise<void> => {
    child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry, '--json', ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout?.on('data', (part: Buffer) => {
      output += part.toString();
    });
    await until(() => output.includes('\n'), 15_000);
    const event = JSON.parse(output) as { event: string; url: string; version: string };
    assert.equal(event.event, 'listening');
    assert.ok(event.version.endsWith('-standin'));
    url = event.url;
  };
  const control = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
    const response = await fetch(`${url}/_standin/${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
    assert.equal(response.status, 200, await response.clone().text());
    return (await response.json()) as Record<string, unknown>;
  };
  const get = async (path: string): Promise<string> => (await fetch(url + path, { headers: { Connection: 'close' } })).text();

  afterEach(async () => {
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    assert.equal(child.exitCode, 0);
  });

  it('names itself, is steered from another process, and leaves on SIGTERM', async () => {
    await run('--gate');
    assert.equal(await get('/api/version'), '{"version":"0.33.0-standin"}');
    const answer = fetch(`${url}/api/chat`, {
      method: 'POST',
      headers: { Connection: 'close' },
      body: JSON.stringify({ model: 'stand-in', messages: [{ role: 'user', content: 'nonce-7' }] }),
    }).then((response) => response.text());
    let held: Record<string, unknown> = {};
    while (held['heldBack'] !== 1) held = await control('GET', 'state');
    assert.equal(held['asked'], 1);
    await control('POST', 'release?count=3');
    await control('POST', 'set', { gate: 'open' });
    assert.ok((await answer).includes('nonce-7'));
    const requests = (await control('GET', 'requests')) as unknown as { path: string }[];
    assert.ok(requests.some((one) => one.path === '/api/chat') && !requests.some((one) => one.path.startsWith('/_standin')));
    assert.equal((await fetch(`${url}/_standin/nonsense`)).status, 400);
    await control('POST', 'restart?ms=1');
    let back = '';
    while (back === '') back = await get('/').catch(() => '');
    assert.equal(back, 'Ollama is running');
  });
});
