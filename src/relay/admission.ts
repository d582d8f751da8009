import { whenReady, type MaybePromise } from '../base/maybePromise.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import { KEY_BYTES, NONCE_BYTES, type LinkFrame } from '../protocol/linkFrames.ts';
import { verifyAdmission, type AdmissionChallenge } from '../secure/admission.ts';
import type { DhKey } from '../secure/crypto.ts';
import { checkInvite } from '../secure/invite.ts';
import type { RelayScope } from './relayScope.ts';

type Register = Extract<LinkFrame, { type: 'register' }>;
type AdmissionScope = Pick<RelayScope, 'clock' | 'random' | 'crypto' | 'origins' | 'admission' | 'rates'>;

/** One challenge to one device link. It is asked once and answered once. */
export class Admission {
  readonly challenge: AdmissionChallenge;
  readonly #scope: AdmissionScope;
  #relayKey: DhKey | undefined;
  #invite: string | undefined;

  constructor(scope: AdmissionScope) {
    this.#scope = scope;
    this.#relayKey = scope.crypto.importKey(scope.random.bytes(KEY_BYTES));
    this.challenge = { relayKey: this.#relayKey.publicKey, nonce: scope.random.bytes(NONCE_BYTES) };
  }

  /** The name of the invite that was shown, once it is judged to be good. */
  get invite(): string | undefined {
    return this.#invite;
  }

  /** Judges the answer. @returns why it is refused, or undefined when the device may come in */
  judge(register: Register): MaybePromise<ErrorCode | undefined> {
    const relayKey = this.#relayKey;
    this.#relayKey = undefined;
    if (!relayKey) return 'relayProtocol';
    const refusal = this.#judgeInvite(register.invite); // first: it costs less than the curve
    if (refusal) return refusal;
    const { crypto, origins } = this.#scope;
    const { deviceKey, proof, epoch, instance, attempt } = register;
    const claim = { epoch, instance, attempt };
    const origin = verifyAdmission(crypto, { relayKey, nonce: this.challenge.nonce, deviceKey, claim, proof, origins });
    return whenReady(origin, (proven) => (proven === undefined ? 'proofRefused' : undefined));
  }

  #judgeInvite(invite: string): ErrorCode | undefined {
    const { crypto, clock, admission, rates } = this.#scope;
    if (admission.kind === 'open') return undefined;
    if (invite === '') return 'inviteRequired';
    const check = checkInvite(crypto, admission.secret, invite, clock.now(), admission.revoked);
    switch (check.kind) {
      case 'ok':
        this.#invite = check.name;
        return rates.registration(check.name) > 0 ? 'relayBusy' : undefined;
      case 'expired':
        return 'inviteExpired';
      case 'malformed':
      case 'badMac':
      case 'revoked':
        return 'inviteRefused';
    }
  }
}
