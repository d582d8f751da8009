import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { BrowserContext, Frame } from 'playwright-core';
import { systemClock } from '../../src/base/clock.ts';
import { nullLogger } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { readPage } from '../../src/relay/node/pages.ts';
import { startRelayServer, type RelayServer } from '../../src/relay/node/relayServer.ts';
import { readRelaySettings } from '../../src/relay/node/settings.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { TestBrowser } from '../harness/chromium.ts';
import { root } from '../harness/paths.ts';
import { until } from '../harness/processes.ts';
import { freePort } from '../integration/support/stack.ts';

const relayPort = await freePort();
const relayUrl = `http://127.0.0.1:${String(relayPort)}`;

/** What a page may try against a server; each says what came of it. `HOST` is the relay as this page would name it. */
const tries = {
  dial: `socket('ws://HOST/v1/dial')`,
  device: `socket('ws://HOST/v1/device')`,
  read: `ask('/')`,
  'read with cookies': `ask('/', { credentials: 'include' })`,
  'read unseen': `ask('/', { mode: 'no-cors' })`,
  health: `ask('/healthz')`,
  models: `ask('/v1/models', { headers: { authorization: 'Bearer x' } })`,
  chat: `ask('/api/chat', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json', authorization: 'Bearer x' } })`,
  'plain POST': `ask('/api/chat', { method: 'POST', body: '{}' })`,
  'unseen POST': `ask('/api/chat', { method: 'POST', body: '{}', mode: 'no-cors', credentials: 'include' })`,
  DELETE: `ask('/api/delete', { method: 'DELETE' })`,
  image: `element('img', '/icon.svg')`,
  script: `element('script', '/')`,
  events: `stream('/v1/models')`,
} as const;

const whoCan = [
  'dial',
  'device',
  'read',
  'read with cookies',
  'read unseen',
  'health',
  'models',
  'chat',
  'plain POST',
  'unseen POST',
  'DELETE',
];

/** The functions that the tries call. */
const prelude = `
  const socket = (url) => new Promise((resolve) => {
    const ws = new WebSocket(url, 'c2l.v1');
    ws.onopen = () => { resolve('open'); ws.close(); };
    ws.onerror = () => resolve('refused');
  });
  const ask = (path, init) => fetch('http://HOST' + path, init).then(
    (answer) => answer.type === 'opaque' ? 'unseen' : String(answer.status), () => 'refused');
  const element = (name, path) => new Promise((resolve) => {
    const made = document.createElement(name);
    made.onload = () => resolve('loaded');
    made.onerror = () => resolve('refused');
    made.src = 'http://HOST' + path;
    document.body.append(made);
  });
  const stream = (path) => new Promise((resolve) => {
    const events = new EventSource('http://HOST' + path, { withCredentials: true });
    events.onopen = () => { resolve('open'); events.close(); };
    events.onerror = () => { resolve('refused'); events.close(); };
  });
`;

const allRefused = Object.fromEntries(Object.keys(tries).map((name) => [name, 'refused']));
/** Nobody reads it, and it says 401: a request without a key that any page may cause, as any program may. */
const foreign = { ...allRefused, 'unseen POST': 'unseen' };

describe('what a page in a browser can do to the relay', () => {
  let browser: TestBrowser;
  let context: BrowserContext;
  let relay: RelayServer;
  let elsewhere: Server;
  let elsewherePort: number;
  const refusals: string[] = [];
  let tried = 0;
  before(async () => {
    // Names that somebody else has pointed at this machine.
    browser = await TestBrowser.launch(['--host-resolver-rules=MAP *.example 127.0.0.1']);
    elsewhere = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>elsewhere</title>');
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    elsewherePort = (elsewhere.address() as AddressInfo).port;
    const flags = { port: String(relayPort), publicUrl: [relayUrl], open: true, gateway: true };
    relay = await startRelayServer({
      settings: readRelaySettings(flags, {}, systemRandom),
      page: readPage(join(root, 'dist', 'page')),
      clock: systemClock,
      random: systemRandom,
      crypto: nodeCrypto,
      log: { ...nullLogger, debug: (_message, fields) => refusals.push(String(fields?.['code'])) },
    });
  });
  after(async () => {
    await browser.close();
    await relay.close();
    await new Promise((resolve) => elsewhere.close(resolve));
    assert.equal(tried, 64);
  });
  beforeEach(async () => {
    context = await browser.newContext();
    refusals.length = 0;
  });
  afterEach(async () => {
    assert.deepEqual(await context.cookies(), []);
    await context.close();
    const { devices, circuits } = relay.counts;
    assert.deepEqual([devices, circuits], [0, 0]);
    await until('the end of the links', () => relay.counts.clientLinks + relay.counts.deviceLinks === 0);
  });

  /** All tries of a page, against the relay under the name that the page would use. */
  const outcomes = async (frame: Frame, host: string, names = Object.keys(tries)): Promise<Record<string, unknown>> => {
    const found: Record<string, unknown> = {};
    for (const [name, code] of Object.entries(tries))
      if (names.includes(name))
        found[name] = await frame.evaluate(`(async () => {${`${prelude} return ${code};`.replaceAll('HOST', host)}})()`);
    tried += Object.keys(found).length;
    return found;
  };
  const own = `127.0.0.1:${String(relayPort)}`;

  for (const [who, host] of [
    ['of another site', 'evil.example'],
    ['of another port of the same host', '127.0.0.1'],
  ] as const)
    it(`lets a page ${who} do nothing and read nothing`, async () => {
      const page = await context.newPage();
      await page.goto(`http://${host}:${String(elsewherePort)}/`);
      assert.deepEqual(await outcomes(page.mainFrame(), own), foreign);
      assert.deepEqual(refusals, ['foreignOrigin', 'foreignOrigin']);
    });

  it('lets a sandboxed frame, whose origin is null, do nothing and read nothing', async () => {
    const page = await context.newPage();
    await page.goto(`http://evil.example:${String(elsewherePort)}/`);
    await page.setContent('<iframe sandbox="allow-scripts" srcdoc="<!doctype html><body></body>"></iframe>');
    await until('the frame', () => page.frames().length === 2);
    const [, frame] = page.frames();
    assert.ok(frame);
    assert.deepEqual(await outcomes(frame, own), foreign);
    assert.deepEqual(refusals, ['foreignOrigin', 'foreignOrigin']);
  });

  it('gives a page under a name that was pointed at the relay nothing of it (DNS rebinding)', async () => {
    const page = await context.newPage();
    const host = `rebound.example:${String(relayPort)}`;
    assert.equal((await page.goto(`http://${host}/`))?.status(), 421);
    const refused = Object.fromEntries(whoCan.map((name) => [name, '421']));
    assert.deepEqual(await outcomes(page.mainFrame(), host, whoCan), { ...refused, dial: 'refused', device: 'refused', health: '200' });
    assert.deepEqual(refusals, ['foreignHost', 'foreignHost']);
  });

  it('lets its own page do all of it, so that the refusals above are the relay’s', async () => {
    const page = await context.newPage();
    await page.goto(`${relayUrl}/`);
    const said = {
      read: '200',
      'read with cookies': '200',
      'read unseen': '200',
      health: '200',
      models: '401',
      chat: '401',
      'plain POST': '401',
    };
    assert.deepEqual(await outcomes(page.mainFrame(), own, whoCan), {
      dial: 'open',
      device: 'open',
      ...said,
      'unseen POST': '401',
      DELETE: '401',
    });
  });

  it('is shown in no other page’s frame', async () => {
    const page = await context.newPage();
    await page.goto(`http://evil.example:${String(elsewherePort)}/`);
    await page.setContent(`<iframe src="${relayUrl}/"></iframe>`);
    await until('the frame', () => page.frames()[1]?.url().startsWith('chrome-error:') === true);
  });
});
