import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import { parseDeviceId, deviceIdOf, isDeviceId } from '../../src/secure/deviceIdentity.ts';
import { nobleCrypto } from '../../src/secure/nobleCrypto.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { formatPairingLink, parsePairingFragment, parsePairingLink } from '../../src/secure/pairingLink.ts';
import {
  deriveClient,
  deriveOffer,
  formatPairingCode,
  generatePairingSecret,
  pairingFragment,
  parsePairingCode,
  rootOf,
} from '../../src/secure/pairingSecret.ts';
import { prologue } from '../../src/secure/prologue.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { deviceKey } from './handshakePair.ts';

const isBadLink = (error: unknown): boolean => error instanceof TunnelError && error.code === 'badPairingLink';
const secrets = fc.integer().map((seed) => generatePairingSecret(new SeededRandom(seed)));
const keys = fc.uint8Array({ minLength: 32, maxLength: 32 });
const secret = fromHex('00112233445566778899aabbc0');

describe('a pairing secret', () => {
  it('has 100 bits, each of them in use', () => {
    const ones = new Uint8Array(13);
    const zeros = new Uint8Array(13).fill(255);
    for (let seed = 0; seed < 60; seed++) {
      generatePairingSecret(new SeededRandom(seed)).forEach((byte, at) => {
        ones[at] = (ones[at] ?? 0) | byte;
        zeros[at] = (zeros[at] ?? 0) & byte;
      });
    }
    assert.equal(toHex(ones), `${'ff'.repeat(12)}f0`);
    assert.equal(toHex(zeros), '00'.repeat(13));
  });

  it('reads the same from what is typed and from what stands in a link', () => {
    fc.assert(
      fc.property(secrets, (each) => {
        assert.match(formatPairingCode(each), /^([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}$/);
        assert.deepEqual(parsePairingCode(formatPairingCode(each)), each);
        assert.deepEqual(parsePairingCode(formatPairingCode(each).toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l')), each);
        assert.deepEqual(parsePairingCode(pairingFragment(each)), each);
      }),
    );
  });

  it('is refused when it is not whole', () => {
    for (const text of ['', '12345', '12345-12345-12345-1234', '12345-12345-12345-12345-1', '12345-12345-12345-1234U', 'x'.repeat(1000)]) {
      assert.throws(() => parsePairingCode(text), isBadLink);
    }
  });
});

describe('what is derived from pairing secrets', () => {
  it('stays as it is', () => {
    const offer = deriveOffer(nodeCrypto, secret);
    const root = rootOf(nodeCrypto, new Uint8Array(32).fill(1));
    const client = deriveClient(nodeCrypto, root);
    assert.equal(formatPairingCode(secret), '008J4-CT4AN-K7F24-SNAXW');
    assert.equal(toHex(offer.psk), '4948b777de7a118093391034d4fb5b2232f8bb92095d2b474614bfbd12260ac4');
    assert.equal(toHex(offer.dialToken), 'a6dfb13e36fce98bbfd1ed18f2371ef34f9857423e45dc6ad7dd4df15597ad90');
    assert.equal(toHex(offer.dialHash), '6f7fa96a34437457e05227399d5c2188b1ebc95c5be19201f5399c32932696d9');
    assert.equal(toHex(root), 'd01c455e089a752419e83ebeab4e59a305b4bed0f3cf9ed7f1b927e442d8c945');
    assert.equal(toHex(client.psk), '573c8c0bf3cf272eaa08a71455a0838f5d3f0392926e77b823cc6aeacf8860c5');
    assert.equal(toHex(client.dialToken), '95f41b700787edb424af90d29c494e6f3830c263e11948434e706444264af199');
    assert.equal(toHex(client.dialHash), 'bb2676e09afa851db8ac06f1be6ea18405d5f2e1108cefe18981e436caf17ed3');
  });

  it('is the same on noble', () => {
    assert.deepEqual(deriveOffer(nobleCrypto, secret), deriveOffer(nodeCrypto, secret));
    assert.deepEqual(deriveClient(nobleCrypto, secret), deriveClient(nodeCrypto, secret));
    assert.deepEqual(rootOf(nobleCrypto, secret), rootOf(nodeCrypto, secret));
  });

  it('is never the same twice, whatever it is for', () => {
    const root = new Uint8Array(32).fill(1);
    const all = [deriveOffer(nodeCrypto, root), deriveClient(nodeCrypto, root)].flatMap(({ psk, dialToken, dialHash }) => [
      psk,
      dialToken,
      dialHash,
    ]);
    assert.equal(new Set([root, rootOf(nodeCrypto, root), ...all].map(toHex)).size, 8);
  });

  it('has the hash of the dial token as dial hash', () => {
    const { dialToken, dialHash } = deriveClient(nodeCrypto, secret);
    assert.deepEqual(nodeCrypto.sha256(dialToken), dialHash);
  });
});

describe('a pairing link', () => {
  const link = formatPairingLink({ origin: 'https://relay.example', deviceKey: deviceKey.publicKey, secret });

  it('says relay, device and secret, and is made of characters that survive being handed on', () => {
    fc.assert(
      fc.property(keys, secrets, (key, each) => {
        const text = formatPairingLink({ origin: 'https://relay.example:8443', deviceKey: key, secret: each });
        assert.match(text, /^https:\/\/relay\.example:8443\/#pair=[A-Za-z0-9._-]+$/);
        assert.deepEqual(parsePairingLink(text), { origin: 'https://relay.example:8443', deviceKey: key, secret: each });
      }),
    );
  });

  it('keeps everything secret behind the #', () => {
    assert.equal(link.split('#')[0], 'https://relay.example/');
  });

  it('is read from a loopback relay, with spaces around it, and with its equals sign escaped', () => {
    const local = formatPairingLink({ origin: 'http://127.0.0.1:9000', deviceKey: deviceKey.publicKey, secret });
    assert.equal(parsePairingLink(local).origin, 'http://127.0.0.1:9000');
    assert.deepEqual(parsePairingLink(`  ${link}\n`), parsePairingLink(link));
    assert.deepEqual(parsePairingLink(link.replace('=', '%3D')), parsePairingLink(link));
  });

  it('is read by the page from its own address', () => {
    const { deviceKey: key, secret: read } = parsePairingFragment(new URL(link).hash);
    assert.deepEqual([key, read], [deviceKey.publicKey, secret]);
    assert.deepEqual(parsePairingFragment(new URL(link).hash.slice(1)), parsePairingFragment(new URL(link).hash));
  });

  it('is refused when anything is missing, added or not a relay', () => {
    const [address = '', fragment = ''] = link.split('#');
    const bad = [
      '',
      address,
      `#${fragment}`,
      `${address}#`,
      link.slice(0, -1),
      `${link}A`,
      link.replace('.0', '0'),
      link.replace('pair=', 'pear='),
    ];
    bad.push(
      `http://relay.example/#${fragment}`,
      `ftp://relay.example/#${fragment}`,
      `https://relay.example/x/#${fragment}`,
      `${link}#${fragment}`,
    );
    bad.push(link.replace(/.(?=\.[^.]*$)/, '_'), link.replace(/.$/, 'U'));
    for (const text of bad) assert.throws(() => parsePairingLink(text), isBadLink, text);
  });

  it('never reads from random text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.throws(() => parsePairingLink(text), isBadLink);
      }),
    );
  });
});

describe('a device id', () => {
  it('is the public key', () => {
    fc.assert(
      fc.property(keys, (key) => {
        assert.equal(deviceIdOf(key).length, 43);
        assert.deepEqual(parseDeviceId(deviceIdOf(key)), key);
      }),
    );
    assert.throws(() => deviceIdOf(new Uint8Array(31)), RangeError);
  });

  it('has one form alone', () => {
    const id = deviceIdOf(deviceKey.publicKey);
    for (const text of ['', id.slice(1), `${id}A`, `${id}=`, id.replace(/.$/, '_'), ` ${id.slice(1)}`])
      assert.equal(isDeviceId(text), false, text);
    assert.equal(isDeviceId(id), true);
  });
});

describe('the prologue', () => {
  it('is version, purpose and device', () => {
    assert.equal(toHex(prologue('pairing', Uint8Array.of(0xaa))), '63326c3101aa');
    assert.equal(toHex(prologue('session', Uint8Array.of(0xaa))), '63326c3102aa');
  });
});
