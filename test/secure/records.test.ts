import assert from 'node:assert/strict';
import fc from 'fast-check';
import { emptyBytes, toHex, utf8 } from '../../src/base/bytes.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import { MAX_RECORD_BYTES, MAX_RECORD_FRAMES_BYTES } from '../../src/protocol/limits.ts';
import { CipherState, nonceOf } from '../../src/secure/cipherState.ts';
import type { CryptoPort } from '../../src/secure/crypto.ts';
import { nobleCrypto } from '../../src/secure/nobleCrypto.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { paddedBytes, RecordOpener, RecordSealer } from '../../src/secure/records.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

const key = new Uint8Array(32).fill(21);
const cipher = (crypto: CryptoPort = nodeCrypto): CipherState => new CipherState(crypto, key);
const isSessionBroken = (error: unknown): boolean => error instanceof TunnelError && error.code === 'sessionBroken';

function refuses(opener: RecordOpener, record: Uint8Array): void {
  assert.throws(() => opener.open(record), isSessionBroken);
}

/** A record whose plaintext is not what a sealer would have written. */
function crafted(plaintext: Uint8Array): Uint8Array {
  return cipher().encrypt(emptyBytes, plaintext);
}

/** Notes every (key, nonce) that seals. */
function watching(seen: string[]): CryptoPort {
  return {
    ...nodeCrypto,
    aead(raw) {
      const name = toHex(raw);
      const aead = nodeCrypto.aead(raw);
      return {
        seal(nonce, ad, plaintext) {
          seen.push(`${name} ${toHex(nonce)}`);
          return aead.seal(nonce, ad, plaintext);
        },
        open: (nonce, ad, ciphertext) => aead.open(nonce, ad, ciphertext),
      };
    },
  };
}

describe('records', () => {
  it('carry frames of every length, in order, whatever port is at either end', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 8 }), fc.boolean(), (all, turned) => {
        const [a, b] = turned ? [nodeCrypto, nobleCrypto] : [nobleCrypto, nodeCrypto];
        const [sealer, opener] = [new RecordSealer(cipher(a)), new RecordOpener(cipher(b))];
        for (const frames of all) assert.deepEqual(opener.open(sealer.seal(frames)), frames);
      }),
      { numRuns: 60 },
    );
  });

  it('have the sizes of their buckets', () => {
    const sizes = [
      [0, 80], [1, 80], [62, 80], [63, 144], [126, 144], [127, 272], [254, 272], [255, 528], [510, 528], [511, 1040], [1022, 1040],
      [1023, 2064], [2046, 2064], [2047, 3088], [15_358, 15_376], [15_359, 16_400], [16_382, 16_400],
    ] as const; // prettier-ignore
    for (const [frames, record] of sizes)
      assert.equal(new RecordSealer(cipher()).seal(new Uint8Array(frames)).length, record, String(frames));
    assert.equal(sizes.at(-1)?.[1], MAX_RECORD_BYTES);
  });

  it('have bytes that stay as they are', () => {
    const sealer = new RecordSealer(cipher());
    assert.equal(
      toHex(sealer.seal(utf8('first'))),
      '18c535d7b478d2eb201868da7144f0dac49023176dca592bcc83b2ccb4391232c382927d4bf21d5e8924c190be466e2c5f7b438515616d35c2625e5ad606fc33159c5dca4b3765a06401182b9d9fa184',
    );
    assert.equal(
      toHex(sealer.seal(utf8('first'))),
      '9f27b1e9450724eb520e94f275485ce5fc14b0b618fe2135a654035746e9daebb8540c6cd4fedc6c7f486a15a3a9af2cf8ae561f93e28407797fc854c58af73e7a7652bb135c2a0da1ca5760381ea9be',
    );
  });

  it('take no more frames than fit', () => {
    const sealer = new RecordSealer(cipher());
    assert.throws(() => sealer.seal(new Uint8Array(MAX_RECORD_FRAMES_BYTES + 1)), RangeError);
    assert.deepEqual(new RecordOpener(cipher()).open(sealer.seal(utf8('x'))), utf8('x'), 'and no counter is used up');
  });

  it('are never accepted from random bytes', () => {
    const random = new SeededRandom(4);
    const aead = nodeCrypto.aead(key);
    const crypto = { ...nodeCrypto, aead: () => aead }; // one import of the key for all
    let accepted = 0;
    for (let i = 0; i < 10_000; i++) {
      const count = i % 2 === 0 ? paddedBytes(1 + random.int(600)) + 16 : random.int(1200);
      try {
        new RecordOpener(cipher(crypto)).open(random.bytes(count));
        accepted += 1;
      } catch (error) {
        assert.ok(isSessionBroken(error));
      }
    }
    assert.equal(accepted, 0);
  });

  it('are refused with any bit changed', () => {
    const record = new RecordSealer(cipher()).seal(utf8('frames'));
    for (let bit = 0; bit < record.length * 8; bit++) {
      const changed = record.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      refuses(new RecordOpener(cipher()), changed);
    }
  });

  it('are refused when repeated, out of order, or after a missing one', () => {
    const sealer = new RecordSealer(cipher());
    const [a, b, c] = [sealer.seal(utf8('a')), sealer.seal(utf8('b')), sealer.seal(utf8('c'))];
    const opened = (...records: Uint8Array[]): RecordOpener => {
      const opener = new RecordOpener(cipher());
      for (const record of records) opener.open(record);
      return opener;
    };
    refuses(opened(a), a);
    refuses(opened(), b);
    refuses(opened(a), c);
    refuses(opened(a, b), a);
    assert.deepEqual(opened(a, b).open(c), utf8('c'));
  });

  it('are all refused after one that was', () => {
    const sealer = new RecordSealer(cipher());
    const opener = new RecordOpener(cipher());
    refuses(opener, new Uint8Array(80));
    refuses(opener, sealer.seal(utf8('good')));
  });

  it('are refused with padding that is not zero, wherever it is', () => {
    for (const at of [2 + 5, 40, 63]) {
      const plaintext = new Uint8Array(64);
      plaintext[1] = 5;
      refuses(new RecordOpener(cipher()), crafted(plaintext.with(at, 1)));
      assert.equal(new RecordOpener(cipher()).open(crafted(plaintext)).length, 5);
    }
  });

  it('are refused with a length that does not fit', () => {
    const withLength = (length: number, size: number): Uint8Array => new Uint8Array(size).with(0, length >> 8).with(1, length & 255);
    for (const [length, size] of [
      [63, 64],
      [0xffff, 64],
      [0, 128],
      [62, 128],
      [254, 512],
      [16_383, 16_384],
    ] as const) {
      refuses(new RecordOpener(cipher()), crafted(withLength(length, size)));
    }
    assert.equal(new RecordOpener(cipher()).open(crafted(withLength(63, 128))).length, 63);
  });

  it('are refused in a size that no sealer makes', () => {
    for (const size of [0, 1, 2, 63, 65, 127, 513, 1025, 17_408]) refuses(new RecordOpener(cipher()), crafted(new Uint8Array(size)));
    for (const size of [0, 1, 15, 16]) refuses(new RecordOpener(cipher()), new Uint8Array(size));
  });

  it('cost no decryption when their size is wrong', () => {
    let opened = 0;
    const counting = { ...nodeCrypto.aead(key), open: (): Uint8Array => new Uint8Array(64).fill(opened++) };
    const crypto = { ...nodeCrypto, aead: () => counting };
    for (const size of [0, 16, 79, 81, MAX_RECORD_BYTES + 1024]) refuses(new RecordOpener(cipher(crypto)), new Uint8Array(size));
    assert.equal(opened, 0);
  });
});

describe('a nonce', () => {
  it('is 32 zero bits and the counter, big-endian, in all its width', () => {
    assert.equal(toHex(nonceOf(0)), '000000000000000000000000');
    assert.equal(toHex(nonceOf(0x01020304)), '000000000000000001020304');
    assert.equal(toHex(nonceOf(2 ** 32)), '000000000000000100000000');
    assert.equal(toHex(nonceOf(Number.MAX_SAFE_INTEGER)), '00000000001fffffffffffff');
    assert.throws(() => nonceOf(Number.MAX_SAFE_INTEGER + 1), RangeError);
  });
});

describe('REKEY', () => {
  it('comes at both ends after the same record, again and again', () => {
    const [sealer, opener] = [new RecordSealer(cipher(), 3), new RecordOpener(cipher(), 3)];
    for (let i = 0; i < 20; i++) assert.deepEqual(opener.open(sealer.seal(Uint8Array.of(i))), Uint8Array.of(i));
  });

  it('leaves the old key behind', () => {
    const [rekeying, staying, opener] = [new RecordSealer(cipher(), 3), new RecordSealer(cipher(), 100), new RecordOpener(cipher(), 3)];
    for (let i = 0; i < 3; i++) {
      const record = rekeying.seal(Uint8Array.of(i));
      assert.deepEqual(staying.seal(Uint8Array.of(i)), record);
      opener.open(record);
    }
    assert.notDeepEqual(rekeying.seal(Uint8Array.of(3)), staying.seal(Uint8Array.of(3)));
    refuses(opener, staying.seal(Uint8Array.of(4)));
  });

  it('makes the key that Noise says, and the counter goes on', () => {
    const seen: string[] = [];
    const sealer = new RecordSealer(new CipherState(watching(seen), key), 2);
    for (let i = 0; i < 3; i++) sealer.seal(emptyBytes);
    const last = Uint8Array.of(0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255);
    const next = nodeCrypto.aead(key).seal(last, emptyBytes, new Uint8Array(32)).subarray(0, 32);
    assert.deepEqual(seen, [
      `${toHex(key)} 000000000000000000000000`,
      `${toHex(key)} 000000000000000000000001`,
      `${toHex(key)} ${toHex(last)}`,
      `${toHex(next)} 000000000000000000000002`,
    ]);
  });

  it('never lets a nonce come back under one key', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 80 }), (interval, count) => {
        const seen: string[] = [];
        const sealer = new RecordSealer(new CipherState(watching(seen), key), interval);
        for (let i = 0; i < count; i++) sealer.seal(emptyBytes);
        assert.equal(new Set(seen).size, seen.length);
        assert.equal(seen.length, count + Math.floor(count / interval));
      }),
      { numRuns: 50 },
    );
  });
});
