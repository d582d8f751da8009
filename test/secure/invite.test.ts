import assert from 'node:assert/strict';
import fc from 'fast-check';
import { utf8 } from '../../src/base/bytes.ts';
import { checkInvite, isInviteName, mintInvite } from '../../src/secure/invite.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';

const secret = utf8('a secret of the relay');
const notAfter = 1_800_000_000;
const before = notAfter * 1000;
const none: ReadonlySet<string> = new Set();
const invite = mintInvite(nodeCrypto, secret, 'anna', notAfter);
const checked = (text: string, nowMs = before, revoked = none) => checkInvite(nodeCrypto, secret, text, nowMs, revoked);

const names = fc.stringMatching(/^[a-z0-9-]{1,32}$/);
const times = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

describe('an invite', () => {
  it('is recognised by the relay that minted it, for every name and time', () => {
    fc.assert(
      fc.property(names, times, (name, time) => {
        assert.deepEqual(checked(mintInvite(nodeCrypto, secret, name, time), 0), { kind: 'ok', name, notAfter: time });
      }),
    );
  });

  it('has bytes that stay as they are', () => {
    assert.equal(invite, 'anna.1800000000.dsv3SJ6LUPpRpFKClfRbvjqcJEPMUufDsb7SVmJH4JU');
  });

  it('is good through its last second and expired after it', () => {
    assert.equal(checked(invite, before + 999).kind, 'ok');
    assert.deepEqual(checked(invite, before + 1000), { kind: 'expired', name: 'anna', notAfter });
  });

  it('is revoked by its name', () => {
    assert.deepEqual(checked(invite, before, new Set(['anna'])), { kind: 'revoked', name: 'anna' });
    assert.equal(checked(invite, before, new Set(['bert'])).kind, 'ok');
  });

  it('is not taken with another name, time, mac or secret', () => {
    const [name = '', time = '', mac = ''] = invite.split('.');
    assert.equal(checked(`bert.${time}.${mac}`).kind, 'badMac');
    assert.equal(checked(`${name}.1900000000.${mac}`).kind, 'badMac');
    assert.equal(checked(`${name}.${time}.${'A'.repeat(43)}`).kind, 'badMac');
    assert.equal(checkInvite(nodeCrypto, utf8('another secret of it'), invite, before, none).kind, 'badMac');
  });

  it('says nothing of expiry or revocation for what the relay never minted', () => {
    const forged = `anna.1.${'A'.repeat(43)}`;
    assert.equal(checked(forged, before, new Set(['anna'])).kind, 'badMac');
  });

  it('is malformed in any other form', () => {
    const [name = '', time = '', mac = ''] = invite.split('.');
    const bad = [
      '',
      '.',
      'anna',
      `${name}.${time}`,
      `${invite}.x`,
      ` ${invite}`,
      `${invite}\n`,
      `Anna.${time}.${mac}`,
      `${name}.0${time}.${mac}`,
    ];
    bad.push(`${name}.+5.${mac}`, `${name}.1e9.${mac}`, `${name}.9999999999999999.${mac}`, `${name}.${time}.${mac}=`, `.${time}.${mac}`);
    bad.push(`${'a'.repeat(33)}.${time}.${mac}`, `${name}.${time}.${mac.slice(0, 42)}`, `${name}.${time}.${'A'.repeat(42)}B`);
    for (const text of bad) assert.equal(checked(text).kind, 'malformed', text);
  });

  it('is never taken from random text', () => {
    fc.assert(fc.property(fc.string(), (text) => checked(text).kind !== 'ok'));
  });

  it('is not minted for a name, a time or a secret that cannot stand in one', () => {
    assert.throws(() => mintInvite(nodeCrypto, secret, 'Anna', notAfter), RangeError);
    assert.throws(() => mintInvite(nodeCrypto, secret, '', notAfter), RangeError);
    assert.throws(() => mintInvite(nodeCrypto, secret, 'anna', 1.5), RangeError);
    assert.throws(() => mintInvite(nodeCrypto, secret, 'anna', 0), RangeError);
    assert.throws(() => mintInvite(nodeCrypto, utf8('short'), 'anna', notAfter), RangeError);
    assert.equal(isInviteName('a.b'), false);
  });
});
