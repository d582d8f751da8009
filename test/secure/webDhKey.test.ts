import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { nobleCrypto } from '../../src/secure/nobleCrypto.ts';
import { generateClientKey, generateRawClientKey, openClientKey } from '../../src/secure/web/clientKey.ts';
import { canMakeWebDhKeys, generateWebDhKey, WebDhKey } from '../../src/secure/web/webDhKey.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { lowOrderPoints } from './cryptoPort.conformance.ts';
import { createPair, deviceKey, handshake } from './handshakePair.ts';

const subtle = webcrypto.subtle as SubtleCrypto;
/** A runtime with Web Crypto but without X25519. */
const withoutX25519 = { generateKey: () => Promise.reject(new Error('NotSupportedError')) } as unknown as SubtleCrypto;

describe('a key inside Web Crypto', () => {
  it('agrees with the same exchange on noble', async () => {
    const key = await generateWebDhKey(subtle);
    const other = nobleCrypto.importKey(new Uint8Array(32).fill(3));
    assert.deepEqual(await key.dh(other.publicKey), other.dh(key.publicKey));
  });

  it('does not come out', async () => {
    const key = await generateWebDhKey(subtle);
    assert.equal(key.privateKey.extractable, false);
    for (const format of ['pkcs8', 'jwk'] as const) await assert.rejects(subtle.exportKey(format, key.privateKey));
  });

  it('is the same key after it was kept and opened again', async () => {
    const key = await generateWebDhKey(subtle);
    const again = new WebDhKey(subtle, structuredClone(key.privateKey), key.publicKey);
    assert.deepEqual(await again.dh(deviceKey.publicKey), deviceKey.dh(key.publicKey));
  });

  it('refuses every low-order point and keys of a wrong length', async () => {
    const key = await generateWebDhKey(subtle);
    for (const point of lowOrderPoints) await assert.rejects(key.dh(point));
    await assert.rejects(key.dh(new Uint8Array(31)));
  });

  it('refuses a low-order point even where Web Crypto does not', async () => {
    const key = await generateWebDhKey(subtle);
    const lenient = {
      importKey: subtle.importKey.bind(subtle),
      deriveBits: () => Promise.resolve(new ArrayBuffer(32)),
    } as unknown as SubtleCrypto;
    await assert.rejects(new WebDhKey(lenient, key.privateKey, key.publicKey).dh(deviceKey.publicKey), /low-order/);
  });

  it('runs the handshake as the client’s own key', async () => {
    const key = await generateWebDhKey(subtle);
    const { client, device } = await handshake(createPair({ crypto: nobleCrypto, initiator: { staticKey: key } }));
    assert.deepEqual(client.handshakeHash, device.handshakeHash);
    assert.deepEqual(device.remoteStatic, key.publicKey);
  });
});

describe('a page’s key', () => {
  it('is native where the runtime can', async () => {
    assert.equal(await canMakeWebDhKeys(subtle), true);
    const key = await generateClientKey(subtle, new SeededRandom(1));
    assert.ok(key.kind === 'native');
    const opened = openClientKey(subtle, nobleCrypto, key);
    assert.deepEqual(await opened.dh(deviceKey.publicKey), deviceKey.dh(key.publicKey));
    assert.throws(() => openClientKey(undefined, nobleCrypto, key));
  });

  it('is raw where it cannot, or where the page says so', async () => {
    assert.equal(await canMakeWebDhKeys(undefined), false);
    assert.equal(await canMakeWebDhKeys(withoutX25519), false);
    const keys = [await generateClientKey(undefined, new SeededRandom(1)), await generateClientKey(withoutX25519, new SeededRandom(1))];
    for (const key of [...keys, generateRawClientKey(new SeededRandom(1))]) {
      assert.ok(key.kind === 'raw');
      const opened = openClientKey(undefined, nobleCrypto, key);
      assert.deepEqual(opened.dh(deviceKey.publicKey), deviceKey.dh(opened.publicKey));
    }
  });

  it('is not native where generated keys would come out', async () => {
    const leaky = Object.assign(Object.create(null) as object, {
      generateKey: (algorithm: AlgorithmIdentifier, _extractable: boolean, usages: KeyUsage[]) =>
        subtle.generateKey(algorithm, true, usages),
      exportKey: subtle.exportKey.bind(subtle),
      importKey: subtle.importKey.bind(subtle),
      deriveBits: subtle.deriveBits.bind(subtle),
    }) as unknown as SubtleCrypto;
    assert.equal(await canMakeWebDhKeys(leaky), false);
  });
});
