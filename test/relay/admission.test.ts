import assert from 'node:assert/strict';
import { utf8 } from '../../src/base/bytes.ts';
import { Admission } from '../../src/relay/admission.ts';
import { defaultRelayLimits, type AdmissionPolicy } from '../../src/relay/relayConfig.ts';
import { RelayRates } from '../../src/relay/relayRates.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { mintInvite } from '../../src/secure/invite.ts';
import { hashOf, RelayWorld, type DeviceOptions } from './relayWorld.ts';

const secret = utf8('a secret of sufficient length');
const inSeconds = (clockMs: number, seconds: number): number => Math.floor(clockMs / 1000) + seconds;

describe('admission of devices', () => {
  let world: RelayWorld;
  const start = (admission?: AdmissionPolicy): void => {
    world = new RelayWorld({ ...(admission && { admission }), origins: ['https://relay.example', 'http://127.0.0.1:8787'] });
  };
  afterEach(() => world.finish());

  const refusal = async (options: DeviceOptions): Promise<number | undefined> => {
    const device = await world.register(options);
    assert.equal(device.count('admitted'), 0);
    return device.closeCode;
  };

  describe('at an open relay', () => {
    beforeEach(() => {
      start();
    });

    it('challenges at once and admits a proven device with what it must know', async () => {
      const device = await world.register();
      assert.deepEqual(device.types, ['challenge', 'admitted']);
      assert.deepEqual(device.last('admitted'), { type: 'admitted', heartbeatMs: 15_000, maxTokens: 512, maxCircuits: 8 });
      assert.equal(world.core.counts.devices, 1);
    });

    it('challenges each link differently', async () => {
      const [a, b] = [world.connect('device'), world.connect('device')];
      await world.clock.settle();
      assert.notDeepEqual(a.last('challenge').nonce, b.last('challenge').nonce);
      assert.notDeepEqual(a.last('challenge').relayKey, b.last('challenge').relayKey);
    });

    it('accepts a proof for any of its own origins', async () => {
      const device = await world.register({ origin: 'http://127.0.0.1:8787' });
      assert.equal(device.count('admitted'), 1);
    });

    it('refuses a proof for an origin that is not its own', async () => {
      assert.equal(await refusal({ origin: 'https://evil.example' }), 4404);
    });

    it('refuses a proof with one bit changed', async () => {
      const device = world.connect('device');
      await world.clock.settle();
      const registration = await world.registration(device, { key: world.newKey() });
      registration.proof[0] = (registration.proof[0] ?? 0) ^ 1;
      await device.say(registration);
      assert.equal(device.closeCode, 4404);
    });

    it('refuses the proof of another link', async () => {
      const key = world.newKey();
      const [a, b] = [world.connect('device'), world.connect('device')];
      await world.clock.settle();
      await b.say(await world.registration(a, { key }));
      assert.equal(b.closeCode, 4404);
    });

    it('refuses a proof whose claim was changed on the way', async () => {
      const device = world.connect('device');
      await world.clock.settle();
      await device.say({ ...(await world.registration(device, { key: world.newKey() })), epoch: 99 });
      assert.equal(device.closeCode, 4404);
    });

    it('refuses a key of all zeros', async () => {
      const device = world.connect('device');
      await world.clock.settle();
      const registration = await world.registration(device, { key: world.newKey() });
      await device.say({ ...registration, deviceKey: new Uint8Array(32) });
      assert.equal(device.closeCode, 4404);
    });

    it('takes one answer to a challenge', async () => {
      const device = await world.register();
      await device.say(await world.registration(device, { key: device.key }));
      assert.equal(device.closeCode, 4400);
      assert.equal(world.core.counts.devices, 0);
    });

    it('drops its private half with the first answer', async () => {
      const { clock, random } = world;
      const rates = new RelayRates(clock, defaultRelayLimits);
      const admission = new Admission({ clock, random, crypto: nodeCrypto, origins: [], admission: { kind: 'open' }, rates });
      const device = await world.register();
      const registration = await world.registration(device, { key: device.key });
      assert.equal(await admission.judge(registration), 'proofRefused');
      assert.equal(await admission.judge(registration), 'relayProtocol');
    });

    it('ends a link whose first frame does not come', async () => {
      const device = world.connect('device');
      await world.clock.advance(4_999);
      assert.equal(device.closeCode, undefined);
      await world.clock.advance(1);
      assert.equal(device.closeCode, 4500);
    });

    for (const type of ['tokens', 'leave', 'record', 'heartbeatAck'] as const) {
      it(`does not hear ${type} before it has admitted the device`, async () => {
        const device = world.connect('device');
        await world.clock.settle();
        const frames = {
          tokens: { type: 'tokens', seq: 1, replace: true, add: [hashOf('token')], remove: [] },
          leave: { type: 'leave', circuit: 1, reason: 1 },
          record: { type: 'record', circuit: 1, record: new Uint8Array(1) },
          heartbeatAck: { type: 'heartbeatAck' },
        } as const;
        await device.say(frames[type]);
        assert.equal(device.closeCode, 4400);
      });
    }
  });

  describe('by invite', () => {
    beforeEach(() => {
      start({ kind: 'invites', secret, revoked: new Set(['mallory']) });
    });
    const invite = (name = 'anna', seconds = 60, withSecret = secret): string =>
      mintInvite(nodeCrypto, withSecret, name, inSeconds(world.clock.now(), seconds));

    it('admits with an invite that it minted', async () => {
      const device = await world.register({ invite: invite() });
      assert.equal(device.count('admitted'), 1);
    });

    it('asks for an invite when there is none', async () => {
      assert.equal(await refusal({}), 4401);
    });

    it('refuses an invite of another secret, a forged one and nonsense', async () => {
      assert.equal(await refusal({ invite: invite('anna', 60, utf8('another secret of some length')) }), 4402);
      assert.equal(await refusal({ invite: invite().replace('anna', 'anne') }), 4402);
      assert.equal(await refusal({ invite: 'nonsense' }), 4402);
    });

    it('refuses an invite that was revoked by name', async () => {
      assert.equal(await refusal({ invite: invite('mallory') }), 4402);
    });

    it('says of an expired invite that it has expired', async () => {
      const text = invite('anna', 60);
      await world.clock.advance(61_000);
      assert.equal(await refusal({ invite: text }), 4403);
    });

    it('does not admit a good invite with a bad proof', async () => {
      assert.equal(await refusal({ invite: invite(), origin: 'https://evil.example' }), 4404);
    });

    it('logs neither invite nor key in full', async () => {
      const text = invite();
      await world.register({ invite: text });
      await world.register({ invite: invite('mallory') });
      const log = world.logged.join('\n');
      assert.match(log, /device admitted/);
      assert.ok(!log.includes(text) && !log.includes(text.split('.')[2] ?? ''));
    });
  });

  describe('of one device twice', () => {
    beforeEach(() => {
      start();
    });
    const instance = (value: number): Uint8Array => new Uint8Array(16).fill(value);

    it('replaces the link of a lower epoch', async () => {
      const old = await world.register({ claim: { epoch: 1, instance: instance(1), attempt: 9 } });
      const young = await world.register({ key: old.key, claim: { epoch: 2, instance: instance(2), attempt: 1 } });
      assert.equal(old.closeCode, 4600);
      assert.equal(young.count('admitted'), 1);
      assert.equal(world.core.counts.devices, 1);
    });

    it('refuses a link of a lower epoch', async () => {
      const current = await world.register({ claim: { epoch: 2, instance: instance(2) } });
      const late = await world.register({ key: current.key, claim: { epoch: 1, instance: instance(1), attempt: 5 } });
      assert.equal(late.closeCode, 4600);
      assert.equal(current.closeCode, undefined);
    });

    it('replaces the link of the same process’s earlier dial, and not the other way round', async () => {
      const first = await world.register({ claim: { attempt: 1 } });
      const third = await world.register({ key: first.key, claim: { attempt: 3 } });
      const second = await world.register({ key: first.key, claim: { attempt: 2 } });
      const again = await world.register({ key: first.key, claim: { attempt: 3 } });
      assert.deepEqual(
        [first, second, third, again].map((end) => end.closeCode),
        [4600, 4600, undefined, 4600],
      );
    });

    it('refuses another process of the same epoch as a duplicate', async () => {
      const one = await world.register({ claim: { instance: instance(1), attempt: 1 } });
      const other = await world.register({ key: one.key, claim: { instance: instance(2), attempt: 7 } });
      assert.equal(other.closeCode, 4601);
      assert.equal(one.closeCode, undefined);
    });

    it('keeps the new link when the old one ends late', async () => {
      const old = await world.device({ claim: { attempt: 1 } });
      old.relaySide.hold(true); // its farewell does not get through
      await world.device({ key: old.key, claim: { attempt: 2 }, tokens: ['young'] });
      old.socket.terminate();
      await world.clock.settle();
      assert.equal(world.core.counts.devices, 1);
      const client = await world.dial('young');
      assert.equal(client.count('joined'), 1);
    });

    it('lets the device come back once its link has ended, whatever the claim', async () => {
      const old = await world.register({ claim: { epoch: 5, instance: instance(1) } });
      old.socket.close(1000);
      await world.clock.settle();
      const back = await world.register({ key: old.key, claim: { epoch: 5, instance: instance(2) } });
      assert.equal(back.count('admitted'), 1);
    });

    it('does not confuse two devices', async () => {
      await world.register();
      await world.register();
      assert.equal(world.core.counts.devices, 2);
    });
  });
});
