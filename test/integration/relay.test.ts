import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { connect } from 'node:net';
import { errorNumber } from '../../src/protocol/errors.ts';
import { until } from '../harness/processes.ts';
import { hashOf, LinkEnd, newKey, refusalOf } from './linkEnd.ts';
import { CliProcess, runners, type Runner } from './relayProcess.ts';

const [source] = runners as [Runner];
const none = new Uint8Array(1);

async function startRelay(
  args: readonly string[] = [],
  env: Record<string, string> = {},
  runner = source,
): Promise<{ relay: CliProcess; url: string; invite: string }> {
  const relay = new CliProcess(runner, ['relay', '--port', '0', '--json', ...args], env);
  const event = await relay.event('listening');
  return { relay, url: String(event['url']), invite: typeof event['invite'] === 'string' ? event['invite'] : '' };
}

for (const runner of runners) {
  describe(`the relay process from ${runner.name}`, () => {
    it('joins a real client with a real device, carries records both ways, drains on SIGTERM and exits 0', async () => {
      const { relay, url, invite } = await startRelay([], {}, runner);
      try {
        const client = await LinkEnd.client(url, 'token');
        await client.next('waiting');
        const key = newKey();
        const device = await LinkEnd.device(url, invite, ['token'], key);
        assert.deepEqual((await client.next('joined')).id, Buffer.from(key.publicKey));
        const { circuit } = await device.next('joined');
        const sent = Array.from({ length: 200 }, (_, index) => randomBytes((index * 97) % 16_400));
        for (const record of sent) {
          client.record(record);
          device.record(record, circuit);
        }
        await Promise.all([client, device].map((end) => end.until(() => end.records.length === sent.length)));
        assert.ok(
          sent.every((record, index) => record.equals(client.records[index] ?? none) && record.equals(device.records[index] ?? none)),
        );

        relay.signal('SIGTERM');
        const delays = [(await client.next('goaway')).delayMs, (await device.next('goaway')).delayMs];
        assert.ok(delays.every((delay) => delay > 0 && delay <= 1_000));
        assert.deepEqual([await client.closed(), await device.closed()], [4501, 4501]);
        assert.equal((await relay.end()).code, 0);
      } finally {
        await relay.kill();
      }
    });

    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      it(`is gone within 2 s of ${signal} when idle`, async () => {
        const { relay } = await startRelay([], {}, runner);
        const start = performance.now();
        relay.signal(signal);
        assert.equal((await relay.end()).code, 0);
        assert.ok(performance.now() - start < 2_000);
      });
    }
  });
}

describe('the relay’s edge', () => {
  let relay: CliProcess;
  let url: string;
  let invite: string;
  before(async () => {
    ({ relay, url, invite } = await startRelay());
  });
  after(async () => {
    await relay.kill();
  });

  /** A plain request with headers that `fetch` would not send. */
  const get = (path: string, headers: Record<string, string> = {}): Promise<{ status: number; csp: string }> =>
    new Promise((resolve, reject) => {
      request(`${url}${path}`, { headers: { connection: 'close', ...headers } }, (response) => {
        response.resume().on('end', () => {
          resolve({ status: response.statusCode ?? 0, csp: String(response.headers['content-security-policy']) });
        });
      })
        .on('error', reject)
        .end();
    });

  it('refuses every upgrade but those of its two paths, its version and its own page, each by name', async () => {
    const ws = url.replace('http', 'ws');
    const known = ['c2l.v1'];
    const table: [path: string, subprotocols: string[], headers: Record<string, string>, status: number, error: string][] = [
      ['/', known, {}, 404, 'relayNotFound'],
      ['/ws', known, {}, 404, 'relayNotFound'],
      ['/relay/v1/dial', known, {}, 404, 'relayNotFound'],
      ['/healthz', known, {}, 404, 'relayNotFound'],
      ['/v1/dial', ['c2l.v9'], {}, 426, 'relayVersion'],
      ['/v1/device', [], {}, 426, 'relayVersion'],
      ['/v1/dial', known, { origin: 'https://evil.example' }, 403, 'foreignOrigin'],
      ['/v1/dial', known, { origin: 'null' }, 403, 'foreignOrigin'],
      ['/v1/device', known, { origin: 'https://evil.example' }, 403, 'foreignOrigin'],
    ];
    for (const [path, subprotocols, headers, status, error] of table) {
      const refusal = await refusalOf(`${ws}${path}`, subprotocols, headers);
      assert.deepEqual([refusal.status, (JSON.parse(refusal.body) as { error: string }).error], [status, error], path);
      if (status === 426) assert.equal(refusal.headers['sec-websocket-protocol'], 'c2l.v1');
    }
  });

  it('takes a link from its own page', async () => {
    const end = await LinkEnd.client(url, 'nobody', { headers: { origin: url } });
    await end.next('waiting');
    end.ws.terminate();
  });

  it('answers probes, and what it does not serve by name and with strict headers', async () => {
    assert.equal((await get('/healthz')).status, 200);
    assert.equal((await get('/readyz')).status, 200);
    const nothing = await get('/nothing');
    assert.equal(nothing.status, 404);
    assert.match(nothing.csp, /^default-src 'none'; script-src 'self';/);
    assert.equal((await get('/', { host: 'evil.example' })).status, 421);
    assert.equal((await get('/v1/dial')).status, 426);
    assert.equal((await get('/healthz')).status, 200, 'on a connection that was kept');
  });

  it('survives what is not HTTP', async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.end('\x16\x03\x01 this is not HTTP\r\n\r\n');
    socket.resume();
    await new Promise((resolve) => socket.on('close', resolve));
    assert.equal((await get('/healthz')).status, 200);
  });

  it('ends links that send text, too much, or nothing that it knows', async () => {
    const [text, long, nonsense] = [await LinkEnd.client(url, 'x'), await LinkEnd.client(url, 'x'), await LinkEnd.client(url, 'x')];
    text.ws.send('hello');
    long.ws.send(new Uint8Array(66_000));
    nonsense.ws.send(Uint8Array.of(200));
    assert.deepEqual([await text.closed(), await long.closed(), await nonsense.closed()], [4400, 1009, 4400]);
  });

  it('answers pings', async () => {
    const end = await LinkEnd.client(url, 'x');
    const pong = new Promise((resolve) =>
      end.ws.once('pong', (data) => {
        resolve(data.toString());
      }),
    );
    end.ws.ping('echo');
    assert.equal(await pong, 'echo');
    end.ws.terminate();
  });

  it('refuses a device without the invite', async () => {
    await assert.rejects(LinkEnd.device(url, '', ['token']), /4401/);
    await assert.rejects(LinkEnd.device(url, `${invite}x`, ['token']), /4402/);
  });

  it('ends a client that does not read, and none of its neighbours', async () => {
    const device = await LinkEnd.device(url, invite, ['drop']);
    const [slow, quick] = [await LinkEnd.client(url, 'drop'), await LinkEnd.client(url, 'drop')];
    await slow.next('joined');
    await quick.next('joined');
    slow.ws.pause();
    const record = randomBytes(16_000);
    let count = 0;
    // what the kernels on the way take is not ours to bound
    while (!device.frames.some(({ type }) => type === 'left') && count < 4_000) {
      device.record(record, 1);
      if (++count % 50 === 0) await until('the device’s socket', () => device.ws.bufferedAmount === 0, 10_000, 1);
    }
    assert.equal((await device.next('left')).reason, errorNumber('slowReader'));
    device.record(record, 2);
    await quick.until(() => quick.records.length === 1);
    for (const end of [device, quick, slow]) end.ws.terminate();
  });

  it('stops reading a client whose device does not read, and loses nothing', async () => {
    const device = await LinkEnd.device(url, invite, ['block']);
    const client = await LinkEnd.client(url, 'block');
    await client.next('joined');
    await device.next('joined');
    device.ws.pause();
    const total = 2_000;
    for (let index = 0; index < total; index++) {
      const record = new Uint8Array(16_000);
      new DataView(record.buffer).setUint32(0, index);
      client.record(record);
    }
    let before = Infinity;
    await until(
      'the client’s backlog to stand still',
      () => {
        const now = client.ws.bufferedAmount;
        const stands = now === before && now > 0;
        before = now;
        return stands;
      },
      10_000,
      300,
    );
    assert.ok(client.ws.bufferedAmount > 1_000_000, String(client.ws.bufferedAmount));
    assert.equal((await get('/healthz')).status, 200);
    device.ws.resume();
    await device.until(() => device.records.length === total);
    assert.ok(device.records.every((record, index) => new DataView(record.buffer, record.byteOffset).getUint32(0) === index));
    for (const end of [device, client]) end.ws.terminate();
  });
});

describe('the relay’s start and end', () => {
  it('takes no new links while it drains, and says so', async () => {
    const { relay, url } = await startRelay();
    try {
      const client = await LinkEnd.client(url, 'token');
      await client.next('waiting');
      relay.signal('SIGTERM');
      await client.next('goaway');
      const ready = await fetch(`${url}/readyz`, { headers: { connection: 'close' } });
      const refusal = await refusalOf(`${url.replace('http', 'ws')}/v1/dial`, ['c2l.v1']);
      assert.deepEqual([ready.status, await ready.text(), refusal.status], [503, 'draining\n', 503]);
      assert.equal(await client.closed(), 4501);
      assert.equal((await relay.end()).code, 0);
    } finally {
      await relay.kill();
    }
  });

  it('does not wait for a peer that takes no farewell', async () => {
    const { relay, url } = await startRelay();
    const client = await LinkEnd.client(url, 'token');
    await client.next('waiting');
    client.ws.pause();
    const start = performance.now();
    relay.signal('SIGTERM');
    assert.equal((await relay.end()).code, 0);
    assert.ok(performance.now() - start < 2_500);
    client.ws.terminate();
  });

  it('believes forwarded addresses only of trusted proxies, and limits what one of them parks', async () => {
    const { relay, url } = await startRelay(['--trusted-hops', '1']);
    try {
      const from = (address: string): Promise<LinkEnd> =>
        LinkEnd.client(url, 'none', { headers: { 'x-forwarded-for': `10.0.0.1, ${address}` } });
      const parked = await Promise.all(Array.from({ length: 64 }, () => from('203.0.113.5')));
      await Promise.all(parked.map((end) => end.next('waiting')));
      assert.equal(await (await from('203.0.113.5')).closed(), 4502);
      const other = await from('203.0.113.6');
      await other.next('waiting');
      for (const end of [...parked, other]) end.ws.terminate();
    } finally {
      await relay.kill();
    }
  });

  it('warns once of a proxy that it was not told to trust', async () => {
    const { relay, url } = await startRelay();
    try {
      for (let i = 0; i < 2; i++) {
        const end = await LinkEnd.client(url, 'none', { headers: { 'x-forwarded-for': '203.0.113.5' } });
        await end.next('waiting');
        end.ws.terminate();
      }
      assert.equal(relay.stderr.split('--trusted-hops').length - 1, 1);
    } finally {
      await relay.kill();
    }
  });

  it('keeps invites valid over restarts, and revokes them by name', async () => {
    const env = { C2L_SECRET: 'a secret of sufficient length' };
    const mint = new CliProcess(source, ['relay', 'invite', 'anna', '--days', '2', '--json'], env);
    const { invite, notAfter } = await mint.event('invite');
    assert.equal((await mint.end()).code, 0);
    assert.ok(Math.abs(Number(notAfter) - Date.now() / 1000 - 2 * 86_400) < 60);
    const codes: string[] = [];
    for (const args of [[], [], ['--revoked', 'anna']]) {
      const { relay, url, invite: printed } = await startRelay(args, env);
      assert.equal(printed, '');
      try {
        (await LinkEnd.device(url, String(invite), ['token'])).ws.terminate();
        codes.push('admitted');
      } catch (error) {
        codes.push(/\d{4}/.exec(String(error))?.[0] ?? String(error));
      } finally {
        await relay.kill();
      }
    }
    assert.deepEqual(codes, ['admitted', 'admitted', '4402']);
  });

  it('prints invite and link for people', async () => {
    const env = { C2L_SECRET: 'a secret of sufficient length' };
    const { code, stdout } = await new CliProcess(source, ['relay', 'invite', 'anna', '--public-url', 'https://relay.example'], env).end();
    assert.equal(code, 0);
    assert.match(stdout, /^(anna\.\d+\.[\w-]{43})\nhttps:\/\/relay\.example\/join#\1\n$/);
  });

  it('says in words where it listens and that the invite changes', async () => {
    const relay = new CliProcess(source, ['relay', '--port', '0']);
    try {
      await until('the announcement', () => relay.stdout.includes('"msg":"relay started"'));
      assert.match(
        relay.stdout,
        /^The relay listens on http:\/\/127\.0\.0\.1:\d+\nInvite: local\.\d+\.[\w-]{43}\nIt changes at every start/,
      );
      relay.signal('SIGINT');
      assert.deepEqual([(await relay.end()).code, relay.stderr], [0, '']);
    } finally {
      await relay.kill();
    }
  });

  for (const [args, code, error] of [
    [['--host', '0.0.0.0'], 2, 'publicUrlRequired'],
    [['--public-url', 'https://relay.example'], 2, 'secretRequired'],
    [['--port', 'x'], 2, 'badNumber'],
    [['--host', '203.0.113.1', '--public-url', 'https://relay.example', '--open'], 1, 'addressUnknown'],
    [['invite', 'Anna', '--secret', '0123456789abcdef'], 2, 'badInviteName'],
    [['invite', 'anna'], 2, 'secretRequired'],
    [['invite', 'anna', '--secret', '0123456789abcdef', '--days', '0'], 2, 'badNumber'],
  ] as const) {
    it(`refuses ${args.join(' ')} with a code and a remedy`, async () => {
      const ended = await new CliProcess(source, ['relay', ...args, '--json']).end();
      const event = JSON.parse(ended.stderr) as Record<string, string>;
      assert.deepEqual([ended.code, event['event'], event['code'], ended.stdout], [code, 'error', error, '']);
      assert.ok((event['remedy'] ?? '').length > 10);
    });
  }

  it('refuses a flag that it does not know, and prints help', async () => {
    assert.equal((await new CliProcess(source, ['relay', '--nonsense']).end()).code, 2);
    const help = await new CliProcess(source, ['relay', '--help']).end();
    assert.equal(help.code, 0);
    assert.match(help.stdout, /--public-url/);
  });

  it('names a port that is taken', async () => {
    const { relay, url } = await startRelay();
    try {
      const { code, stderr } = await new CliProcess(source, ['relay', '--port', new URL(url).port]).end();
      assert.equal(code, 1);
      assert.match(stderr, /is in use\. \[portInUse\]\nChoose another port/);
    } finally {
      await relay.kill();
    }
  });
});

describe('the relay’s log', () => {
  it('holds no secret, invite, token, whole key, record or path', async () => {
    const secret = `canary-secret-${randomBytes(8).toString('hex')}`;
    const record = `canary-record-${randomBytes(8).toString('hex')}`;
    const path = `canary-path-${randomBytes(8).toString('hex')}`;
    const env = { C2L_SECRET: secret, C2L_LOG_LEVEL: 'debug' };
    const minted = new CliProcess(source, ['relay', 'invite', 'canary-name', '--json'], env);
    const invite = String((await minted.event('invite'))['invite']);
    await minted.end();
    const { relay, url } = await startRelay([], env);
    try {
      const key = newKey();
      const device = await LinkEnd.device(url, invite, ['token'], key);
      const client = await LinkEnd.client(url, 'token');
      await client.next('joined');
      client.record(Buffer.from(record));
      device.record(Buffer.from(record), 1);
      await client.until(() => client.records.length === 1);
      await assert.rejects(LinkEnd.device(url, `${invite}x`, ['token']));
      client.ws.send(Buffer.from(record));
      await client.closed();
      await refusalOf(`${url.replace('http', 'ws')}/${path}?token=${path}`, ['c2l.v1'], {
        origin: `https://${path}.example`,
        cookie: path,
      });
      await fetch(`${url}/${path}`, { headers: { connection: 'close' } });
      relay.signal('SIGTERM');
      const { stdout, stderr } = await relay.end();
      for (const word of ['device admitted', 'device refused', 'link refused', 'upgrade refused', 'draining', 'relay stopped'])
        assert.ok(stderr.includes(word), word);
      const bytes = (value: Uint8Array): string[] => [
        Buffer.from(value).toString('hex'),
        Buffer.from(value).toString('base64').slice(0, 40),
        Buffer.from(value).toString('base64url'),
      ];
      const canaries = [
        secret,
        invite,
        invite.split('.')[2] ?? '',
        record,
        path,
        ...bytes(hashOf('token')),
        ...bytes(key.publicKey),
        ...bytes(Buffer.from(record)),
      ];
      for (const canary of canaries) assert.ok(!`${stdout}${stderr}`.includes(canary), canary);
      for (const line of stderr.trim().split('\n')) assert.doesNotThrow(() => JSON.parse(line) as unknown, line);
    } finally {
      await relay.kill();
    }
  });
});
