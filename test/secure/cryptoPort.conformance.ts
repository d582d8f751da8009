import assert from 'node:assert/strict';
import { fromHex, toHex, utf8 } from '../../src/base/bytes.ts';
import type { CryptoPort } from '../../src/secure/crypto.ts';

const nothing = new Uint8Array(0);

/** Encodings of X25519 points of low order (RFC 7748, section 6.1; the list is that of curve25519's author). */
export const lowOrderPoints = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map(fromHex);

/** What every CryptoPort must do; expectations come from the standards, not from another implementation. */
export function cryptoPortConformance(name: string, crypto: CryptoPort): void {
  describe(`${name} as a CryptoPort`, () => {
    it('hashes as FIPS 180-4 says', () => {
      assert.equal(toHex(crypto.sha256(utf8('abc'))), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
      assert.equal(toHex(crypto.sha256(nothing)), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    });

    it('authenticates as RFC 4231 says, also with a key longer than a block', () => {
      const short = crypto.hmacSha256(utf8('Jefe'), utf8('what do ya want for nothing?'));
      assert.equal(toHex(short), '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
      const long = crypto.hmacSha256(new Uint8Array(131).fill(0xaa), utf8('Test Using Larger Than Block-Size Key - Hash Key First'));
      assert.equal(toHex(long), '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54');
    });

    it('seals as the GCM specification says (test case 16)', () => {
      const aead = crypto.aead(fromHex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308'));
      const nonce = fromHex('cafebabefacedbaddecaf888');
      const plaintext = fromHex(
        'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
      );
      const associated = fromHex('feedfacedeadbeeffeedfacedeadbeefabaddad2');
      const sealed = aead.seal(nonce, associated, plaintext);
      assert.equal(
        toHex(sealed),
        '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662' +
          '76fc6ece0f4e1768cddf8853bb2d551b',
      );
      assert.deepEqual(aead.open(nonce, associated, sealed), plaintext);
    });

    it('seals and opens nothing at all', () => {
      const aead = crypto.aead(new Uint8Array(32));
      const nonce = new Uint8Array(12);
      const sealed = aead.seal(nonce, nothing, nothing);
      assert.equal(toHex(sealed), '530f8afbc74536b9a963b4f1c4cb738b');
      assert.equal(aead.open(nonce, nothing, sealed).length, 0);
    });

    it('opens nothing that was changed, cut, or sealed under another nonce, key or associated data', () => {
      const aead = crypto.aead(new Uint8Array(32).fill(1));
      const nonce = new Uint8Array(12).fill(2);
      const sealed = aead.seal(nonce, utf8('ad'), utf8('plaintext'));
      for (let i = 0; i < sealed.length; i++) {
        const changed = sealed.slice();
        changed[i] = (changed[i] ?? 0) ^ 1;
        assert.throws(() => aead.open(nonce, utf8('ad'), changed));
        assert.throws(() => aead.open(nonce, utf8('ad'), sealed.subarray(0, i)));
      }
      assert.throws(() => aead.open(new Uint8Array(12), utf8('ad'), sealed));
      assert.throws(() => aead.open(nonce, utf8('da'), sealed));
      assert.throws(() => crypto.aead(new Uint8Array(32)).open(nonce, utf8('ad'), sealed));
    });

    it('keeps its own copy of a key, so that the caller may wipe it', () => {
      const key = new Uint8Array(32).fill(7);
      const aead = crypto.aead(key);
      const before = aead.seal(new Uint8Array(12), nothing, utf8('x'));
      const privateKey = new Uint8Array(32).fill(8);
      const dhKey = crypto.importKey(privateKey);
      const other = crypto.importKey(new Uint8Array(32).fill(9)).publicKey;
      const shared = dhKey.dh(other);
      key.fill(0);
      privateKey.fill(0);
      assert.deepEqual(aead.seal(new Uint8Array(12), nothing, utf8('x')), before);
      assert.deepEqual(dhKey.dh(other), shared);
    });

    it('agrees on the X25519 secret of RFC 7748, section 6.1', () => {
      const alice = crypto.importKey(fromHex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'));
      const bob = crypto.importKey(fromHex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'));
      assert.equal(toHex(alice.publicKey), '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
      assert.equal(toHex(bob.publicKey), 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
      const expected = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742';
      assert.equal(toHex(alice.dh(bob.publicKey) as Uint8Array), expected);
      assert.equal(toHex(bob.dh(alice.publicKey) as Uint8Array), expected);
    });

    it('refuses every low-order point', () => {
      const key = crypto.importKey(new Uint8Array(32).fill(5));
      for (const point of lowOrderPoints) assert.throws(() => key.dh(point), toHex(point));
    });

    it('refuses keys of a wrong length', () => {
      assert.throws(() => crypto.aead(new Uint8Array(16)));
      assert.throws(() => crypto.importKey(new Uint8Array(31)));
      assert.throws(() => crypto.importKey(new Uint8Array(32).fill(1)).dh(new Uint8Array(33)));
    });

    it('answers with plain byte arrays, whose slices are copies', () => {
      const key = crypto.importKey(new Uint8Array(32).fill(1));
      const shared = key.dh(crypto.importKey(new Uint8Array(32).fill(2)).publicKey);
      const aead = crypto.aead(new Uint8Array(32));
      const sealed = aead.seal(new Uint8Array(12), nothing, utf8('x'));
      const opened = aead.open(new Uint8Array(12), nothing, sealed);
      for (const bytes of [crypto.sha256(nothing), crypto.hmacSha256(nothing, nothing), key.publicKey, shared, sealed, opened]) {
        assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype);
      }
    });
  });
}
