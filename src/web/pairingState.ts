import { errorCatalogue, wordsInTwo, type ErrorCode } from '../protocol/errors.ts';
import { say } from '../ui/speech.ts';

/** What the page shows while it has no device yet. */
export type PairingState =
  /** Nothing is paired; `error` says what was wrong with the link that was tried. */
  | { readonly kind: 'unpaired'; readonly error?: ErrorCode; /** Name of the computer that is there already. */ readonly backTo?: string }
  /** A link was read: the person looks at the name by which the computer will know this browser. */
  | { readonly kind: 'confirm'; readonly name: string; /** This browser keeps nothing that it is told. */ readonly isForgotten?: boolean }
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
  /** A page at this address gets no keys: it is neither https nor this computer. */
  | { readonly kind: 'insecure' };

export interface PairingWords {
  readonly title: string;
  readonly text: string;
}

/** Why it did not work, and what to do now. */
export function failureWords(error: ErrorCode): PairingWords {
  // With a link it is most likely a second browser that opened it; with a chat it is another key, and a stop.
  if (error === 'handshakeFailed')
    return {
      title: say('This link does not fit any more'),
      text: say('Another browser may be pairing with it just now, or another computer answered. Make a new link at the computer.'),
    };
  const { happened, next } = wordsInTwo(error, undefined, say);
  return { title: happened, text: next };
}

/** Can the same link be tried again? */
export function mayTryAgain(error: ErrorCode): boolean {
  return errorCatalogue[error].retry;
}
