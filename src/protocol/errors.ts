import { DecodeError } from '../base/bytes.ts';

/** Where on the way something failed. */
export type Hop = 'page' | 'relay' | 'device' | 'ollama';

/**
 * Every error this product names: hop, words for a person (what happened, what comes next), and whether trying again by itself makes
 * sense. Numbers travel in RESET and LEAVE frames and never change their meaning.
 */
export const errorCatalogue = {
  // the link to the relay
  relayUnreachable: { number: 1, hop: 'relay', retry: true, words: 'The relay cannot be reached. Trying again.' },
  relayNotFound: { number: 2, hop: 'relay', retry: false, words: 'There is no CloudToLocalLLM relay at this address. Check the address.' },
  relayProtocol: { number: 3, hop: 'relay', retry: true, words: 'The relay sent something that makes no sense. Connecting anew.' },
  relayVersion: { number: 4, hop: 'relay', retry: false, words: 'The relay speaks another version. Update the relay or this program.' },
  relaySilent: { number: 5, hop: 'relay', retry: true, words: 'The relay has gone silent. Connecting anew.' },
  relayDraining: { number: 6, hop: 'relay', retry: true, words: 'The relay is restarting. Connecting anew.' },
  relayBusy: { number: 7, hop: 'relay', retry: true, words: 'The relay is at its limit. Trying again later.' },
  inviteRequired: { number: 8, hop: 'relay', retry: false, words: 'This relay wants an invite. Ask its operator for one.' },
  inviteRefused: { number: 9, hop: 'relay', retry: false, words: 'The relay does not accept this invite. Ask its operator for a new one.' },
  inviteExpired: { number: 10, hop: 'relay', retry: false, words: 'The invite has expired. Ask the relay’s operator for a new one.' },
  proofRefused: {
    number: 11,
    hop: 'relay',
    retry: false,
    words: 'The relay does not accept this device’s proof. Check that the address is one the relay knows as its own.',
  },
  duplicateDevice: { number: 12, hop: 'relay', retry: false, words: 'Another installation with this device’s key is connected.' },
  replaced: { number: 13, hop: 'relay', retry: false, words: 'A newer installation of this device has taken over.' },
  badRelayUrl: { number: 14, hop: 'relay', retry: false, words: 'This is not a relay address. It looks like https://relay.example.' },
  slowReader: { number: 15, hop: 'relay', retry: true, words: 'The line is too slow for what was sent. Connecting anew.' },
  certificate: { number: 16, hop: 'relay', retry: false, words: 'The relay’s certificate is not valid.' },
  // the far end
  deviceOffline: { number: 20, hop: 'device', retry: true, words: 'The computer is offline. Waiting for it.' },
  deviceSilent: { number: 21, hop: 'device', retry: true, words: 'The computer does not answer. Connecting anew.' },
  handshakeFailed: {
    number: 22,
    hop: 'device',
    retry: false,
    words: 'This is not the computer that was paired. Pair again at the computer.',
  },
  sessionBroken: { number: 23, hop: 'device', retry: true, words: 'A record could not be read. Connecting anew.' },
  deviceRestarted: { number: 24, hop: 'device', retry: false, words: 'The computer’s program was restarted.' },
  revoked: { number: 25, hop: 'device', retry: false, words: 'This browser was removed at the computer.' },
  paused: { number: 26, hop: 'device', retry: true, words: 'Remote access is paused at the computer.' },
  identityLost: {
    number: 27,
    hop: 'device',
    retry: false,
    words: 'The private key of this device is missing. Restore it, or reset the identity.',
  },
  anotherLeads: { number: 28, hop: 'device', retry: true, words: 'Another window of this computer holds the connection.' },
  // pairing
  offerExpired: { number: 30, hop: 'device', retry: false, words: 'The pairing link has expired. Make a new one.' },
  offerUsed: { number: 31, hop: 'device', retry: false, words: 'The pairing link has been used. Make a new one.' },
  pairingDenied: { number: 32, hop: 'device', retry: false, words: 'The computer said no.' },
  badPairingLink: { number: 33, hop: 'page', retry: false, words: 'This is not a whole pairing link. Copy it again.' },
  pairingTimeout: { number: 34, hop: 'device', retry: false, words: 'Nobody answered at the computer in time.' },
  badApiKey: { number: 35, hop: 'page', retry: false, words: 'This is not a whole API key. Copy it again.' },
  // mux and streams
  streamReset: { number: 40, hop: 'device', retry: false, words: 'The stream was ended by the other side.' },
  streamGone: { number: 41, hop: 'device', retry: false, words: 'The other side no longer knows this stream.' },
  tooManyStreams: { number: 42, hop: 'device', retry: true, words: 'Too much at once. Try again in a moment.' },
  flowViolation: { number: 43, hop: 'device', retry: false, words: 'The other side sent more than it may.' },
  messageTooLong: { number: 44, hop: 'page', retry: false, words: 'This message is too long.' },
  badMessage: { number: 45, hop: 'page', retry: false, words: 'A message makes no sense.' },
  cancelled: { number: 46, hop: 'page', retry: false, words: 'Cancelled.' },
  closed: { number: 47, hop: 'page', retry: false, words: 'Closed.' },
  // chat
  chatVersion: { number: 50, hop: 'device', retry: false, words: 'Page and computer speak different versions. Update the older one.' },
  notAllowed: { number: 51, hop: 'device', retry: false, words: 'This browser may not do that.' },
  unknownConversation: { number: 52, hop: 'device', retry: false, words: 'This chat no longer exists.' },
  busy: { number: 53, hop: 'device', retry: true, words: 'An answer is already being written in this chat.' },
  storeFailed: { number: 54, hop: 'device', retry: false, words: 'The chat could not be saved. Check the free space on the disk.' },
  // Ollama
  ollamaNotInstalled: { number: 60, hop: 'ollama', retry: true, words: 'Ollama is not installed on the computer.' },
  ollamaNotRunning: { number: 61, hop: 'ollama', retry: true, words: 'Ollama is not running on the computer.' },
  ollamaWrongHost: { number: 62, hop: 'ollama', retry: true, words: 'Ollama’s address cannot be reached.' },
  ollamaBlocked: { number: 63, hop: 'ollama', retry: true, words: 'Ollama refused the request. Check OLLAMA_ORIGINS and OLLAMA_HOST.' },
  ollamaForeign: { number: 64, hop: 'ollama', retry: true, words: 'Something other than Ollama answers at this address.' },
  ollamaNoModels: { number: 65, hop: 'ollama', retry: true, words: 'Ollama has no models yet. Pull one.' },
  ollamaModelMissing: { number: 66, hop: 'ollama', retry: false, words: 'The model is no longer there. Pull it again or choose another.' },
  ollamaBusy: { number: 67, hop: 'ollama', retry: false, words: 'Ollama is busy. Try again in a moment.' },
  ollamaOutOfMemory: { number: 68, hop: 'ollama', retry: false, words: 'The model does not fit into memory. Choose a smaller one.' },
  ollamaFailed: { number: 69, hop: 'ollama', retry: false, words: 'Ollama reported an error.' },
  ollamaEndedEarly: { number: 70, hop: 'ollama', retry: false, words: 'The answer broke off before its end.' },
  ollamaFirstTokenTimeout: { number: 71, hop: 'ollama', retry: false, words: 'The model did not begin to answer in time.' },
  ollamaIdleTimeout: { number: 72, hop: 'ollama', retry: false, words: 'The model stopped in the middle of its answer.' },
  // bugs
  internal: { number: 99, hop: 'device', retry: false, words: 'Something went wrong in this program. Please report it.' },
} as const satisfies Record<string, { number: number; hop: Hop; retry: boolean; words: string }>;

/** A code of {@link errorCatalogue}. */
export type ErrorCode = keyof typeof errorCatalogue;

const codesByNumber = new Map<number, ErrorCode>(Object.entries(errorCatalogue).map(([code, entry]) => [entry.number, code as ErrorCode]));

export function errorNumber(code: ErrorCode): number {
  return errorCatalogue[code].number;
}

/** The code of a number from the wire; an unknown one reads as `streamReset`. */
export function errorCodeOf(number: number): ErrorCode {
  return codesByNumber.get(number) ?? 'streamReset';
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorCatalogue, value);
}

/** An expected failure: a code of the closed list, its cause for the log, and a detail that is safe to show. */
export class TunnelError extends Error {
  override readonly name = 'TunnelError';
  readonly code: ErrorCode;
  /** Safe to show and to log: never message text, keys or tokens. */
  readonly detail: string | undefined;

  constructor(code: ErrorCode, detail?: string, options?: ErrorOptions) {
    super(
      detail === undefined ? `[${code}] ${errorCatalogue[code].words}` : `[${code}] ${errorCatalogue[code].words} (${detail})`,
      options,
    );
    this.code = code;
    this.detail = detail;
  }

  get hop(): Hop {
    return errorCatalogue[this.code].hop;
  }

  get isRetryable(): boolean {
    return errorCatalogue[this.code].retry;
  }

  get words(): string {
    return errorCatalogue[this.code].words;
  }

  /** Normalises whatever was thrown; what is not ours becomes `fallback`, with the original as its cause. */
  static from(error: unknown, fallback: ErrorCode = 'internal'): TunnelError {
    if (error instanceof TunnelError) return error;
    if (error instanceof DecodeError) return new TunnelError('relayProtocol', error.message, { cause: error });
    return new TunnelError(fallback, undefined, { cause: error });
  }
}
