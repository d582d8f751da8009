import assert from 'node:assert/strict';
import { METHODS } from 'node:http';
import { systemClock } from '../../src/base/clock.ts';
import { nullLogger } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { httpRoutes } from '../../src/policy/httpRoutes.ts';
import type { PageFile, PageFiles } from '../../src/relay/node/pages.ts';
import { startRelayServer, type RelayServer } from '../../src/relay/node/relayServer.ts';
import { readRelaySettings } from '../../src/relay/node/settings.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { rawExchange, type RawAnswer } from '../integration/support/rawHttp.ts';

const file = (contentType: string): PageFile => ({
  contentType,
  cacheControl: 'no-store',
  body: new TextEncoder().encode('x'),
  gzipped: undefined,
});
const html = file('text/html; charset=utf-8');
const page: PageFiles = new Map([
  ['/', html],
  ['/index.html', html],
  ['/page-AB12.js', file('text/javascript; charset=utf-8')],
]);

/** All that a relay serves to the public, by GET and HEAD; nothing else is answered with a success, by whatever method. */
const served = ['/', '/healthz', '/index.html', '/join', '/page-AB12.js', '/readyz', '/streamz'];
const adminServed = ['/metrics', '/status'];

/** Besides those: the APIs of the gateway, links, and what a stranger tries. */
const tried = [
  ...new Set([...served, ...adminServed, ...httpRoutes.map(({ path }) => path.replace('{model}', 'stand-in:latest'))]),
  ...[
    '/v1/device',
    '/v1/dial',
    '/v1',
    '/v1/',
    '/api',
    '/api/',
    '/v1/device/',
    '/v1/dial/x',
    '/V1/DIAL',
    '/Healthz',
    '/healthz/',
    '/readyz%00',
    '/streamz/x',
  ],
  ...[
    '/api/pull',
    '/api/push',
    '/api/create',
    '/api/copy',
    '/api/delete',
    '/api/blobs/sha256:0',
    '/api/signout',
    '/debug',
    '/debug/pprof',
    '/debug-dump',
  ],
  ...[
    '//',
    '//healthz',
    '/./healthz',
    '/../healthz',
    '/page/../healthz',
    '/%2e%2e/healthz',
    '/%68ealthz',
    '/healthz;x',
    '/healthz%2f',
    '/\\healthz',
    '/.env',
  ],
  ...[
    '/.git/config',
    '/assets.json',
    '/page-AB12.js.map',
    '/metrics/',
    '/admin',
    '/config',
    '/invite',
    '/favicon.ico',
    '/robots.txt',
    '/.well-known/acme',
    '*',
  ],
];
/** These on every path, and whatever else Node can read on what is served, links and APIs. */
const methods = ['GET', 'HEAD', 'POST', 'OPTIONS'];
const rareMethods = METHODS.filter((method) => !methods.includes(method));
const known = [...served, ...adminServed, '/v1/device', '/v1/dial', '/api/chat', '/v1/models', '/nothing'];
const everyLine = [
  ...methods.flatMap((method) => tried.map((path) => `${method} ${path}`)),
  ...rareMethods.flatMap((method) => known.map((path) => `${method} ${path}`)),
];

describe('the inventory of what a relay answers', function () {
  this.timeout(60_000);
  let relay: RelayServer;
  let port: number;
  let adminPort: number;
  const start = async (gateway: boolean): Promise<void> => {
    const flags = { port: '0', open: true, adminBind: '127.0.0.1:0', gateway };
    const common = { page, clock: systemClock, random: systemRandom, crypto: nodeCrypto, log: nullLogger };
    relay = await startRelayServer({ settings: readRelaySettings(flags, {}, systemRandom), ...common });
    port = Number(new URL(relay.url).port);
    adminPort = Number(new URL(relay.adminUrl ?? '').port);
  };
  afterEach(() => relay.close());

  /** Each line, some at a time; those that were answered with a success, and which others with what. */
  const walk = async (at: number, headers = ''): Promise<{ successes: string[]; others: Map<string, RawAnswer> }> => {
    const lines = [...everyLine];
    const successes: string[] = [];
    const others = new Map<string, RawAnswer>();
    const next = async (): Promise<void> => {
      for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
        const answer = await rawExchange(at, `${line} HTTP/1.1\r\nHost: 127.0.0.1:${String(at)}\r\n${headers}Connection: close\r\n\r\n`);
        if (answer.status >= 200 && answer.status < 400) successes.push(line);
        else others.set(line, answer);
      }
    };
    await Promise.all(Array.from({ length: 16 }, next));
    return { successes: successes.toSorted(), others };
  };
  const both = (paths: readonly string[]): string[] => paths.flatMap((path) => [`GET ${path}`, `HEAD ${path}`]).toSorted();
  const statuses = (others: ReadonlyMap<string, RawAnswer>): number[] =>
    [...new Set([...others.values()].map(({ status }) => status))].toSorted();

  it('is exactly the page, its probes and its stream, by GET and HEAD', async () => {
    await start(false);
    const { successes, others } = await walk(port);
    assert.deepEqual(successes, both(served));
    // 0: CONNECT, which opens a tunnel where a server has that, is hung up on; 400: no path; 404; 426: links want an upgrade
    assert.deepEqual(statuses(others), [0, 400, 404, 426]);
    for (const [line, { status, body, headers }] of others) {
      if (status === 0) assert.match(line, /^CONNECT /);
      if (status === 426) assert.match(line, /^(GET|HEAD) \/v1\/(device|dial)$/);
      if (body !== '') assert.equal(typeof (JSON.parse(body) as { error: string }).error, 'string', line);
      assert.ok(!headers.some(([name]) => name === 'access-control-allow-origin' || name === 'set-cookie'), line);
    }
  });

  it('has with the gateway no more without a key: each path of the APIs wants one', async () => {
    await start(true);
    const { successes, others } = await walk(port);
    assert.deepEqual(successes, both(served));
    assert.deepEqual(statuses(others), [0, 400, 401, 404, 405, 426]);
    for (const { method, path } of httpRoutes)
      if (path !== '/') assert.equal(others.get(`${method} ${path.replace('{model}', 'stand-in:latest')}`)?.status, 401, path);
  });

  it('has with the gateway and a key of no device that is here no more either', async () => {
    await start(true);
    const key = `c2l_${'A'.repeat(43)}_${'A'.repeat(43)}`;
    const { successes } = await walk(port, `Authorization: Bearer ${key}\r\n`);
    assert.deepEqual(successes, both(served));
  });

  it('is at the admin address metrics and status, by GET', async () => {
    await start(false);
    const { successes, others } = await walk(adminPort);
    assert.deepEqual(
      successes,
      adminServed.map((path) => `GET ${path}`),
    );
    assert.deepEqual(statuses(others), [0, 400, 404, 405]);
  });
});
