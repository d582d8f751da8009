import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { systemClock } from '../../src/base/clock.ts';
import type { LogFields } from '../../src/base/log.ts';
import { nullLogger } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { UserError } from '../../src/base/userError.ts';
import { startRelayServer } from '../../src/relay/node/relayServer.ts';
import { readRelaySettings } from '../../src/relay/node/settings.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { RelayMetrics } from '../../src/relay/metrics/relayMetrics.ts';
import { adminRoutes, startAdminServer, type AdminServer } from '../../src/relay/node/admin/adminServer.ts';
import { EXPOSITION_TYPE } from '../../src/relay/metrics/exposition.ts';
import { Histogram } from '../../src/relay/metrics/instruments.ts';
import { rawExchange, type RawAnswer } from '../integration/support/rawHttp.ts';
import { parsePromText, valueOf } from './promText.ts';
import { hashOf, RelayWorld } from './relayWorld.ts';

const place = { host: '127.0.0.1', port: 0 };

describe('the admin address', () => {
  let world: RelayWorld;
  let server: AdminServer;
  let port: number;
  beforeEach(async () => {
    world = new RelayWorld();
    server = await startAdminServer({ place, core: world.core, metrics: world.metrics, clock: systemClock, log: nullLogger });
    port = Number(new URL(server.url).port);
  });
  afterEach(async () => {
    await server.close();
    await world.finish();
  });
  const ask = (line: string, host = `127.0.0.1:${String(port)}`): Promise<RawAnswer> =>
    rawExchange(port, `${line} HTTP/1.1\r\nHost: ${host}\r\nConnection: keep-alive\r\n\r\n`);

  it('has exactly these routes', () => {
    const eventLoop = { reading: new Histogram([1]).reading };
    const routes = adminRoutes({ core: world.core, metrics: new RelayMetrics(), eventLoop, uptimeSeconds: () => 0 });
    assert.deepEqual([...routes.keys()], ['/metrics', '/status']);
  });

  it('answers them to GET alone, and nothing else', async () => {
    const table: [line: string, status: number][] = [
      ['GET /metrics', 200],
      ['GET /status?x=1', 200],
      ...['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'].map((verb): [string, number] => [`${verb} /metrics`, 405]),
      ['POST /status', 405],
      ...[
        '/',
        '/metrics/',
        '/METRICS',
        '//metrics',
        '/status/../metrics',
        '/%6detrics',
        '/healthz',
        '/v1/device',
        '/debug',
        '/api/tags',
      ].map((path): [string, number] => [`GET ${path}`, 404]),
      ['GET http://127.0.0.1/metrics', 400],
    ];
    for (const [line, status] of table) {
      const answer = await ask(line);
      assert.equal(answer.status, status, line);
      const headers = new Map(answer.headers);
      assert.deepEqual([headers.get('connection'), headers.get('cache-control')], ['close', 'no-store'], line);
      assert.deepEqual([headers.get('access-control-allow-origin'), headers.get('x-content-type-options')], [undefined, 'nosniff'], line);
      if (status === 405) assert.equal(headers.get('allow'), 'GET');
    }
    const upgrade = await ask('GET /v1/dial', `127.0.0.1\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13`);
    assert.equal(upgrade.status, 404);
  });

  it('is asked by an address or as localhost, never by a name that somebody else points here', async () => {
    for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1', '[::1]:9999', '10.0.0.7:8788'])
      assert.equal((await ask('GET /metrics', host)).status, 200, host);
    for (const host of [
      'evil.example',
      `evil.example:${String(port)}`,
      '127.0.0.1.evil.example',
      'localhost.evil.example',
      'relay.example',
    ])
      assert.equal((await ask('GET /status', host)).status, 421, host);
    assert.equal((await ask('GET /status', 'a\r\nHost: b')).status, 400);
    assert.equal((await ask('GET /status', '127.0.0.1, evil.example')).status, 400);
  });

  it('gives the numbers of the metrics, in the format that it names, and the same in the status', async () => {
    const device = await world.device({ tokens: ['a'] });
    const client = await world.dial('a');
    await world.dial('nobody');
    await client.say({ type: 'record', circuit: undefined, record: new Uint8Array(77) });
    await client.say({ type: 'dial', hash: hashOf('nobody') });
    const answer = await ask('GET /metrics');
    assert.equal(new Map(answer.headers).get('content-type'), EXPOSITION_TYPE);
    const families = parsePromText(answer.body);
    const value = (name: string, labels: Record<string, string> = {}): number => valueOf(families, name, labels);
    assert.deepEqual(
      [
        value('c2l_relay_devices'),
        value('c2l_relay_links', { role: 'client' }),
        value('c2l_relay_dial_outcomes_total', { outcome: 'joined' }),
      ],
      [1, 2, 1],
    );
    assert.equal(value('c2l_relay_frames_total', { role: 'device', direction: 'out' }), device.socket.received.length);
    assert.equal(value('c2l_relay_bytes_total', { role: 'device', direction: 'in' }), device.sent.bytes);
    assert.ok(value('process_resident_memory_bytes') > 1e6 && value('process_cpu_seconds_total') > 0);
    const status = JSON.parse((await ask('GET /status')).body) as { now: object; dials: object; devices: [Record<string, unknown>] };
    assert.equal(status.devices.length, 1);
    assert.deepEqual(status.now, world.core.counts);
    assert.deepEqual(status.dials, { joined: 1 });
    assert.equal(status.devices[0]['bytesIn'], device.sent.bytes);
    const known = ['id', 'link', 'connectedSeconds', 'circuits', 'framesIn', 'bytesIn', 'framesOut', 'bytesOut'];
    assert.deepEqual(Object.keys(status.devices[0]).sort(), known.sort());
  });

  it('names the thousand busiest of more devices, and counts the others', async () => {
    const core = {
      counts: world.core.counts,
      busReading: world.core.busReading,
      isDraining: false,
      deviceReadings: Array.from({ length: 1_005 }, (_, link) => ({
        ...{ id: 'AAAAAAAA', link, connectedMs: 1_234.5678, circuits: 0, framesIn: 0, bytesIn: link, framesOut: 0, bytesOut: 0 },
      })),
    };
    const big = await startAdminServer({ place, core, metrics: world.metrics, clock: systemClock, log: nullLogger });
    try {
      const status = (await (await fetch(`${big.url}/status`)).json()) as { devices: { link: number }[]; moreDevices: number };
      assert.deepEqual([status.devices.length, status.devices[0]?.link, status.moreDevices], [1_000, 1_004, 5]);
    } finally {
      await big.close();
    }
  });

  it('keeps no connection, ends one that says nothing, and is gone at once with what is open', async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const ended = once(socket, 'close');
    const before = performance.now();
    await server.close();
    await ended;
    assert.ok(performance.now() - before < 500);
    const late = connect(port, '127.0.0.1');
    const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ECONNREFUSED');
  });

  it('says by name that its port is taken, and which flag chooses another', async () => {
    const again = startAdminServer({
      place: { ...place, port },
      core: world.core,
      metrics: world.metrics,
      clock: systemClock,
      log: nullLogger,
    });
    await assert.rejects(
      again,
      (error) => error instanceof UserError && error.code === 'portInUse' && error.remedy.includes('--admin-bind'),
    );
  });

  it('takes the relay with it that cannot have the admin address it was told: nothing listens then', async () => {
    const spare = createServer().listen(0, '127.0.0.1');
    await once(spare, 'listening');
    const free = (spare.address() as AddressInfo).port;
    spare.close();
    await once(spare, 'close');
    const flags = { port: String(free), adminBind: String(port), open: true };
    const settings = readRelaySettings(flags, {}, systemRandom);
    const common = { clock: systemClock, random: systemRandom, crypto: nodeCrypto, log: nullLogger };
    await assert.rejects(startRelayServer({ settings, page: undefined, ...common }), { code: 'portInUse' });
    const [error] = (await once(connect(free, '127.0.0.1'), 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ECONNREFUSED');
  });

  it('warns once in the log when other machines can reach it', async () => {
    const warnings: (LogFields | undefined)[] = [];
    const log = { ...nullLogger, warn: (_message: string, fields?: LogFields) => warnings.push(fields) };
    const open = await startAdminServer({
      place: { host: '0.0.0.0', port: 0 },
      core: world.core,
      metrics: world.metrics,
      clock: systemClock,
      log,
    });
    await open.close();
    assert.equal(warnings.length, 1);
    assert.match(String(warnings[0]?.['admin']), /^0\.0\.0\.0:\d+$/);
  });
});
