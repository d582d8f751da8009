import assert from 'node:assert/strict';
import { systemClock } from '../../../src/base/clock.ts';
import { nullLogger } from '../../../src/base/log.ts';
import { ollamaCandidates, parseOllamaHost, type OllamaCandidate } from '../../../src/ollama/host.ts';
import { OllamaDiscovery } from '../../../src/ollama/node/discovery.ts';
import { OllamaClient } from '../../../src/ollama/node/ollamaClient.ts';
import { OllamaHttp } from '../../../src/ollama/node/ollamaHttp.ts';
import type { OllamaStatus } from '../../../src/protocol/status.ts';
import { FakeClock } from '../../fakes/fakeClock.ts';
import type { FakeOllamaKnobs } from '../../standin/knobs.ts';
import { startFakeOllama, type FakeOllama } from '../../standin/startFakeOllama.ts';
import { until } from '../../standin/until.ts';

describe('discovery', () => {
  let http: OllamaHttp;
  let server: FakeOllama;
  let other: FakeOllama;
  const never = new AbortController().signal;

  beforeEach(async () => {
    http = new OllamaHttp(systemClock);
    server = await startFakeOllama({ versionString: '1.0.0' });
    other = await startFakeOllama({ versionString: '2.0.0' });
  });

  afterEach(async () => {
    http.dispose();
    await until(() => server.openSockets + other.openSockets === 0);
    await server.close();
    await other.close();
  });

  const candidate = (url: string, onlyIfRefused = false): OllamaCandidate[] => {
    const address = parseOllamaHost(url);
    return address ? [{ address, onlyIfRefused }] : [];
  };
  const look = async (candidates: readonly OllamaCandidate[], hasBinary = true): Promise<OllamaStatus> => {
    const discovery = new OllamaDiscovery({ http, candidates: () => candidates, hasBinary: () => Promise.resolve(hasBinary) });
    return (await discovery.look(never)).status;
  };

  const cases: readonly (readonly [string, Partial<FakeOllamaKnobs>, Partial<OllamaStatus>])[] = [
    ['a healthy one', {}, { state: 'ok', version: '1.0.0' }],
    ['the stand-in by its version', { versionString: '0.33.0-standin' }, { state: 'ok', version: '0.33.0-standin', standIn: true }],
    ['one that blocks us', { forbid: 'host' }, { state: 'blocked' }],
    ['a web page', { notOllama: 'html' }, { state: 'foreign' }],
    ['other JSON', { notOllama: 'otherJson' }, { state: 'foreign' }],
    ['TLS', { notOllama: 'tls' }, { state: 'foreign' }],
    ['a redirect', { redirectTo: 'http://127.0.0.1:9/' }, { state: 'foreign' }],
    ['nobody', { refuse: true }, { state: 'notRunning' }],
  ];
  for (const [name, knobs, status] of cases) {
    it(`recognises ${name}`, async () => {
      await server.set(knobs);
      assert.deepEqual(await look(candidate(server.url)), { ...status, url: server.url });
    });
  }

  it('recognises an Ollama without models', async () => {
    server.setModels([]);
    assert.equal((await look(candidate(server.url))).state, 'noModels');
  });

  it('recognises that Ollama is not installed', async () => {
    await server.set({ refuse: true });
    assert.equal((await look(candidate(server.url), false)).state, 'notInstalled');
  });

  it('recognises https toward cleartext, and a host that is not there', async () => {
    assert.equal((await look(candidate(server.url.replace('http:', 'https:')))).state, 'wrongHost');
    assert.equal((await look(candidate('http://no-such-host.invalid:1'))).state, 'wrongHost');
  });

  it('takes the first that answers', async () => {
    const both = [...candidate(server.url), ...candidate(other.url)];
    assert.equal((await look(both)).version, '1.0.0');
    assert.equal(other.requests.length, 0);
    await server.set({ refuse: true });
    assert.equal((await look(both)).version, '2.0.0');
  });

  it('looks at the second only if the first refused', async () => {
    const both = [...candidate(server.url), ...candidate(other.url, true)];
    await server.set({ notOllama: 'html' });
    assert.deepEqual(await look(both), { state: 'foreign', url: server.url });
    assert.equal(other.requests.length, 0);
    await server.set({ refuse: true });
    assert.equal((await look(both)).version, '2.0.0');
  });

  it('says why the first failed when all do', async () => {
    await server.set({ forbid: 'host' });
    await other.set({ refuse: true });
    assert.deepEqual(await look([...candidate(server.url), ...candidate(other.url)]), { state: 'blocked', url: server.url });
  });

  it('calls a setting that is no address a wrong host', async () => {
    assert.deepEqual(await look(ollamaCandidates({ setting: 'ftp://x' })), { state: 'wrongHost' });
  });

  it('keeps a path prefix', async () => {
    assert.equal((await look(candidate(`${server.url}/behind`))).state, 'foreign');
    assert.equal(server.requests[0]?.path, '/behind/');
  });

  it('sends no Origin and its own Host', async () => {
    await look(candidate(server.url));
    assert.ok(server.requests.length >= 3);
    for (const { headers } of server.requests) {
      assert.equal(headers.origin, undefined);
      assert.equal(headers.host, `127.0.0.1:${String(server.port)}`);
    }
  });

  it('gives up a probe when aborted', async () => {
    await server.set({ acceptThenSilent: true });
    const abort = new AbortController();
    const discovery = new OllamaDiscovery({ http, candidates: () => candidate(server.url), hasBinary: () => Promise.resolve(true) });
    const looking = discovery.look(abort.signal);
    await until(() => server.openSockets === 1);
    abort.abort();
    assert.equal((await looking).status.state, 'foreign');
    assert.equal(await discovery.ping(candidate(server.url)[0]?.address ?? assert.fail(), abort.signal), undefined);
  });

  it('shows a stop and a start within 10 s, over real sockets', async () => {
    const clock = new FakeClock();
    const client = new OllamaClient({
      clock,
      log: nullLogger,
      settings: () => ({ url: server.url }),
      hasBinary: () => Promise.resolve(true),
    });
    const states: string[] = [];
    client.onDidChangeStatus((status) => states.push(status.state));
    const pass = async (ms: number, state: string): Promise<void> => {
      // each request runs in real time between two steps of the clock
      for (let passed = 0; passed < ms && client.status.state !== state; passed += 500) {
        await clock.advance(500);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await until(() => client.status.state === state);
    };
    await client.check();
    await server.set({ refuse: true });
    await pass(10_000, 'notRunning');
    await server.set({ refuse: false });
    await pass(10_000, 'ok');
    assert.deepEqual(states, ['ok', 'notRunning', 'ok']);
    client.dispose();
    await until(() => clock.pendingTimers === 0);
  });
});
