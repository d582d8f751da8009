import { errorCatalogue, wordsInTwo, type ErrorCode } from '../protocol/errors.ts';

/** What the page shows while it has no device yet. */
export type PairingState =
  /** Nothing is paired; `error` says what was wrong with the link that was tried. */
  | { readonly kind: 'unpaired'; readonly error?: ErrorCode; /** Name of the computer that is there already. */ readonly backTo?: string }
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
  const { happened, next } = wordsInTwo(error);
  return { title: happened, text: next };
}

/** Can the same link be tried again? */
export function mayTryAgain(error: ErrorCode): boolean {
  return errorCatalogue[error].retry;
}
