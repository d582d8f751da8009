import { errorCatalogue, type ErrorCode } from '../protocol/errors.ts';

/** What the page shows while it has no device yet. */
export type PairingState =
  /** Nothing is paired; `error` says what was wrong with the link that was tried. */
  | { readonly kind: 'unpaired'; readonly error?: ErrorCode }
  /** A link was read: the person looks at the name by which the computer will know this browser. */
  | { readonly kind: 'confirm'; readonly name: string }
  | { readonly kind: 'connecting' }
  /** The question stands on the computer's screen. `expiresAt` is wall clock, ms. */
  | {
      readonly kind: 'waiting';
      readonly name: string;
      readonly deviceName?: string;
      readonly words: readonly string[];
      readonly expiresAt?: number;
    }
  | { readonly kind: 'failed'; readonly error: ErrorCode }
  /** This page cannot keep a secret here. */
  | { readonly kind: 'unsupported'; readonly reason: 'insecure' | 'oldBrowser' };

export interface PairingWords {
  readonly title: string;
  readonly text: string;
}

/** Why it did not work, and what to do now. */
export function failureWords(error: ErrorCode): PairingWords {
  switch (error) {
    case 'offerExpired':
      return { title: 'The link has expired', text: 'A link is good for two minutes. Make a new one at the computer: Pair a Browser.' };
    case 'offerUsed':
      return { title: 'The link has been used', text: 'A link works once. Make a new one at the computer: Pair a Browser.' };
    case 'pairingDenied':
      return { title: 'The computer said no', text: 'Somebody pressed Deny there. To try again, make a new link.' };
    case 'pairingTimeout':
      return { title: 'Nobody answered', text: 'The question at the computer has gone. Make a new link and press Allow there.' };
    case 'deviceOffline':
    case 'deviceSilent':
      return { title: 'The computer is offline', text: 'Open its editor, or start its agent, and connect it. Then try again.' };
    case 'relayUnreachable':
      return { title: 'The relay cannot be reached', text: 'Check the network of this device, then try again.' };
    case 'handshakeFailed':
      return { title: 'This is not the computer of the link', text: 'Do not go on with this link. Make a new one at the computer.' };
    default:
      return { title: 'Pairing did not work', text: errorCatalogue[error].words };
  }
}

/** Can the same link be tried again? */
export function mayTryAgain(error: ErrorCode): boolean {
  return errorCatalogue[error].retry;
}
