import { utf8 } from '../../src/base/bytes.ts';
import type { Random } from '../../src/base/random.ts';
import type { CryptoPort } from '../../src/secure/crypto.ts';
import {
  createInitiator,
  createResponder,
  type HandshakeResult,
  type Initiator,
  type InitiatorOptions,
  type Responder,
  type ResponderOptions,
} from '../../src/secure/noise.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

/** Gives one value, so that vectors can set the ephemeral key. */
export function fixedRandom(value: Uint8Array): Random {
  return { bytes: () => value, float: () => 0 };
}

export interface Pair {
  readonly initiator: Initiator;
  readonly responder: Responder;
}

export interface PairChange {
  readonly crypto?: CryptoPort;
  readonly seed?: number;
  readonly initiator?: Partial<InitiatorOptions>;
  readonly responder?: Partial<ResponderOptions>;
}

export const clientKey = nodeCrypto.importKey(new Uint8Array(32).fill(11));
export const deviceKey = nodeCrypto.importKey(new Uint8Array(32).fill(12));

/** A client and a device that agree on everything, but for what `change` says. */
export function createPair({ crypto = nodeCrypto, seed = 1, ...change }: PairChange = {}): Pair {
  const shared = { prologue: utf8('prologue'), psk: new Uint8Array(32).fill(13) };
  const initiator = { ...shared, staticKey: clientKey, remoteStatic: deviceKey.publicKey, ...change.initiator };
  const responder = { ...shared, staticKey: deviceKey, ...change.responder };
  const random = new SeededRandom(seed);
  return { initiator: createInitiator(crypto, random, initiator), responder: createResponder(crypto, random, responder) };
}

export interface Session {
  readonly message1: Uint8Array;
  readonly message2: Uint8Array;
  readonly client: HandshakeResult;
  readonly device: HandshakeResult;
}

/** Runs a whole handshake, waiting where a key has to be waited for. */
export async function handshake({ initiator, responder }: Pair): Promise<Session> {
  const message1 = await initiator.writeMessage1();
  await responder.readMessage1(message1);
  const { message: message2, result: device } = await responder.writeMessage2();
  return { message1, message2, client: await initiator.readMessage2(message2), device };
}
