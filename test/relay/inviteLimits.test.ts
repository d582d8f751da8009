import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { utf8 } from '../../src/base/bytes.ts';
import { MAX_DEVICES_PER_INVITE } from '../../src/protocol/limits.ts';
import { InviteDevices } from '../../src/relay/inviteDevices.ts';
import { guardConnections } from '../../src/relay/node/connectionGate.ts';
import { readRelaySettings, type RelayFlags } from '../../src/relay/node/settings.ts';
import type { RelayLimits } from '../../src/relay/relayConfig.ts';
import { mintInvite } from '../../src/secure/invite.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { RelayWorld, type DeviceOptions } from './relayWorld.ts';

const secret = utf8('a secret of sufficient length');
const busy = 4502;

describe('what one invite may have', () => {
  let world: RelayWorld;
  const start = (limits: Partial<RelayLimits>): void => {
    world = new RelayWorld({ admission: { kind: 'invites', secret, revoked: new Set() }, limits });
  };
  afterEach(() => world.finish());
  const inviteOf = (name: string): string => mintInvite(nodeCrypto, secret, name, Math.floor(world.clock.now() / 1000) + 60);
  const come = async (name: string, options: DeviceOptions = {}): Promise<number | undefined> =>
    (await world.register({ invite: inviteOf(name), ...options })).closeCode;

  it('devices at once: one more is told to come later, those of other invites are not, and a place is free when one goes', async () => {
    start({ devicesPerInvite: 2 });
    const first = await world.register({ invite: inviteOf('anna') });
    assert.deepEqual([await come('anna'), await come('anna')], [undefined, busy]);
    assert.equal(await come('ben'), undefined);
    assert.equal(world.core.counts.devices, 3);
    first.socket.close(1000);
    await world.clock.settle();
    assert.equal(await come('anna'), undefined);
    assert.equal(new Map(world.metrics.registrations.values).get('relayBusy'), 1);
  });

  it('the same device again is the same place, whichever of its links goes first', async () => {
    start({ devicesPerInvite: 1 });
    const key = world.newKey();
    assert.equal(await come('anna', { key }), undefined);
    assert.equal(await come('anna', { key, claim: { attempt: 2 } }), undefined);
    assert.equal(await come('anna', { key, claim: { attempt: 1 } }), 4600, 'an older dial');
    assert.equal(await come('anna', { key, claim: { attempt: 3 } }), undefined);
    assert.equal(await come('anna'), busy);
    assert.equal(world.core.counts.devices, 1);
  });

  it('an open relay has no invites, and no such bound', async () => {
    world = new RelayWorld({ limits: { devicesPerInvite: 1 } });
    await world.register();
    assert.equal((await world.register()).closeCode, undefined);
  });

  it('registrations: who makes new keys without end is refused before the curve, and the devices of others are not', async () => {
    start({ registrationsPerInvite: { burst: 2, perSecond: 1 } });
    assert.deepEqual([await come('anna'), await come('anna'), await come('anna')], [undefined, undefined, busy]);
    assert.equal(await come('ben'), undefined);
    await world.clock.advance(1_000);
    assert.equal(await come('anna'), undefined);
    assert.deepEqual(
      [await world.register({ invite: 'anna.1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' })].map(({ closeCode }) => closeCode),
      [4402],
      'a forged one takes nobody’s token',
    );
  });

  it('is forgotten with its last device', () => {
    start({});
    const devices = new InviteDevices(1);
    const place = devices.enter('anna', 'one');
    assert.equal(devices.enter('anna', 'two'), undefined);
    assert.deepEqual([devices.enter('ben', 'two') !== undefined, devices.size], [true, 2]);
    place?.dispose();
    place?.dispose();
    assert.equal(devices.size, 1);
  });
});

describe('a relay that holds much', () => {
  it('takes no new link until its readers have taken some of it, and carries on with those that are there', async () => {
    const world = new RelayWorld({ limits: { totalBacklogBytes: 100_000, linkBacklogBytes: 90_000 } });
    const device = await world.device({ tokens: ['token'] });
    const client = await world.dial('token');
    const { circuit } = device.last('joined');
    client.socket.pause();
    for (let i = 0; i < 8; i++) device.send({ type: 'record', circuit, record: new Uint8Array(10_000) });
    await world.clock.settle();
    assert.ok(world.core.counts.backlogBytes > 70_000);
    for (const address of ['203.0.113.99', '127.0.0.1']) assert.equal(world.core.knock(address), 2_000, address);
    client.socket.resume();
    await world.clock.settle();
    assert.equal(client.records().length, 8);
    assert.equal(world.core.knock('203.0.113.99'), 0);
    await world.finish();
  });
});

describe('connections that are no links', () => {
  class FakeSocket extends EventEmitter {
    isDestroyed = false;
    readonly remoteAddress: string;
    constructor(remoteAddress: string) {
      super();
      this.remoteAddress = remoteAddress;
    }
    destroy(): void {
      if (this.isDestroyed) return;
      this.isDestroyed = true;
      this.emit('close');
    }
  }
  const guarded = (max: number, trustedHops = 0): { server: EventEmitter; come: (address: string) => FakeSocket } => {
    const server = new EventEmitter();
    guardConnections(server as unknown as Server, max, trustedHops);
    return {
      server,
      come: (address) => {
        const socket = new FakeSocket(address);
        server.emit('connection', socket);
        return socket;
      },
    };
  };

  it('are so many of one address, a /64 being one; links and others do not count', () => {
    const { server, come } = guarded(2);
    const [first, second, third] = [come('2001:db8::1'), come('2001:db8::2'), come('2001:db8::3')];
    assert.deepEqual(
      [first, second, third].map((one) => one.isDestroyed),
      [false, false, true],
    );
    assert.equal(come('2001:db8:0:1::1').isDestroyed, false);
    server.emit('upgrade', {}, first);
    const fourth = come('2001:db8::4');
    assert.equal(fourth.isDestroyed, false);
    assert.equal(come('2001:db8::5').isDestroyed, true);
    first.destroy(); // a link by now: it frees nothing a second time
    assert.equal(come('2001:db8::5').isDestroyed, true);
    second.destroy();
    assert.equal(come('2001:db8::6').isDestroyed, false);
  });

  it('are not bounded for the house itself, nor for proxies that the relay was told of', () => {
    const near = guarded(1);
    assert.deepEqual(
      [near.come('127.0.0.1'), near.come('127.0.0.1'), near.come('10.0.0.9')].map((one) => one.isDestroyed),
      [false, false, false],
    );
    const proxied = guarded(1, 1);
    assert.deepEqual(
      [proxied.come('203.0.113.7'), proxied.come('203.0.113.7')].map((one) => one.isDestroyed),
      [false, false],
    );
  });
});

describe('bounds that an operator sets', () => {
  const MiB = 1024 * 1024;
  const read = (flags: RelayFlags, env: Record<string, string> = {}, memory = 64 * 1024 * MiB): [number, number] => {
    const { devicesPerInvite, maxPendingBytes } = readRelaySettings(flags, env, new SeededRandom(1), memory);
    return [devicesPerInvite, maxPendingBytes / MiB];
  };

  it('are 64 devices an invite, and of memory a quarter, at most 256 MiB', () => {
    assert.deepEqual(read({}), [MAX_DEVICES_PER_INVITE, 256]);
    assert.deepEqual(read({}, {}, 256 * MiB), [64, 64]);
    assert.deepEqual(read({}, {}, 1), [64, 16]);
    assert.deepEqual(read({ devicesPerInvite: '1000', maxPending: '512' }), [1000, 512]);
    assert.deepEqual(read({}, { C2L_DEVICES_PER_INVITE: '2', C2L_MAX_PENDING: '32' }), [2, 32]);
  });

  it('are refused where a relay could not live with them', () => {
    for (const flags of [{ devicesPerInvite: '0' }, { devicesPerInvite: 'many' }, { maxPending: '15' }, { maxPending: '1e9' }])
      assert.throws(() => read(flags), { code: 'badNumber' }, JSON.stringify(flags));
  });
});
