import { ByteWriter } from '../../../src/base/byteWriter.ts';
import { concatBytes, emptyBytes, toBase64url } from '../../../src/base/bytes.ts';
import type { Random } from '../../../src/base/random.ts';
import { encodeMuxFrame, type MuxFrame } from '../../../src/protocol/muxFrames.ts';
import { proveAdmission } from '../../../src/secure/admission.ts';
import { deriveApiKey, formatApiKey } from '../../../src/secure/apiKey.ts';
import { hkdf } from '../../../src/secure/hkdf.ts';
import { nodeCrypto } from '../../../src/secure/node/nodeCrypto.ts';
import { createInitiator, createResponder } from '../../../src/secure/noise.ts';
import { formatPairingLink } from '../../../src/secure/pairingLink.ts';
import { deriveClient, deriveOffer, formatPairingCode, rootOf } from '../../../src/secure/pairingSecret.ts';
import { prologue } from '../../../src/secure/prologue.ts';
import { wordsOfPairing } from '../../../src/secure/words.ts';
import { fence } from './frames.ts';
import { vector } from './layout.ts';

const fill = (byte: number, count = 32): Uint8Array => new Uint8Array(count).fill(byte);
/** Chance that always falls the same way. */
const always = (byte: number): Random => ({ bytes: (count) => fill(byte, count), float: () => 0.5 });

const privateKeys = { d: fill(0x0d), c: fill(0x0c), e: fill(0x0e) };
const keys = { d: nodeCrypto.importKey(privateKeys.d), c: nodeCrypto.importKey(privateKeys.c), e: nodeCrypto.importKey(privateKeys.e) };
const deviceKey = keys.d.publicKey;

function lines(...of: readonly (readonly [string, Uint8Array | string])[]): string {
  return fence(of.map(([name, value]) => vector(name, value)).join('\n'));
}

export async function admissionVectors(): Promise<string> {
  const [nonce, instance] = [fill(0x11), fill(0x22, 16)];
  const origin = 'https://relay.example';
  const proof = await proveAdmission(nodeCrypto, keys.d, origin, { relayKey: keys.e.publicKey, nonce }, { epoch: 5, instance, attempt: 7 });
  return lines(
    ['d (private)', privateKeys.d],
    ['D', deviceKey],
    ['e (private)', privateKeys.e],
    ['E', keys.e.publicKey],
    ['nonce', nonce],
    ['origin', origin],
    ['epoch', '5'],
    ['instance', instance],
    ['attempt', '7'],
    ['proof', proof],
  );
}

export function secretVectors(): string {
  const secret = Uint8Array.of(...fill(0x5a, 12), 0xa0);
  const offer = deriveOffer(nodeCrypto, secret);
  const root = fill(0x77);
  const client = deriveClient(nodeCrypto, root);
  const keySecret = fill(0x33);
  const key = deriveApiKey(nodeCrypto, keySecret);
  return lines(
    ['S', secret],
    ['S, typed', formatPairingCode(secret)],
    ['link', formatPairingLink({ origin: 'https://relay.example', deviceKey, secret })],
    ['pairing psk', offer.psk],
    ['pairing dial token', offer.dialToken],
    ['pairing dial hash', offer.dialHash],
    ['root', root],
    ['session psk', client.psk],
    ['session dial token', client.dialToken],
    ['session dial hash', client.dialHash],
    ['API key', formatApiKey({ deviceKey, secret: keySecret })],
    ['API key psk', key.psk],
    ['API key dial token', key.dialToken],
    ['API key dial hash', key.dialHash],
    ['API key client public key', key.staticKey.publicKey],
  );
}

export async function handshakeVectors(): Promise<string> {
  const psk = fill(0x99);
  const begin = prologue('session', deviceKey);
  const initiator = createInitiator(nodeCrypto, always(0x1c), { prologue: begin, psk, staticKey: keys.c, remoteStatic: deviceKey });
  const responder = createResponder(nodeCrypto, always(0x1d), { prologue: begin, psk, staticKey: keys.d });
  const message1 = await initiator.writeMessage1();
  await responder.readMessage1(message1);
  const { message: message2, result: device } = await responder.writeMessage2();
  const client = await initiator.readMessage2(message2);
  const split = hkdf(nodeCrypto, emptyBytes, client.chainingKey, emptyBytes, 64);
  const [k1, k2] = [split.subarray(0, 32), split.subarray(32)];
  const ping = frames({ type: 'ping', token: 1 });
  const pong = frames({ type: 'pong', token: 1 });
  const lastNonce = concatBytes(new Uint8Array(4), fill(0xff, 8));
  const rekeyed = nodeCrypto.aead(k1).seal(lastNonce, emptyBytes, new Uint8Array(32)).subarray(0, 32);
  return lines(
    ['d (private)', privateKeys.d],
    ['c (private)', privateKeys.c],
    ['psk', psk],
    ['client ephemeral (private)', fill(0x1c)],
    ['device ephemeral (private)', fill(0x1d)],
    ['prologue', begin],
    ['message 1', message1],
    ['message 2', message2],
    ['handshake hash', client.handshakeHash],
    ['chaining key', client.chainingKey],
    ['key client to device', k1],
    ['key device to client', k2],
    ['record plaintext, PING 1', concatBytes(Uint8Array.of(0, ping.length), ping, new Uint8Array(64 - 2 - ping.length))],
    ['first record of the client', client.sealer.seal(ping)],
    ['first record of the device, PONG 1', device.sealer.seal(pong)],
    ['key client to device after REKEY', rekeyed],
    ['root, had this been a pairing', rootOf(nodeCrypto, client.chainingKey)],
    ['six words, had this been a pairing', wordsOfPairing(nodeCrypto, psk, deviceKey, keys.c.publicKey).join(' ')],
    ['device id', toBase64url(deviceKey)],
  );
}

function frames(frame: MuxFrame): Uint8Array {
  const out = new ByteWriter(16);
  encodeMuxFrame(frame, out);
  return out.finish();
}
