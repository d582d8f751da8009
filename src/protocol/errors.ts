import { DecodeError } from '../base/bytes.ts';
import { inEnglish, type Say } from '../base/say.ts';

/** Where on the way something failed. */
export type Hop = 'page' | 'relay' | 'device' | 'ollama';

/**
 * What a person can press against an error. Status view, editor and page each map it to what they have: a command, a button, or nothing
 * where nothing of theirs helps.
 */
export type ErrorAction =
  | 'none'
  | 'reconnect'
  | 'changeRelay'
  | 'newInvite'
  | 'update'
  | 'resetIdentity'
  | 'pairAgain'
  | 'newOffer'
  | 'newKey'
  | 'tryAgain'
  | 'shorten'
  | 'newChat'
  | 'installOllama'
  | 'startOllama'
  | 'checkOllama'
  | 'pullModel'
  | 'chooseModel'
  | 'report';

/** One row of {@link errorCatalogue}. */
export interface ErrorEntry {
  /** On the wire, in RESET, LEAVE, LEFT, DENIED and CLOSE; it never changes its meaning. */
  readonly number: number;
  readonly hop: Hop;
  /** Does trying again by itself make sense? If not, the connection stops and asks the user. */
  readonly retry: boolean;
  /** What a person can press. */
  readonly action: ErrorAction;
  /** The WebSocket close code by which a relay says it (RFC 6455, section 7.4.2): 44xx stop, 45xx try again, 46xx replaced. */
  readonly close?: number;
  /** The cause in at most three words, for the status bar. */
  readonly short: string;
  /** What happened in the first sentence, what comes next in the rest. */
  readonly words: string;
}

/** Every error this product names, and all that is said of it. docs/PROTOCOL.md is checked against it. */
export const errorCatalogue = {
  // the link to the relay
  relayUnreachable: { number: 1, hop: 'relay', retry: true, action: 'reconnect', short: 'Relay unreachable',
    words: 'The relay cannot be reached. Trying again.' },
  relayNotFound: { number: 2, hop: 'relay', retry: false, action: 'changeRelay', short: 'No relay there',
    words: 'There is no CloudToLocalLLM relay at this address. Check the address.' },
  relayProtocol: { number: 3, hop: 'relay', retry: true, action: 'reconnect', close: 4400, short: 'Relay fault',
    words: 'The relay sent something that makes no sense. Connecting anew.' },
  relayVersion: { number: 4, hop: 'relay', retry: false, action: 'update', close: 4405, short: 'Relay is older',
    words: 'The relay is older than this program, and they have no version in common. Have its operator update it.' },
  programOlder: { number: 79, hop: 'relay', retry: false, action: 'update', close: 4406, short: 'Update this program',
    words: 'The relay is newer than this program, and they have no version in common. Update this program.' },
  relaySilent: { number: 5, hop: 'relay', retry: true, action: 'reconnect', close: 4500, short: 'Relay silent',
    words: 'The relay has gone silent. Connecting anew.' },
  relayDraining: { number: 6, hop: 'relay', retry: true, action: 'reconnect', close: 4501, short: 'Relay restarting',
    words: 'The relay is restarting. Connecting anew.' },
  relayBusy: { number: 7, hop: 'relay', retry: true, action: 'reconnect', close: 4502, short: 'Relay busy',
    words: 'The relay is at its limit. Trying again later.' },
  inviteRequired: { number: 8, hop: 'relay', retry: false, action: 'newInvite', close: 4401, short: 'Invite needed',
    words: 'This relay wants an invite. Ask its operator for one.' },
  inviteRefused: { number: 9, hop: 'relay', retry: false, action: 'newInvite', close: 4402, short: 'Invite refused',
    words: 'The relay does not accept this invite. Ask its operator for a new one.' },
  inviteExpired: { number: 10, hop: 'relay', retry: false, action: 'newInvite', close: 4403, short: 'Invite expired',
    words: 'The invite has expired. Ask the relay’s operator for a new one.' },
  proofRefused: { number: 11, hop: 'relay', retry: false, action: 'changeRelay', close: 4404, short: 'Proof refused',
    words: 'The relay does not accept this device’s proof. Check that the address is one the relay knows as its own.' },
  duplicateDevice: { number: 12, hop: 'relay', retry: false, action: 'reconnect', close: 4601, short: 'Device already connected',
    words: 'Another installation with this device’s key is connected. Close it, then connect again.' },
  replaced: { number: 13, hop: 'relay', retry: false, action: 'reconnect', close: 4600, short: 'Replaced elsewhere',
    words: 'A newer installation of this device has taken over. Close it, then connect again.' },
  badRelayUrl: { number: 14, hop: 'relay', retry: false, action: 'changeRelay', short: 'Bad relay address',
    words: 'This is not a relay address. It looks like https://relay.example.' },
  slowReader: { number: 15, hop: 'relay', retry: true, action: 'reconnect', close: 4503, short: 'Line too slow',
    words: 'The line is too slow for what was sent. Connecting anew.' },
  certificate: { number: 16, hop: 'relay', retry: false, action: 'changeRelay', short: 'Certificate problem',
    words: 'The relay’s certificate is not valid. Check the address, or tell the relay’s operator.' },
  relayIntercepted: { number: 17, hop: 'relay', retry: true, action: 'reconnect', short: 'Network sign-in?',
    words: 'Something else answers in the relay’s place. Perhaps this network wants you to sign in first. Trying again.' },
  certificateChanged: { number: 18, hop: 'relay', retry: true, action: 'reconnect', short: 'Certificate problem',
    words: 'The relay’s certificate is not valid, or this network answers in its place. Trying again.' },
  foreignHost: { number: 19, hop: 'relay', retry: false, action: 'changeRelay', short: 'Address unknown',
    words: 'The relay does not know this address as its own. Check the address, or have the relay started with --public-url set to it.' },
  // the far end
  deviceOffline: { number: 20, hop: 'device', retry: true, action: 'none', short: 'Computer offline',
    words: 'The computer is offline. Waiting for it.' },
  deviceSilent: { number: 21, hop: 'device', retry: true, action: 'reconnect', short: 'Computer silent',
    words: 'The computer does not answer. Connecting anew.' },
  handshakeFailed: { number: 22, hop: 'device', retry: false, action: 'pairAgain', short: 'Other computer answered',
    words: 'This is not the computer that was paired. Pair again at the computer.' },
  sessionBroken: { number: 23, hop: 'device', retry: true, action: 'reconnect', short: 'Broken record',
    words: 'A record could not be read. Connecting anew.' },
  deviceRestarted: { number: 24, hop: 'device', retry: false, action: 'tryAgain', short: 'Computer restarted',
    words: 'The computer’s program was restarted. Ask again.' },
  revoked: { number: 25, hop: 'device', retry: false, action: 'pairAgain', short: 'Access removed',
    words: 'This browser was removed at the computer. Pair it again there.' },
  paused: { number: 26, hop: 'device', retry: true, action: 'none', short: 'Paused there',
    words: 'Remote access is paused at the computer. Waiting until it goes on.' },
  identityLost: { number: 27, hop: 'device', retry: false, action: 'resetIdentity', short: 'Identity lost',
    words: 'The private key of this device is missing. Restore it, or reset the identity.' },
  anotherLeads: { number: 28, hop: 'device', retry: true, action: 'none', short: 'Another window leads',
    words: 'Another window of this computer holds the connection. It passes on when that window is closed.' },
  leaderStuck: { number: 29, hop: 'device', retry: true, action: 'none', short: 'Window not answering',
    words: 'Another window holds the connection and does not answer. Reload or close that window; until then chats can only be read here.' },
  leaderOlder: { number: 38, hop: 'device', retry: true, action: 'none', short: 'Reload other window',
    words: 'Another program of an older version holds the connection. Reload that window, or restart the background agent.' },
  windowOlder: { number: 39, hop: 'device', retry: true, action: 'update', short: 'Reload this window',
    words: 'Another window of a newer version holds the connection. Reload this window.' },
  // pairing
  offerExpired: { number: 30, hop: 'device', retry: false, action: 'newOffer', short: 'Link expired',
    words: 'The pairing link has expired. One is good for two minutes: make a new one at the computer.' },
  offerUsed: { number: 31, hop: 'device', retry: false, action: 'newOffer', short: 'Link used',
    words: 'The pairing link has been used. One works once: make a new one at the computer.' },
  pairingDenied: { number: 32, hop: 'device', retry: false, action: 'newOffer', short: 'Pairing denied',
    words: 'The computer said no. Somebody pressed Deny there: to try again, make a new link.' },
  badPairingLink: { number: 33, hop: 'page', retry: false, action: 'newOffer', short: 'Bad pairing link',
    words: 'This is not a whole pairing link, nor a code of 20 letters and digits. Copy it again.' },
  pairingTimeout: { number: 34, hop: 'device', retry: false, action: 'newOffer', short: 'No answer there',
    words: 'Nobody answered at the computer in time. Make a new link and press Allow there.' },
  badApiKey: { number: 35, hop: 'page', retry: false, action: 'newKey', short: 'Bad API key',
    words: 'This is not a whole API key. Copy it again.' },
  unknownKey: { number: 36, hop: 'device', retry: false, action: 'newKey', short: 'API key unknown',
    words: 'The computer does not know this API key. Make a new one there.' },
  pairingUnused: { number: 37, hop: 'device', retry: false, action: 'pairAgain', short: 'Pairing expired',
    words: 'This pairing was not used in time and has expired. Pair again at the computer.' },
  keyExpired: { number: 48, hop: 'device', retry: false, action: 'newKey', short: 'API key expired',
    words: 'This API key has expired. Make a new one at the computer.' },
  // mux and streams
  streamReset: { number: 40, hop: 'device', retry: false, action: 'tryAgain', short: 'Stream ended',
    words: 'The stream was ended by the other side. Try again.' },
  streamGone: { number: 41, hop: 'device', retry: false, action: 'tryAgain', short: 'Stream lost',
    words: 'The other side no longer knows this stream. Try again.' },
  tooManyStreams: { number: 42, hop: 'device', retry: true, action: 'tryAgain', short: 'Too many streams',
    words: 'Too much at once. Try again in a moment.' },
  flowViolation: { number: 43, hop: 'device', retry: false, action: 'report', short: 'Flow fault',
    words: 'The other side sent more than it may. Please report it.' },
  messageTooLong: { number: 44, hop: 'page', retry: false, action: 'shorten', short: 'Message too long',
    words: 'This message is too long. Shorten it.' },
  badMessage: { number: 45, hop: 'page', retry: false, action: 'update', short: 'Bad message',
    words: 'A message makes no sense. Update the older of page and computer.' },
  cancelled: { number: 46, hop: 'page', retry: false, action: 'none', short: 'Cancelled',
    words: 'Cancelled. Nothing was changed.' },
  closed: { number: 47, hop: 'page', retry: false, action: 'none', short: 'Closed',
    words: 'Closed. Open it again to go on.' },
  // chat
  chatVersion: { number: 50, hop: 'device', retry: false, action: 'update', short: 'Chat version unsupported',
    words: 'Page and computer speak different versions. Update the older one.' },
  notAllowed: { number: 51, hop: 'device', retry: false, action: 'none', short: 'Not allowed',
    words: 'This browser may not do that. The computer’s owner can change what it may do.' },
  unknownConversation: { number: 52, hop: 'device', retry: false, action: 'newChat', short: 'Chat is gone',
    words: 'This chat no longer exists. Begin a new one.' },
  busy: { number: 53, hop: 'device', retry: true, action: 'tryAgain', short: 'Busy',
    words: 'An answer is already being written in this chat. Wait for it, or stop it.' },
  storeFailed: { number: 54, hop: 'device', retry: false, action: 'tryAgain', short: 'Cannot save chats',
    words: 'The chat could not be saved. Check the free space on the disk.' },
  unknownMessage: { number: 55, hop: 'device', retry: false, action: 'none', short: 'Message is gone',
    words: 'This message no longer exists. The chat is shown as it is now.' },
  promptNameTaken: { number: 56, hop: 'device', retry: false, action: 'none', short: 'Name taken',
    words: 'Another saved prompt has this name. Choose another.' },
  promptsFull: { number: 57, hop: 'device', retry: false, action: 'shorten', short: 'Prompts full',
    words: 'There is no room for this saved prompt. Shorten it, or delete another.' },
  storeNewer: { number: 58, hop: 'device', retry: false, action: 'update', short: 'Newer chat file',
    words: 'A newer version wrote these chats. Reload the window, or update, to see them.' },
  importFailed: { number: 59, hop: 'device', retry: false, action: 'none', short: 'Cannot import',
    words: 'This file cannot be imported. Nothing was changed.' },
  // Ollama
  ollamaNotInstalled: { number: 60, hop: 'ollama', retry: true, action: 'installOllama', short: 'Ollama not found',
    words: 'Ollama is not installed on the computer. Install it from ollama.com; it is found by itself.' },
  ollamaNotRunning: { number: 61, hop: 'ollama', retry: true, action: 'startOllama', short: 'Ollama stopped',
    words: 'Ollama is not running on the computer. Start it there; it is found by itself.' },
  ollamaWrongHost: { number: 62, hop: 'ollama', retry: true, action: 'checkOllama', short: 'Ollama not found',
    words: 'Ollama’s address cannot be reached. Check the setting “Ollama: Url”, or OLLAMA_HOST.' },
  ollamaBlocked: { number: 63, hop: 'ollama', retry: true, action: 'checkOllama', short: 'Ollama refuses',
    words: 'Ollama refused the request. Check OLLAMA_ORIGINS and OLLAMA_HOST, then restart Ollama.' },
  ollamaForeign: { number: 64, hop: 'ollama', retry: true, action: 'checkOllama', short: 'Not Ollama',
    words: 'Something other than Ollama answers at this address. Check the setting “Ollama: Url”.' },
  ollamaNoModels: { number: 65, hop: 'ollama', retry: true, action: 'pullModel', short: 'No models',
    words: 'Ollama has no models yet. Pull one, or run “ollama pull qwen3:8b” on the computer.' },
  ollamaModelMissing: { number: 66, hop: 'ollama', retry: false, action: 'pullModel', short: 'Model missing',
    words: 'The model is no longer there. Pull it again or choose another.' },
  ollamaBusy: { number: 67, hop: 'ollama', retry: false, action: 'tryAgain', short: 'Ollama busy',
    words: 'Ollama is busy. Try again in a moment.' },
  ollamaOutOfMemory: { number: 68, hop: 'ollama', retry: false, action: 'chooseModel', short: 'Out of memory',
    words: 'The model does not fit into memory. Choose a smaller one.' },
  ollamaFailed: { number: 69, hop: 'ollama', retry: false, action: 'tryAgain', short: 'Ollama failed',
    words: 'Ollama reported an error. Try again.' },
  ollamaEndedEarly: { number: 70, hop: 'ollama', retry: false, action: 'tryAgain', short: 'Answer broke off',
    words: 'The answer broke off before its end. Ask again.' },
  ollamaFirstTokenTimeout: { number: 71, hop: 'ollama', retry: false, action: 'tryAgain', short: 'Model too slow',
    words: 'The model did not begin to answer in time. Try again, or choose a smaller one.' },
  ollamaIdleTimeout: { number: 72, hop: 'ollama', retry: false, action: 'tryAgain', short: 'Model stalled',
    words: 'The model stopped in the middle of its answer. Ask again.' },
  ollamaPullFailed: { number: 73, hop: 'ollama', retry: false, action: 'pullModel', short: 'Download failed',
    words: 'The model could not be downloaded. Check its name and the network, then pull it again: it goes on where it stopped.' },
  ollamaDiskFull: { number: 74, hop: 'ollama', retry: false, action: 'tryAgain', short: 'Disk full',
    words: 'The disk of the computer is full. Free some space there, then try again: it goes on where it stopped.' },
  ollamaUnknownModel: { number: 75, hop: 'ollama', retry: false, action: 'pullModel', short: 'Unknown model',
    words: 'There is no model of this name. Look it up at ollama.com/library; what stands behind the colon counts too.' },
  ollamaOffline: { number: 76, hop: 'ollama', retry: false, action: 'tryAgain', short: 'No way out',
    words: 'The computer cannot reach the library of models. Check its network, then try again: it goes on where it stopped.' },
  imageMissing: { number: 77, hop: 'device', retry: false, action: 'tryAgain', short: 'Image is missing',
    words: 'An image did not arrive at the computer. Add it again.' },
  modelCannotSee: { number: 78, hop: 'device', retry: false, action: 'chooseModel', short: 'Cannot see images',
    words: 'This model cannot see images. Choose one that can, or remove the images.' },
  // bugs
  internal: { number: 99, hop: 'device', retry: false, action: 'report', short: 'Program fault',
    words: 'Something went wrong in this program. Please report it.' },
} as const satisfies Record<string, ErrorEntry>; // prettier-ignore

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

/** A detail or a note in the words of `t`: its addresses, names and numbers are places. What `t` does not know stays as it is. */
export function sayDetail(detail: string, t: Say): string {
  const parts = detail.split(' · ').map((part) => {
    const values: string[] = [];
    const text = part.replace(/\S*\w[.:]\w\S*|\b\d+(?: s\b)?/g, (value) => `{${String(values.push(value) - 1)}}`);
    return t(text, ...values);
  });
  return parts.join(' · ');
}

/** The words of a code in two, for a title and a text: what happened, without its full stop, and what comes next. @param detail safe to show */
export function wordsInTwo(code: ErrorCode, detail?: string, t: Say = inEnglish): { readonly happened: string; readonly next: string } {
  const words = t(errorCatalogue[code].words);
  const end = words.indexOf('. ');
  const happened = words.slice(0, end);
  return {
    happened: detail === undefined ? happened : `${happened}: ${sayDetail(detail, t).replace(/\.$/, '')}`,
    next: words.slice(end + 2),
  };
}

/** The words of a code, with a detail that is safe to show where one is known. */
export function wordsOf(code: ErrorCode, detail?: string, t: Say = inEnglish): string {
  const { happened, next } = wordsInTwo(code, detail, t);
  return `${happened}. ${next}`;
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

  /** For a person, with the detail. */
  get words(): string {
    return wordsOf(this.code, this.detail);
  }

  /** Normalises whatever was thrown; what is not ours becomes `fallback`, with the original as its cause. */
  static from(error: unknown, fallback: ErrorCode = 'internal'): TunnelError {
    if (error instanceof TunnelError) return error;
    if (error instanceof DecodeError) return new TunnelError('relayProtocol', error.message, { cause: error });
    return new TunnelError(fallback, undefined, { cause: error });
  }
}
