import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UserError } from '../../src/base/userError.ts';
import { runStatus, statusTable, type StatusFlags } from '../../src/relay/node/admin/statusCommand.ts';
import type { RelayStatus } from '../../src/relay/node/admin/status.ts';

const none = { framesIn: 0, bytesIn: 0, framesOut: 0, bytesOut: 0 };
const quiet: RelayStatus = {
  version: '0.1.0',
  uptimeSeconds: 59.9,
  draining: false,
  now: { devices: 0, deviceLinks: 0, clientLinks: 1, circuits: 0, parkedDials: 1, backlogBytes: 0 },
  upgrades: {},
  registrations: {},
  dials: {},
  cuts: { device: {}, client: {} },
  traffic: { device: none, client: none },
  devices: [],
  moreDevices: 0,
};
const busy: RelayStatus = {
  ...quiet,
  uptimeSeconds: 11_530,
  draining: true,
  now: { devices: 3, deviceLinks: 3, clientLinks: 2, circuits: 2, parkedDials: 0, backlogBytes: 1_234_567 },
  upgrades: { accepted: 12, foreignHost: 1 },
  registrations: { accepted: 2 },
  dials: { joined: 3 },
  cuts: { device: {}, client: { gone: 4, slow: 1 } },
  traffic: { device: { ...none, framesIn: 7, bytesIn: 2_000 }, client: { ...none, framesOut: 9, bytesOut: 12_345 } },
  devices: [
    { id: 'TEhIrkRZ', link: 1, connectedSeconds: 200_000, circuits: 2, framesIn: 5, bytesIn: 1_500, framesOut: 1, bytesOut: 99 },
    { id: 'ab_-0000', link: 4, connectedSeconds: 61, circuits: 0, framesIn: 2, bytesIn: 500, framesOut: 1, bytesOut: 0 },
  ],
  moreDevices: 1,
};

describe('relay status', () => {
  /** Runs it against a server that answers so. */
  async function run(answer: (request: IncomingMessage, response: ServerResponse) => void, flags: StatusFlags = {}): Promise<string> {
    const server = createServer(answer);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    try {
      const { port } = server.address() as AddressInfo;
      let printed = '';
      const print = (text: string): void => void (printed += text);
      await runStatus(flags, { env: { C2L_ADMIN: `127.0.0.1:${String(port)}` }, print, timeoutMs: 300 });
      return printed.replaceAll(String(port), 'PORT');
    } finally {
      server.close();
      server.closeAllConnections();
    }
  }
  const refusal = (answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> =>
    run(answer).then(
      () => 'printed',
      (error: unknown) => {
        assert.ok(error instanceof UserError, String(error));
        assert.ok(error.exitCode === 1 && error.remedy.length > 10 && error.message.includes('127.0.0.1:'));
        return error.code;
      },
    );

  it('says how the other nodes are, where there are some', () => {
    const bus = { isUp: true, circuits: 2, nodes: 1, pendingBytes: 2_000, losses: 1, cuts: { slow: 3 } };
    assert.match(
      statusTable({ ...busy, bus }, 'here'),
      /\nNATS: 2 circuits with 1 other node, 2\.0 kB on their way; 1 loss of NATS, cuts: slow 3\n/,
    );
    assert.match(
      statusTable({ ...busy, bus: { ...bus, isUp: false, losses: 2, cuts: {} } }, 'here'),
      /\nNATS cannot be reached: this relay joins its own devices and clients alone; 2 losses of NATS, cuts: none\n/,
    );
    assert.doesNotMatch(statusTable(busy, 'here'), /NATS/);
  });

  it('is a table for people', () => {
    assert.deepEqual(statusTable(busy, '127.0.0.1:8788').split('\n'), [
      'Relay 0.1.0 at 127.0.0.1:8788, up 3 h 12 min, draining: it takes no new links',
      '3 devices, 2 clients, 2 circuits, 0 waiting for a device, 1.2 MB pending',
      '',
      'DEVICE    UP         CIRCUITS  RECEIVED  SENT',
      'TEhIrkRZ  2 d 7 h    2         1.5 kB    99 B',
      'ab_-0000  1 min 1 s  0         500 B     0 B',
      'and 1 more, with less traffic',
      '',
      'Links tried       accepted 12, foreignHost 1',
      'Devices           accepted 2',
      'Dials             joined 3',
      'Ends of devices   none',
      'Ends of clients   gone 4, slow 1',
      'Traffic, devices  7 frames (2.0 kB) received, 0 (0 B) sent',
      'Traffic, clients  0 frames (0 B) received, 9 (12 kB) sent',
      '',
    ]);
    assert.deepEqual(statusTable(quiet, '[::1]:1').split('\n').slice(0, 4), [
      'Relay 0.1.0 at [::1]:1, up 59 s',
      '0 devices, 1 client, 0 circuits, 1 waiting for a device, 0 B pending',
      '',
      'Links tried       none',
    ]);
  });

  it('asks where C2L_ADMIN says, and is one object a line for scripts', async () => {
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      response.statusCode = request.url === '/status' && request.method === 'GET' ? 200 : 500;
      response.end(JSON.stringify({ ...busy, added: 'by a newer relay' }));
    };
    assert.equal(await run(answer), statusTable(busy, '127.0.0.1:PORT'));
    assert.deepEqual(JSON.parse(await run(answer, { json: true })), { event: 'status', ...busy });
  });

  it('says by name what is wrong: nothing there, no answer, or something else', async () => {
    assert.equal(await refusal((_request, response) => response.end('<html>')), 'adminForeign');
    assert.equal(await refusal((_request, response) => response.writeHead(404).end('{}')), 'adminForeign');
    assert.equal(await refusal((_request, response) => response.end('x'.repeat(2_000_000))), 'adminForeign');
    assert.equal(await refusal((_request, response) => response.end(JSON.stringify({ ...busy, version: '\u001b[2J' }))), 'adminForeign');
    const named = { ...busy, upgrades: { '\u001b[2J': 1 } };
    assert.equal(await refusal((_request, response) => response.end(JSON.stringify(named))), 'adminForeign');
    assert.equal(await refusal(() => undefined), 'adminSilent');
    assert.equal(await refusal((_request, response) => response.write('{')), 'adminSilent');
    assert.equal(await refusal((request) => request.socket.destroy()), 'adminUnreachable');
    const nobody = runStatus({ admin: '127.0.0.1:1' }, { env: {}, print: () => undefined });
    await assert.rejects(nobody, (error) => error instanceof UserError && error.code === 'adminUnreachable');
    const wrong = runStatus({ admin: 'http://x' }, { env: {}, print: () => undefined });
    await assert.rejects(wrong, (error) => error instanceof UserError && error.code === 'badAdminAddress' && error.exitCode === 2);
  });
});
