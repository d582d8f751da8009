import assert from 'node:assert/strict';
import { toHex } from '../../src/base/bytes.ts';
import { proveAdmission, verifyAdmission, type AdmissionCheck } from '../../src/secure/admission.ts';
import { nobleCrypto } from '../../src/secure/nobleCrypto.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { asyncKey } from './asyncKey.ts';
import { lowOrderPoints } from './cryptoPort.conformance.ts';

const device = nodeCrypto.importKey(new Uint8Array(32).fill(1));
const relay = nodeCrypto.importKey(new Uint8Array(32).fill(2));
const nonce = new Uint8Array(32).fill(3);
const claim = { epoch: 7, instance: new Uint8Array(16).fill(4), attempt: 9 };
const challenge = { relayKey: relay.publicKey, nonce };
const origin = 'https://relay.example';
const proof = proveAdmission(nodeCrypto, device, origin, challenge, claim) as Uint8Array;
const check: AdmissionCheck = { relayKey: relay, nonce, deviceKey: device.publicKey, claim, proof, origins: [origin] };

describe('admission', () => {
  it('admits the device that holds the key, and says which origin it dialled', () => {
    assert.equal(verifyAdmission(nodeCrypto, check), origin);
    assert.equal(verifyAdmission(nodeCrypto, { ...check, origins: ['https://other.example', origin] }), origin);
  });

  it('has a proof whose bytes stay as they are', () => {
    assert.equal(toHex(proof), '1d7946b7d5b33106936f17b5ce6c21e8fffd707035b1b25b842e8f385579467f');
  });

  it('is the same on noble', () => {
    assert.deepEqual(proveAdmission(nobleCrypto, nobleCrypto.importKey(new Uint8Array(32).fill(1)), origin, challenge, claim), proof);
    assert.equal(verifyAdmission(nobleCrypto, { ...check, relayKey: nobleCrypto.importKey(new Uint8Array(32).fill(2)) }), origin);
  });

  it('waits for keys that answer later', async () => {
    assert.deepEqual(await proveAdmission(nodeCrypto, asyncKey(device), origin, challenge, claim), proof);
    assert.equal(await verifyAdmission(nodeCrypto, { ...check, relayKey: asyncKey(relay) }), origin);
    assert.equal(await verifyAdmission(nodeCrypto, { ...check, relayKey: asyncKey(relay), deviceKey: new Uint8Array(32) }), undefined);
  });

  const changed: Record<string, Partial<AdmissionCheck>> = {
    'another relay key': { relayKey: nodeCrypto.importKey(new Uint8Array(32).fill(5)) },
    'another nonce': { nonce: new Uint8Array(32) },
    'another device': { deviceKey: nodeCrypto.importKey(new Uint8Array(32).fill(6)).publicKey },
    'another epoch': { claim: { ...claim, epoch: 8 } },
    'another instance': { claim: { ...claim, instance: new Uint8Array(16) } },
    'another attempt': { claim: { ...claim, attempt: 10 } },
    'an origin that is not ours': { origins: ['https://evil.example'] },
    'no origin at all': { origins: [] },
    'a proof that is cut': { proof: proof.subarray(0, 31) },
    'an empty proof': { proof: new Uint8Array(0) },
  };
  for (const [what, change] of Object.entries(changed)) {
    it(`refuses ${what}`, () => {
      assert.equal(verifyAdmission(nodeCrypto, { ...check, ...change }), undefined);
    });
  }

  it('refuses a proof with any bit changed', () => {
    for (let bit = 0; bit < proof.length * 8; bit++) {
      const flipped = proof.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.equal(verifyAdmission(nodeCrypto, { ...check, proof: flipped }), undefined);
    }
  });

  it('refuses a low-order point as device key, whatever the proof', () => {
    for (const deviceKey of lowOrderPoints) assert.equal(verifyAdmission(nodeCrypto, { ...check, deviceKey }), undefined);
  });

  it('proves nothing to a relay whose key is a low-order point', () => {
    for (const relayKey of lowOrderPoints) assert.throws(() => proveAdmission(nodeCrypto, device, origin, { relayKey, nonce }, claim));
  });
});
