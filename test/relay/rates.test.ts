import assert from 'node:assert/strict';
import { DIALS_PER_ADDRESS, JOINS_PER_DEVICE, LINKS_PER_ADDRESS, MAX_RATE_NAMES, TOKENS_PER_DEVICE } from '../../src/protocol/limits.ts';
import { defaultRelayLimits } from '../../src/relay/relayConfig.ts';
import { RelayRates } from '../../src/relay/relayRates.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { hashOf, RelayWorld, type TestEnd } from './relayWorld.ts';

const busy = 4502;

describe('what one address or device may do how often', () => {
  let world: RelayWorld;
  beforeEach(() => {
    const rate = { burst: 3, perSecond: 1 };
    world = new RelayWorld({
      limits: { linksPerAddress: rate, dialsPerAddress: rate, tokensRatePerDevice: rate, joinsPerDevice: rate, rejoinPauseMs: 0 },
    });
  });
  afterEach(() => world.finish());

  const dialOn = async (end: TestEnd, token: string): Promise<number | undefined> => {
    await end.say({ type: 'dial', hash: hashOf(token) });
    return end.closeCode;
  };

  it('links: a burst, then one each time that a token has come back, and no other address waits for it', async () => {
    const stranger = '203.0.113.7';
    assert.deepEqual(
      [1, 2, 3].map(() => world.core.knock(stranger)),
      [0, 0, 0],
    );
    assert.ok(Math.abs(world.core.knock(stranger) - 1000) < 2);
    assert.equal(world.core.knock('203.0.113.8'), 0);
    await world.clock.advance(1_000);
    assert.deepEqual([world.core.knock(stranger), world.core.knock(stranger) > 0], [0, true]);
  });

  it('links: all addresses of one /24 or /48 together have a bound of their own, and the network beside it another', async () => {
    const wide = new RelayWorld({ limits: { linksPerNetwork: { burst: 5, perSecond: 1 } } });
    for (const name of [(last: number) => `198.51.100.${String(last)}`, (last: number) => `2001:db8:7:${String(last)}::1`]) {
      assert.deepEqual(
        [1, 2, 3, 4, 5, 6].map((last) => wide.core.knock(name(last)) > 0),
        [false, false, false, false, false, true],
      );
    }
    assert.deepEqual([wide.core.knock('198.51.101.1'), wide.core.knock('2001:db8:8::1')], [0, 0]);
    await wide.finish();
  });

  it('links: all addresses of one /64 are one, and those of its neighbour another', () => {
    for (const last of ['1', '2', 'ffff:ffff:ffff:ffff'])
      assert.equal(world.core.knock(`2001:db8:0:1:${last.includes(':') ? last : `:${last}`}`), 0);
    assert.ok(world.core.knock('2001:db8:0:1::abcd') > 0);
    assert.equal(world.core.knock('2001:db8:0:2::1'), 0);
  });

  it('links: a proxy or house that is near is not limited, for it is not one stranger', () => {
    for (const near of ['127.0.0.1', '::1', '10.1.2.3', '192.168.0.9', 'fd00::1'])
      assert.deepEqual(new Set(Array.from({ length: 20 }, () => world.core.knock(near))), new Set([0]));
  });

  it('dials: wrong codes on one link or on many end with relayBusy, and a right one is refused alike until a token has come back', async () => {
    await world.device({ tokens: ['right'] });
    const first = world.connect('client').answerHeartbeats();
    assert.deepEqual([await dialOn(first, 'wrong 1'), await dialOn(first, 'wrong 2')], [undefined, undefined]);
    const second = world.connect('client').answerHeartbeats();
    assert.equal(await dialOn(second, 'wrong 3'), undefined);
    assert.equal(await dialOn(second, 'wrong 4'), busy);
    assert.deepEqual(second.types, ['waiting']);
    const third = world.connect('client').answerHeartbeats();
    assert.deepEqual([await dialOn(third, 'right'), third.types], [busy, []]);
    const elsewhere = await world.dial('right', '203.0.113.99');
    assert.deepEqual(elsewhere.types, ['joined']);
    await world.clock.advance(1_000);
    assert.deepEqual((await world.dial('right')).types, ['joined']);
  });

  it('offers: a device that sends TOKENS without end loses its link, and a new link does not wash it clean', async () => {
    const device = await world.device();
    const again = async (end: TestEnd, seq: number): Promise<number | undefined> => {
      await end.say({ type: 'tokens', seq, replace: true, add: [hashOf('token')], remove: [] });
      return end.closeCode;
    };
    assert.deepEqual([await again(device, 2), await again(device, 3), await again(device, 4)], [undefined, undefined, busy]);
    const back = await world.register({ key: device.key, claim: { attempt: 2 } });
    assert.equal(await again(back, 1), busy);
    const other = await world.device();
    assert.equal(other.closeCode, undefined);
    await world.clock.advance(1_000);
    const later = await world.register({ key: device.key, claim: { attempt: 3 } });
    assert.equal(await again(later, 1), undefined);
  });

  it('joins: a paired client that comes back without end is told to wait, and the other devices’ clients are not', async () => {
    const device = await world.device({ tokens: ['one'] });
    await world.device({ tokens: ['other'] });
    for (let join = 1; join <= 3; join++) {
      const client = await world.dial('one', `203.0.113.${String(join)}`);
      assert.deepEqual(client.types, ['joined']);
      client.socket.close(1000);
      await world.clock.settle();
    }
    assert.equal((await world.dial('one', '203.0.113.4')).closeCode, busy);
    assert.deepEqual((await world.dial('other', '203.0.113.5')).types, ['joined']);
    assert.equal(device.closeCode, undefined);
    await world.clock.advance(1_000);
    assert.deepEqual((await world.dial('one', '203.0.113.6')).types, ['joined']);
  });
});

describe('the rates of a relay', () => {
  it('are those of the limits, and what they remember is bounded by them, whatever addresses and devices come', () => {
    const clock = new FakeClock();
    const limits = defaultRelayLimits;
    assert.deepEqual(
      [limits.linksPerAddress, limits.dialsPerAddress, limits.tokensRatePerDevice, limits.joinsPerDevice],
      [LINKS_PER_ADDRESS, DIALS_PER_ADDRESS, TOKENS_PER_DEVICE, JOINS_PER_DEVICE],
    );
    const rates = new RelayRates(clock, limits);
    for (let number = 0; number < 50_000; number++) {
      const hex = number.toString(16);
      assert.equal(rates.link(`2001:db8:${hex}::1`) + rates.dial(`2001:db8:0:${hex}::1`), 0);
      assert.equal(rates.tokens(`device ${hex}`) + rates.join(`device ${hex}`), 0);
      assert.ok(rates.names <= 5 * MAX_RATE_NAMES);
    }
    assert.equal(rates.names, 5 * MAX_RATE_NAMES);
    for (let last = 0; last < 10_000; last++) rates.link(`2001:db8:ffff:ffff:${last.toString(16)}::1`);
    assert.ok(rates.link('2001:db8:ffff:ffff::1') > 0, 'a flood from one /64 is one address');
  });
});
