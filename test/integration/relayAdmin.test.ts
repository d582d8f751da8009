import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { LinkRole } from '../../src/protocol/linkFrames.ts';
import { parsePromText, valueOf, type ParsedFamily } from '../relay/promText.ts';
import { LinkEnd, refusalOf } from './linkEnd.ts';
import { CliProcess, runners, type Runner } from './relayProcess.ts';
import { upgradeBytes, rawExchange } from './support/rawHttp.ts';

const [source] = runners as [Runner];

describe('watching a relay process', () => {
  it('counts what its ends count, on an address of its own that the public one knows nothing of, and tells it to relay status', async () => {
    const relay = new CliProcess(source, ['relay', '--port', '0', '--json', '--open', '--admin-bind', '127.0.0.1:0']);
    try {
      const { url, admin } = (await relay.event('listening')) as { url: string; admin: string };
      const device = await LinkEnd.device(url, '', ['a', 'b']);
      const clients = [await LinkEnd.client(url, 'a'), await LinkEnd.client(url, 'b'), await LinkEnd.client(url, 'nobody')];
      await clients[2]?.next('waiting');
      for (const [at, client] of clients.slice(0, 2).entries()) {
        await client.next('joined');
        for (let i = 0; i < 50; i++) client.record(new Uint8Array(i * 100 + at));
      }
      await device.until(() => device.records.length === 100);
      for (let i = 0; i < 30; i++) device.record(new Uint8Array(i * 500), 1 + (i % 2));
      await Promise.all(clients.slice(0, 2).map((client) => client.until(() => client.records.length === 15)));
      const port = Number(new URL(url).port);
      assert.equal((await refusalOf(`${url.replace('http', 'ws')}/ws`, ['c2l.v1'])).status, 404);
      assert.equal((await rawExchange(port, upgradeBytes(port, ['Origin: https://evil.example']))).status, 403);
      const malformed = upgradeBytes(port).replace('Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', 'Sec-WebSocket-Key: short');
      assert.equal((await rawExchange(port, malformed)).status, 400);

      const scrape = async (): Promise<ParsedFamily[]> => parsePromText(await (await fetch(`${admin}/metrics`)).text());
      const own = trafficOf([device, ...clients]);
      let families = await scrape();
      // a heartbeat may have been on its way just now: then the two are compared again
      for (let tries = 0; tries < 20 && !isDeepStrictEqual(counted(families), own()); tries++) families = await scrape();
      assert.deepEqual(counted(families), own());
      assert.ok((own()['bytes out client'] ?? 0) > 200_000);
      assert.deepEqual(happened(families, 'c2l_relay_upgrades_total'), {
        accepted: 4,
        badHandshake: 1,
        foreignOrigin: 1,
        relayNotFound: 1,
      });
      assert.deepEqual(happened(families, 'c2l_relay_registrations_total'), { accepted: 1 });
      assert.deepEqual(happened(families, 'c2l_relay_dial_outcomes_total'), { joined: 2 });
      assert.deepEqual(happened(families, 'c2l_relay_dials_total'), { client: 3 });
      assert.equal(valueOf(families, 'c2l_relay_first_record_seconds_count'), 2);
      assert.equal(valueOf(families, 'c2l_relay_record_gap_seconds_count'), 28);

      for (const path of ['/metrics', '/status']) {
        assert.equal((await fetch(`${url}${path}`)).status, 404, path);
        assert.equal(
          (await rawExchange(port, `GET ${path} HTTP/1.1\r\nHost: ${new URL(admin).host}\r\nConnection: close\r\n\r\n`)).status,
          421,
        );
      }

      const asked = new CliProcess(source, ['relay', 'status', '--json', '--admin', new URL(admin).host]);
      const { code, stdout, stderr } = await asked.end();
      assert.deepEqual([code, stderr], [0, '']);
      const status = JSON.parse(stdout) as { now: { circuits: number }; devices: { circuits: number }[] };
      assert.deepEqual([status.now.circuits, status.devices.map(({ circuits }) => circuits)], [2, [2]]);

      relay.signal('SIGTERM');
      assert.equal((await relay.end()).code, 0);
      await assert.rejects(fetch(`${admin}/status`));
      for (const end of [device, ...clients]) end.ws.terminate();
    } finally {
      await relay.kill();
    }
  });
});

/** What the ends counted at their own sockets, in the relay's words: what they sent came in. */
function trafficOf(ends: readonly LinkEnd[]): () => Record<string, number> {
  const sum = (role: LinkRole, of: keyof LinkEnd['tally']): number =>
    ends.filter((end) => end.role === role).reduce((total, { tally }) => total + tally[of], 0);
  return () =>
    Object.fromEntries(
      (['device', 'client'] as const).flatMap((role) => [
        [`frames in ${role}`, sum(role, 'framesSent')],
        [`frames out ${role}`, sum(role, 'framesGot')],
        [`bytes in ${role}`, sum(role, 'bytesSent')],
        [`bytes out ${role}`, sum(role, 'bytesGot')],
      ]),
    );
}

/** The same, as the relay counted it. */
function counted(families: readonly ParsedFamily[]): Record<string, number> {
  return Object.fromEntries(
    (['device', 'client'] as const).flatMap((role) =>
      (['frames', 'bytes'] as const).flatMap((unit) =>
        (['in', 'out'] as const).map((direction) => [
          `${unit} ${direction} ${role}`,
          valueOf(families, `c2l_relay_${unit}_total`, { role, direction }),
        ]),
      ),
    ),
  );
}

function happened(families: readonly ParsedFamily[], name: string): Record<string, number> {
  const samples = families.find((family) => family.name === name)?.samples ?? [];
  return Object.fromEntries(samples.filter(({ value }) => value > 0).map(({ labels, value }) => [Object.values(labels)[0] ?? '', value]));
}
