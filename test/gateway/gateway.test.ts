import assert from 'node:assert/strict';
import { refusalBody, refusalOf } from '../../src/gateway/refusal.ts';
import { MAX_HTTP_BODY_BYTES } from '../../src/protocol/limits.ts';
import { GatewayWorld } from './gatewayWorld.ts';

describe('the gateway', () => {
  let world: GatewayWorld;
  let key: string;
  const start = async (options?: ConstructorParameters<typeof GatewayWorld>[0]): Promise<void> => {
    world = new GatewayWorld(options);
    key = world.newKey();
    await world.connectDevice();
  };
  afterEach(() => {
    world.dispose();
  });

  it('brings a request to the device that its key names, and the answer back', async () => {
    await start();
    const exchange = await world.ask(key, {
      target: '/api/chat?beta=true',
      headers: { 'content-type': 'application/json' },
      body: '{"model":"m"}',
    });
    const device = world.lastAsked;
    assert.deepEqual(device.head, { method: 'POST', path: '/api/chat', contentType: 'application/json' });
    assert.equal(device.body, '{"model":"m"}');
    assert.ok(device.stream.isReadEnded);
    device.answer({ status: 200, contentType: 'application/x-ndjson' }, 'one\n');
    await world.clock.settle();
    assert.deepEqual(exchange.head, { status: 200, contentType: 'application/x-ndjson', retryAfter: undefined });
    assert.deepEqual([exchange.body, exchange.outcome], ['one\n', undefined]);
    device.stream.end();
    await world.clock.settle();
    assert.equal(exchange.outcome, 'whole');
  });

  it('takes the key as OpenAI’s clients send it and as Anthropic’s do', async () => {
    await start();
    for (const headers of [{ authorization: `Bearer ${key}` }, { authorization: `bearer  ${key} ` }, { 'x-api-key': key }]) {
      const { refusal } = await world.ask(undefined, { headers });
      assert.equal(refusal, undefined);
    }
    assert.equal(world.asked.length, 3);
  });

  it('answers 401 to a request without a key, and to what is no key', async () => {
    await start();
    const answers = [await world.ask(undefined), await world.ask('sk-something'), await world.ask(key.slice(1))];
    assert.deepEqual(
      answers.map(({ refusal }) => [refusal?.status, refusal?.code]),
      [
        [401, 'apiKeyRequired'],
        [401, 'badApiKey'],
        [401, 'badApiKey'],
      ],
    );
    assert.equal(world.dials, 0);
  });

  it('dials once for many requests of a key, and once more when a mux is full', async () => {
    await start();
    const first = Array.from({ length: 32 }, () => world.begin(key));
    await world.clock.advance(20);
    assert.deepEqual([world.dials, world.asked.length], [1, 32]);
    const second = Array.from({ length: 3 }, () => world.begin(key));
    await world.clock.advance(20);
    assert.deepEqual([world.dials, world.asked.length], [2, 35]);
    assert.ok([...first, ...second].every(({ status }) => status === undefined));
  });

  it('has 256 requests of a key at once and tells the next to come again', async () => {
    await start();
    const many = Array.from({ length: 257 }, () => world.begin(key));
    await world.clock.advance(200);
    assert.equal(world.asked.length, 256);
    assert.equal(world.dials, 8);
    assert.deepEqual(
      many.filter(({ refusal }) => refusal).map(({ refusal }) => [refusal?.status, refusal?.retryAfter]),
      [[503, 1]],
    );
    world.asked[7]?.answer({ status: 200 }).stream.end();
    await world.clock.advance(20);
    assert.equal((await world.ask(key)).refusal, undefined);
    assert.equal(world.asked.length, 257);
  });

  it('ends a tunnel 60 s after its last request', async () => {
    await start();
    const links = (): number | undefined => world.network.relay?.counts.clientLinks;
    await world.ask(key);
    await world.clock.advance(120_000);
    assert.equal(links(), 1);
    world.lastAsked.answer({ status: 200 }).stream.end();
    await world.clock.advance(59_000);
    assert.equal(links(), 1);
    await world.clock.advance(2_000);
    assert.equal(links(), 0);
    await world.ask(key);
    assert.equal(world.dials, 2);
  });

  it('keeps a tunnel for the request that still runs when another has ended', async () => {
    await start();
    const [long, short] = [await world.ask(key), await world.ask(key)];
    world.lastAsked.answer({ status: 200 }).stream.end();
    await world.clock.advance(120_000);
    world.asked[0]?.answer({ status: 200 }, 'at last').stream.end();
    await world.clock.advance(20);
    assert.deepEqual([short.outcome, long.outcome, long.body], ['whole', 'whole', 'at last']);
    assert.equal(world.dials, 1);
  });

  it('answers 503 with Retry-After while the device is not connected: after a moment, then at once', async () => {
    world = new GatewayWorld();
    key = world.newKey();
    const first = await world.ask(key);
    assert.equal(first.status, undefined);
    await world.clock.advance(3_000);
    assert.deepEqual([first.status, first.refusal?.retryAfter, first.refusal?.code], [503, 2, 'deviceOffline']);
    const next = await world.ask(key);
    assert.deepEqual([next.status, next.refusal?.code], [503, 'deviceOffline']);
  });

  it('waits for a device that comes back in a moment', async () => {
    await start();
    await world.ask(key);
    world.lastAsked.answer({ status: 200 }).stream.end();
    await world.clock.advance(20);
    world.device.supervisor.disconnect();
    await world.clock.advance(100);
    const exchange = await world.ask(key);
    world.device.supervisor.start();
    await world.clock.advance(1_500);
    assert.equal(exchange.refusal, undefined);
    assert.equal(world.asked.length, 2);
  });

  it('answers 503 when there is no relay', async () => {
    await start();
    world.network.killRelay();
    const exchange = await world.ask(key);
    await world.clock.advance(3_100);
    assert.deepEqual([exchange.status, exchange.refusal?.code], [503, 'relayUnreachable']);
  });

  it('answers 401 for a key that was revoked, and asks the device no more for a while', async () => {
    await start();
    world.lastWord = 'revoked';
    const first = await world.ask(key);
    const { dials } = world;
    const second = await world.ask(key);
    assert.deepEqual(
      [first, second].map(({ refusal }) => [refusal?.status, refusal?.code]),
      [
        [401, 'revoked'],
        [401, 'revoked'],
      ],
    );
    assert.equal(world.dials, dials);
    world.lastWord = undefined;
    await world.clock.advance(10_000);
    assert.equal((await world.ask(key)).refusal, undefined);
  });

  it('holds requests through a cut, and sends each once', async () => {
    await start();
    const exchange = await world.ask(key);
    world.lastAsked.answer({ status: 200 }, 'before ');
    await world.clock.advance(20);
    for (const line of [...world.network.lines]) line.cut();
    world.lastAsked.stream.write(Buffer.from('during '));
    await world.clock.advance(3_000);
    world.lastAsked.stream.write(Buffer.from('after'));
    world.lastAsked.stream.end();
    await world.clock.advance(1_000);
    assert.deepEqual([exchange.body, exchange.outcome], ['before during after', 'whole']);
    assert.equal(world.asked.length, 1);
  });

  it('gives up after 60 s without the device: 503 before the head, a cut behind it', async () => {
    await start();
    const [early, late] = [await world.ask(key), await world.ask(key)];
    world.lastAsked.answer({ status: 200 }, 'half');
    await world.clock.advance(20);
    world.device.supervisor.disconnect();
    await world.clock.advance(59_000);
    assert.deepEqual([early.refusal, late.outcome], [undefined, undefined]);
    await world.clock.advance(1_500);
    assert.deepEqual([early.refusal?.status, early.refusal?.code], [503, 'deviceOffline']);
    assert.deepEqual([late.body, late.outcome], ['half', 'cut']);
  });

  it('never asks twice: a device that was restarted fails what it was asked', async () => {
    await start();
    const [early, late] = [await world.ask(key), await world.ask(key)];
    world.lastAsked.answer({ status: 200 }, 'half');
    await world.clock.advance(20);
    world.restartDevice();
    await world.clock.advance(3_000);
    assert.deepEqual([early.refusal?.status, early.refusal?.code], [502, 'deviceRestarted']);
    assert.deepEqual([late.body, late.outcome], ['half', 'cut']);
    assert.equal(world.asked.length, 2);
  });

  it('ends the device’s request when who asked goes away, before and behind the head', async () => {
    await start();
    const early = await world.ask(key);
    const asked = world.lastAsked;
    early.leave();
    await world.clock.settle();
    assert.deepEqual(asked.stream.outcome, { kind: 'reset', code: 'cancelled' });
    const late = await world.ask(key);
    world.lastAsked.answer({ status: 200 }, 'half');
    await world.clock.settle();
    late.leave();
    await world.clock.settle();
    assert.deepEqual(world.lastAsked.stream.outcome, { kind: 'reset', code: 'cancelled' });
    assert.deepEqual([late.outcome, early.status], [undefined, undefined]);
  });

  it('asks nothing for somebody who went away while it dialled', async () => {
    await start();
    const exchange = world.begin(key);
    exchange.leave();
    await world.clock.advance(100);
    assert.deepEqual([world.asked.length, exchange.status], [0, undefined]);
    await world.clock.advance(61_000);
    assert.equal(world.network.relay?.counts.clientLinks, 0);
  });

  it('slows the device down for a slow reader, and goes on with it', async () => {
    await start();
    const exchange = await world.ask(key);
    const { stream } = world.lastAsked.answer({ status: 200 });
    exchange.isTaking = false;
    let sent = 0;
    for (let i = 0; i < 200 && stream.isWritable; i++) {
      stream.write(new Uint8Array(16_000).fill(97));
      sent += 16_000;
      await world.clock.advance(5);
    }
    assert.ok(sent < 1_000_000, String(sent));
    assert.ok(exchange.body.length < 40_000, String(exchange.body.length));
    exchange.isTaking = true;
    exchange.drain();
    await world.clock.advance(50);
    stream.end();
    await world.clock.advance(50);
    assert.deepEqual([exchange.body.length, exchange.outcome], [sent, 'whole']);
  });

  it('answers 413 to a body that is too long, announced or not', async () => {
    await start();
    const length = MAX_HTTP_BODY_BYTES + 1;
    const announced = await world.ask(key, { headers: { 'content-length': String(length) } });
    assert.deepEqual([announced.status, world.asked.length], [413, 0]);
    const sent = await world.ask(key, { body: new Uint8Array(length) });
    assert.equal(sent.status, 413);
    assert.deepEqual(world.lastAsked.stream.outcome, { kind: 'reset', code: 'cancelled' });
  });

  it('lets canonical paths and known methods through alone', async () => {
    await start();
    const asked = async (method: string, target: string, headers = {}): Promise<number | undefined> =>
      (await world.ask(key, { method, target, headers })).status;
    assert.deepEqual(
      [
        await asked('POST', '/api/../etc'),
        await asked('POST', '/api//chat'),
        await asked('POST', '/api/%63hat'),
        await asked('POST', 'http://elsewhere/api/chat'),
        await asked('PUT', '/api/chat'),
        await asked('POST', '/api/chat', { 'content-encoding': 'zstd' }),
      ],
      [404, 404, 404, 404, 405, 415],
    );
    assert.equal(world.asked.length, 0);
  });

  describe('that knows who is connected', () => {
    it('answers 503 at once without the device, and 401 for a key that the device does not know', async () => {
      world = new GatewayWorld({ knowsPresence: true });
      key = world.newKey();
      const offline = await world.ask(key);
      assert.deepEqual([offline.refusal?.status, offline.refusal?.retryAfter], [503, 2]);
      await world.connectDevice();
      assert.equal((await world.ask(key)).refusal, undefined);
      const strange = await world.ask(world.strangeKey());
      assert.deepEqual([strange.refusal?.status, strange.refusal?.code], [401, 'unknownKey']);
      assert.equal(world.dials, 1);
    });

    it('dials once for requests that come together', async () => {
      await start({ knowsPresence: true });
      const many = Array.from({ length: 10 }, () => world.begin(key));
      await world.clock.advance(50);
      assert.deepEqual([world.dials, world.asked.length, many.filter(({ refusal }) => refusal).length], [1, 10, 0]);
    });

    it('tells an address that brings ten unknown keys to wait a minute, and no other address', async () => {
      await start({ knowsPresence: true });
      const statuses: (number | undefined)[] = [];
      for (let i = 0; i < 12; i++) statuses.push((await world.ask(world.strangeKey(), { address: '203.0.113.7' })).status);
      assert.deepEqual(statuses, [...Array.from({ length: 10 }, () => 401), 429, 429]);
      assert.equal((await world.ask(key, { address: '203.0.113.7' })).refusal?.retryAfter, 60);
      assert.equal((await world.ask(key, { address: '203.0.113.8' })).refusal, undefined);
      for (let i = 0; i < 12; i++) assert.equal((await world.ask(world.strangeKey())).status, 401);
      await world.clock.advance(60_000);
      assert.equal((await world.ask(key, { address: '203.0.113.7' })).refusal, undefined);
    });
  });

  describe('with a key of its own', () => {
    it('needs none in requests, is connected before the first, and stays', async () => {
      world = new GatewayWorld({ ownKey: true, idleMs: Infinity });
      await world.connectDevice();
      void world.gateway.connect();
      await world.clock.advance(100);
      assert.equal(world.states.at(-1)?.kind, 'connected');
      await world.clock.advance(10 * 60_000);
      assert.equal((await world.ask(undefined)).refusal, undefined);
      assert.deepEqual([world.dials, world.asked.length], [1, 1]);
    });
  });
});

describe('a refusal', () => {
  const refusal = refusalOf('unknownKey');

  it('is worded as the API that was asked words its errors', () => {
    assert.deepEqual(JSON.parse(refusalBody('/api/chat', refusal)), { error: refusal.message });
    assert.deepEqual(JSON.parse(refusalBody('/v1/chat/completions', refusal)), {
      error: { message: refusal.message, type: 'authentication_error', param: null, code: 'unknownKey' },
    });
    assert.deepEqual(JSON.parse(refusalBody('/v1/messages', refusal)), {
      type: 'error',
      error: { type: 'authentication_error', message: refusal.message },
    });
    const offline = JSON.parse(refusalBody('/v1/messages', refusalOf('deviceOffline'))) as { error: { type: string } };
    assert.equal(offline.error.type, 'overloaded_error', 'as Ollama calls a 503');
  });
});
