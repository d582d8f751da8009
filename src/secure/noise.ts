import { emptyBytes } from '../base/bytes.ts';
import { whenReady, type MaybePromise } from '../base/maybePromise.ts';
import type { Random } from '../base/random.ts';
import { TunnelError } from '../protocol/errors.ts';
import type { CryptoPort, DhKey } from './crypto.ts';
import { HandshakeState, type HandshakePattern } from './handshakeState.ts';
import { OrderedSteps } from './orderedSteps.ts';
import { RecordOpener, RecordSealer } from './records.ts';

/** The one handshake of this product (Noise revision 34). Its name and tokens are fixed: there is nothing to negotiate. */
const pattern: HandshakePattern = {
  protocolName: 'Noise_IKpsk1_25519_AESGCM_SHA256',
  messages: [
    ['e', 'es', 's', 'ss', 'psk'],
    ['e', 'ee', 'se'],
  ],
};

/** Ephemeral key, sealed static key, tag of the empty payload. */
export const MESSAGE_1_BYTES = 32 + 48 + 16;
/** Ephemeral key, tag of the empty payload. */
export const MESSAGE_2_BYTES = 32 + 16;

/** What both ends hold after message 2. Nothing is proved of the other end before its first record has been opened. */
export interface HandshakeResult {
  readonly sealer: RecordSealer;
  readonly opener: RecordOpener;
  /** Names this session; the same at both ends and nowhere else. */
  readonly handshakeHash: Uint8Array;
  /** For `rootOf` alone; never kept. */
  readonly chainingKey: Uint8Array;
  readonly remoteStatic: Uint8Array;
}

export interface ResponderOptions {
  readonly prologue: Uint8Array;
  readonly staticKey: DhKey;
  /** 32 bytes. */
  readonly psk: Uint8Array;
  /** Records of one direction before REKEY. Default 2^20; both ends must agree, so only tests set it. */
  readonly rekeyAfterRecords?: number;
}

export interface InitiatorOptions extends ResponderOptions {
  /** The device's key D. */
  readonly remoteStatic: Uint8Array;
}

/**
 * The client's side, for one handshake. Each method is called once, in this order; any other order is a bug and throws an Error. What
 * fails for a reason outside throws (or rejects with) TunnelError `handshakeFailed`, and the handshake is over.
 */
export interface Initiator {
  writeMessage1(): MaybePromise<Uint8Array>;
  readMessage2(message: Uint8Array): MaybePromise<HandshakeResult>;
}

/** The device's side, for one handshake; rules as for {@link Initiator}. */
export interface Responder {
  /** Message 1 may be a repeated one: nothing may change because of it until the first record has been opened. */
  readMessage1(message: Uint8Array): MaybePromise<{ readonly remoteStatic: Uint8Array }>;
  writeMessage2(): MaybePromise<{ readonly message: Uint8Array; readonly result: HandshakeResult }>;
}

export function createInitiator(crypto: CryptoPort, random: Random, options: InitiatorOptions): Initiator {
  const steps = new OrderedSteps(2);
  const state = new HandshakeState(crypto, random, pattern, true, options);
  return {
    writeMessage1: () => steps.run(0, () => state.writeMessage(emptyBytes)),
    readMessage2: (message) =>
      steps.run(1, () =>
        whenReady(readEmpty(state, message, MESSAGE_2_BYTES), () => {
          const [sending, receiving] = state.split();
          return resultOf(
            state,
            new RecordSealer(sending, options.rekeyAfterRecords),
            new RecordOpener(receiving, options.rekeyAfterRecords),
          );
        }),
      ),
  };
}

export function createResponder(crypto: CryptoPort, random: Random, options: ResponderOptions): Responder {
  const steps = new OrderedSteps(2);
  const state = new HandshakeState(crypto, random, pattern, false, options);
  return {
    readMessage1: (message) =>
      steps.run(0, () => whenReady(readEmpty(state, message, MESSAGE_1_BYTES), () => ({ remoteStatic: state.remoteStatic }))),
    writeMessage2: () =>
      steps.run(1, () =>
        whenReady(state.writeMessage(emptyBytes), (message) => {
          const [receiving, sending] = state.split();
          const sealer = new RecordSealer(sending, options.rekeyAfterRecords);
          return { message, result: resultOf(state, sealer, new RecordOpener(receiving, options.rekeyAfterRecords)) };
        }),
      ),
  };
}

/** The length alone tells an empty payload, and bounds the work before the first DH. */
function readEmpty(state: HandshakeState, message: Uint8Array, expectedBytes: number): MaybePromise<Uint8Array> {
  if (message.length !== expectedBytes) throw new TunnelError('handshakeFailed', `message of ${String(message.length)} bytes`);
  return state.readMessage(message);
}

function resultOf(state: HandshakeState, sealer: RecordSealer, opener: RecordOpener): HandshakeResult {
  return { sealer, opener, handshakeHash: state.handshakeHash, chainingKey: state.chainingKey, remoteStatic: state.remoteStatic };
}
