import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Hono } from 'hono';
import { hostsOf } from '../../src/protocol/askedHost.ts';
import { contentSecurityPolicy } from '../../src/relay/node/headers.ts';
import { readPage } from '../../src/relay/node/pages.ts';
import { hasUntrustedForwarding, remoteAddressOf } from '../../src/relay/node/remoteAddress.ts';
import { relayRoutes } from '../../src/relay/node/routes.ts';
import { judgeUpgrade, refusalBytes, refusals } from '../../src/relay/node/upgrade.ts';
import { FakeClock } from '../fakes/fakeClock.ts';

const origin = 'https://relay.example';
const script = `console.log(${JSON.stringify('x'.repeat(5_000))})`;

describe('the relay over HTTP', () => {
  let folder: string;
  let app: Hono;
  let draining = false;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'c2l-page-'));
    writeFileSync(join(folder, 'index.html'), '<!doctype html><title>page</title>');
    writeFileSync(join(folder, 'page-AB12.js'), script);
    writeFileSync(join(folder, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
    writeFileSync(join(folder, 'page-AB12.js.map'), 'not in the table');
    writeFileSync(
      join(folder, 'assets.json'),
      JSON.stringify({
        files: [
          { path: 'index.html', immutable: false },
          { path: 'page-AB12.js', immutable: true },
          { path: 'icon.svg', immutable: false },
        ],
      }),
    );
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    draining = false;
    app = relayRoutes({ origins: [origin], page: readPage(folder), isDraining: () => draining, clock: new FakeClock() });
  });
  const get = async (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    app.request(`${origin}${path}`, { headers: { host: 'relay.example', ...headers } });

  it('has exactly these routes', () => {
    const routes = app.routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`);
    assert.deepEqual(routes.toSorted(), [
      'GET /',
      'GET /healthz',
      'GET /icon.svg',
      'GET /index.html',
      'GET /join',
      'GET /page-AB12.js',
      'GET /readyz',
      'GET /streamz',
      'GET /v1/device',
      'GET /v1/dial',
    ]);
  });

  it('answers each route, and whatever else as not found by name', async () => {
    const statuses: Record<string, number> = {};
    const paths = ['/', '/join', '/healthz', '/readyz', '/page-AB12.js', '/streamz', '/v1/device', '/v1/dial'];
    const others = [
      '/page-AB12.js.map',
      '/assets.json',
      '/relay/',
      '/v1',
      '/v1/device/',
      '/metrics',
      '/status',
      '/debug',
      '/api/chat',
      '/%2e%2e/package.json',
      '/..%2fpackage.json',
      '//etc/passwd',
      '/.env',
    ];
    for (const path of [...paths, ...others]) statuses[path] = (await get(path)).status;
    assert.deepEqual(
      paths.map((path) => statuses[path]),
      [200, 200, 200, 200, 200, 200, 426, 426],
    );
    for (const path of others) assert.equal(statuses[path], 404, path);
    const answer = (await (await get('/relay/')).json()) as { error: string; message: string };
    assert.equal(answer.error, 'relayNotFound');
    assert.match(answer.message, /path prefix is not supported/);
    assert.equal((await app.request(`${origin}/`, { method: 'POST', headers: { host: 'relay.example' } })).status, 404);
  });

  it('streams its probe piece by piece with the gateway’s headers, to so many at once, and forgets who leaves', async () => {
    const clock = new FakeClock();
    const routes = relayRoutes({ origins: [origin], page: undefined, isDraining: () => false, clock });
    const probe = async (): Promise<Response> => routes.request(`${origin}/streamz`, { headers: { host: 'relay.example' } });
    const first = await probe();
    assert.deepEqual(
      ['content-type', 'cache-control', 'x-accel-buffering'].map((name) => first.headers.get(name)),
      ['text/event-stream', 'no-cache, no-transform', 'no'],
    );
    const reader = first.body?.pipeThrough(new TextDecoderStream()).getReader();
    assert.match((await reader?.read())?.value ?? '', /^data: \{"relay":"[\d.]+","links":"c2l\.v1"\}\n\n$/);
    for (const event of [1, 2, 3]) {
      assert.equal(clock.pendingTimers, 1);
      await clock.advance(250);
      assert.equal((await reader?.read())?.value, `data: {"event":${String(event)}}\n\n`);
    }
    assert.deepEqual([(await reader?.read())?.done, clock.pendingTimers], [true, 0]);

    const many = await Promise.all(Array.from({ length: 32 }, probe));
    const refused = await probe();
    assert.deepEqual(
      [refused.status, refused.headers.get('retry-after'), ((await refused.json()) as { error: string }).error],
      [503, '2', 'relayBusy'],
    );
    await many[0]?.body?.cancel();
    assert.equal((await probe()).status, 200);
    await clock.advance(2_000);
    assert.equal(clock.pendingTimers, 0);
  });

  it('sends strict headers with every answer', async () => {
    for (const path of ['/', '/page-AB12.js', '/healthz', '/nothing', '/v1/dial']) {
      const { headers } = await get(path);
      assert.equal(headers.get('content-security-policy'), contentSecurityPolicy([origin]), path);
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.equal(headers.get('referrer-policy'), 'no-referrer');
      assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin');
      assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin');
      assert.match(headers.get('permissions-policy') ?? '', /^camera=\(self\), clipboard-write=\(self\), .*\bmicrophone=\(\)/);
      assert.equal(headers.get('strict-transport-security'), 'max-age=31536000');
      assert.equal(headers.get('access-control-allow-origin'), null);
      assert.equal(headers.get('set-cookie'), null);
    }
  });

  it('pins the content security policy', () => {
    assert.equal(
      contentSecurityPolicy(['https://relay.example', 'http://127.0.0.1:8787', 'http://[::1]:8787']),
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; " +
        "connect-src 'self' wss://relay.example ws://127.0.0.1:8787; manifest-src 'self'; worker-src 'self'; base-uri 'none'; " +
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lit-html c2l",
    );
  });

  it('asks for https for ever only where there is https', async () => {
    const plain = relayRoutes({ origins: ['http://127.0.0.1:8787'], page: undefined, isDraining: () => false, clock: new FakeClock() });
    const { headers } = await plain.request('http://127.0.0.1:8787/', { headers: { host: '127.0.0.1:8787' } });
    assert.equal(headers.get('strict-transport-security'), null);
  });

  it('lets hashed files be kept for ever, pictures for a day and the page never', async () => {
    assert.equal((await get('/icon.svg')).headers.get('cache-control'), 'public, max-age=86400');
    assert.equal((await get('/')).headers.get('cache-control'), 'no-store');
    assert.equal((await get('/page-AB12.js')).headers.get('cache-control'), 'public, max-age=31536000, immutable');
    assert.equal((await get('/')).headers.get('content-type'), 'text/html; charset=utf-8');
    assert.equal((await get('/page-AB12.js')).headers.get('content-type'), 'text/javascript; charset=utf-8');
  });

  it('compresses what is worth it, for who asks', async () => {
    assert.equal(await (await get('/page-AB12.js')).text(), script);
    const small = await get('/page-AB12.js', { 'accept-encoding': 'br, gzip' });
    assert.equal(small.headers.get('content-encoding'), 'gzip');
    assert.equal(small.headers.get('vary'), 'Accept-Encoding');
    assert.equal(gunzipSync(await small.arrayBuffer()).toString(), script);
    assert.equal((await get('/', { 'accept-encoding': 'gzip' })).headers.get('content-encoding'), null);
  });

  it('serves its page under its own names alone, and probes under any', async () => {
    for (const host of ['evil.example', 'relay.example.evil.example', 'relay.example:81', '']) {
      assert.equal((await get('/', { host })).status, 421, host);
      assert.equal((await get('/healthz', { host })).status, 200, host);
    }
    assert.equal((await get('/', { host: 'RELAY.example' })).status, 200);
  });

  it('is alive but not ready while it drains', async () => {
    draining = true;
    assert.deepEqual([(await get('/healthz')).status, (await get('/readyz')).status], [200, 503]);
  });

  it('serves links alone when the page was not built', async () => {
    assert.equal(readPage(join(folder, 'nothing')), undefined);
    const bare = relayRoutes({ origins: [origin], page: undefined, isDraining: () => false, clock: new FakeClock() });
    const statusOf = async (path: string): Promise<number> =>
      (await bare.request(`${origin}${path}`, { headers: { host: 'relay.example' } })).status;
    assert.deepEqual([await statusOf('/'), await statusOf('/join'), await statusOf('/healthz')], [404, 404, 200]);
  });

  it('refuses a table of files that leads out of its folder', () => {
    const bad = mkdtempSync(join(tmpdir(), 'c2l-page-'));
    try {
      for (const path of ['../secret', 'a/../../secret', '/etc/passwd', '.env', '..']) {
        writeFileSync(join(bad, 'assets.json'), JSON.stringify({ files: [{ path, immutable: true }] }));
        assert.throws(() => readPage(bad), { name: 'ValiError' }, path);
      }
      writeFileSync(join(bad, 'assets.json'), '{"files":[]}');
      assert.throws(() => readPage(bad), /index\.html/);
    } finally {
      rmSync(bad, { recursive: true });
    }
  });
});

describe('upgrades', () => {
  const origins = [origin, 'http://127.0.0.1:8787'];
  const names = { origins, hosts: hostsOf(origins) };
  const judge = (url: string, own?: string, subprotocols = ['c2l.v1'], draining = false): string | number => {
    const verdict = judgeUpgrade({ url, host: 'relay.example', origin: own, version: '13', subprotocols }, names, draining);
    return verdict.kind === 'accept' ? verdict.role : verdict.refusal.status;
  };

  it('take the role from the path, and there are two paths', () => {
    assert.equal(judge('/v1/device'), 'device');
    assert.equal(judge('/v1/dial'), 'client');
    assert.equal(judge('/v1/dial?x=1'), 'client');
    for (const path of [
      '/',
      '/ws',
      '/v1',
      '/v1/',
      '/v1/device/',
      '/v1/dial/x',
      '/V1/dial',
      '/v2/dial',
      '//v1/dial',
      '/v1%2fdial',
      '/healthz',
      '/join',
      '',
      '*',
    ])
      assert.equal(judge(path), 404, path);
  });

  it('come from the relay’s own page or from no page', () => {
    for (const path of ['/v1/device', '/v1/dial']) {
      for (const own of [undefined, origin, 'http://127.0.0.1:8787']) assert.notEqual(judge(path, own), 403, own);
      for (const foreign of [
        'https://evil.example',
        'null',
        '',
        'https://relay.example.evil.example',
        'http://relay.example',
        'https://relay.example:444',
        'https://RELAY.example',
      ])
        assert.equal(judge(path, foreign), 403, foreign);
    }
  });

  it('need a version that is known, and are told which is', () => {
    assert.equal(judge('/v1/dial', undefined, []), 426);
    assert.equal(judge('/v1/dial', undefined, ['c2l.v2']), 426);
    assert.equal(judge('/v1/dial', undefined, ['c2l.v2', 'c2l.v1']), 'client');
    const bytes = refusalBytes(refusals.version);
    assert.match(bytes, /^HTTP\/1\.1 426 /);
    assert.match(bytes, /\r\nSec-WebSocket-Protocol: c2l\.v1\r\n/);
    assert.match(bytes, /\r\n\r\n\{"error":"relayVersion","message":"This relay speaks c2l\.v1\./);
  });

  it('are refused while the relay drains', () => {
    assert.equal(judge('/v1/dial', undefined, ['c2l.v1'], true), 503);
  });
});

describe('the address that counts', () => {
  it('is the peer’s own without trusted proxies, whatever the headers say', () => {
    assert.equal(remoteAddressOf('203.0.113.9', { 'x-forwarded-for': '10.0.0.1' }, 0), '203.0.113.9');
  });

  it('is counted from the right, so that nobody can write it himself', () => {
    const headers = { 'x-forwarded-for': 'forged, 198.51.100.1, 198.51.100.2' };
    assert.equal(remoteAddressOf('10.0.0.1', headers, 1), '198.51.100.2');
    assert.equal(remoteAddressOf('10.0.0.1', headers, 2), '198.51.100.1');
    assert.equal(remoteAddressOf('10.0.0.1', {}, 2), '10.0.0.1');
    assert.equal(remoteAddressOf(undefined, {}, 0), 'unknown');
  });

  it('notices a proxy that is not trusted', () => {
    assert.equal(hasUntrustedForwarding({ 'x-forwarded-for': 'x' }, 0), true);
    assert.equal(hasUntrustedForwarding({ forwarded: 'for=x' }, 0), true);
    assert.equal(hasUntrustedForwarding({ 'x-forwarded-for': 'x' }, 1), false);
    assert.equal(hasUntrustedForwarding({}, 0), false);
  });
});
