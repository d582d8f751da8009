import assert from 'node:assert/strict';
import { addressKey, isNearAddress, shortAddress } from '../../src/relay/addresses.ts';
import { ParkedDials } from '../../src/relay/parkedDials.ts';

describe('addresses', () => {
  it('knows loopback and private peers', () => {
    for (const near of [
      '127.0.0.1',
      '127.9.9.9',
      '10.1.2.3',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.0.1',
      '169.254.1.1',
      '::ffff:127.0.0.1',
      '::1',
      'fc00::1',
      'fdab::1',
      'fe80::1%eth0',
    ])
      assert.equal(isNearAddress(near), true, near);
    for (const far of [
      '8.8.8.8',
      '172.15.0.1',
      '172.32.0.1',
      '192.169.0.1',
      '11.0.0.1',
      '::ffff:8.8.8.8',
      '2001:db8::1',
      '::2',
      'nonsense',
      '',
      '1.2.3.256',
      '1::2::3',
      '1:2:3',
      '12345::',
    ])
      assert.equal(isNearAddress(far), false, far);
  });

  it('counts an IPv4 address as itself and an IPv6 one by its first half', () => {
    assert.equal(addressKey('::ffff:192.0.2.1'), addressKey('192.0.2.1'));
    assert.notEqual(addressKey('192.0.2.1'), addressKey('192.0.2.2'));
    assert.equal(addressKey('2001:db8:0:1::1'), addressKey('2001:db8:0:1:2:3:4:5'));
    assert.notEqual(addressKey('2001:db8:0:1::1'), addressKey('2001:db8:0:2::1'));
    assert.equal(addressKey('nonsense'), 'unknown');
  });

  it('shortens what goes into a log', () => {
    assert.deepEqual(['192.0.2.77', '2001:db8:5:6::7', '?'].map(shortAddress), ['192.0.2.0', '2001:db8:5::', 'unknown']);
  });

  it('gives a parking place back once', () => {
    const parked = new ParkedDials(10, 1);
    const place = parked.park('8.8.8.8');
    assert.equal(parked.park('8.8.8.8'), undefined);
    place?.dispose();
    place?.dispose();
    assert.equal(parked.total, 0);
    assert.ok(parked.park('8.8.8.8'));
  });
});
