import type { Clock } from '../base/clock.ts';
import { equalBytes, fromBase64url, toBase64url } from '../base/bytes.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import type { Random } from '../base/random.ts';
import { MACHINE_OWNER } from '../conversation/ports.ts';
import type { PairingQuestion, Person } from '../protocol/agentControl.ts';
import { errorNumber, type ErrorCode } from '../protocol/errors.ts';
import { MAX_PAIRING_BAD_TRIES, PAIRING_OFFER_LIFETIME_MS, PAIRING_QUESTION_LIFETIME_MS } from '../protocol/limits.ts';
import { CLIENT_ID_BYTES, type PairingFrame } from '../protocol/pairingFrames.ts';
import type { CryptoPort } from '../secure/crypto.ts';
import { deriveClient, deriveOffer, generatePairingSecret, rootOf, type DialSecrets } from '../secure/pairingSecret.ts';
import { wordsOfPairing } from '../secure/words.ts';
import type { PairingChannel, PairingMatch } from '../tunnel/circuitMatch.ts';
import type { StoredClient } from './deviceStore.ts';

type PairFrame = Extract<PairingFrame, { type: 'pair' }>;

/** Where an offer stands. */
type Stage =
  | { readonly kind: 'open' }
  | { readonly kind: 'asking'; readonly frame: PairFrame; readonly ended: Emitter<void> }
  | { readonly kind: 'allowed'; readonly client: StoredClient };

interface Offer {
  readonly secret: Uint8Array;
  readonly secrets: DialSecrets;
  readonly expiresAt: number;
  /** The first key with a valid message 1; another one never. */
  key: Uint8Array | undefined;
  badTries: number;
  stage: Stage;
  channel: PairingChannel | undefined;
  timer: Disposable;
}

export interface PairingHostOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly crypto: CryptoPort;
  /** D, 32 bytes. */
  readonly deviceKey: Uint8Array;
  readonly deviceName: string;
  /** Stores a new client; it is `pending`. */
  save(client: StoredClient): void;
  /** The hashes to register have changed. */
  onDidChangeHashes(): void;
}

export interface RefusedPairing {
  /** As it called itself; empty for who never came so far. */
  readonly name: string;
  readonly reason: ErrorCode;
}

/** The device's side of the pairing ceremony: one offer at a time, one question, one answer. */
export class PairingHost implements Disposable {
  readonly #options: PairingHostOptions;
  readonly #store = new DisposableStore();
  readonly #questions = this.#store.add(new Emitter<PairingQuestion>());
  readonly #paired = this.#store.add(new Emitter<string>());
  readonly #refused = this.#store.add(new Emitter<RefusedPairing>());
  #offer: Offer | undefined;

  constructor(options: PairingHostOptions) {
    this.#options = options;
  }

  readonly onQuestion = this.#questions.event;
  /** The client has its ALLOWED; its id. */
  readonly onDidPair = this.#paired.event;
  /** Somebody who had the offer, or tried to have it, was not let in. */
  readonly onDidRefuse = this.#refused.event;

  /** Hash of the open offer. */
  get hashes(): readonly Uint8Array[] {
    return this.#offer ? [this.#offer.secrets.dialHash] : [];
  }

  /** Opens the one offer; an older one is void. */
  createOffer(): { readonly secret: Uint8Array; readonly expiresAt: number } {
    this.#close('offerUsed');
    const { clock, random, crypto } = this.#options;
    const secret = generatePairingSecret(random);
    const expiresAt = clock.now() + PAIRING_OFFER_LIFETIME_MS;
    const offer: Offer = {
      secret,
      secrets: deriveOffer(crypto, secret),
      expiresAt,
      key: undefined,
      badTries: 0,
      stage: { kind: 'open' },
      channel: undefined,
      timer: clock.after(PAIRING_OFFER_LIFETIME_MS, () => {
        this.#close('offerExpired');
      }),
    };
    this.#offer = offer;
    return { secret, expiresAt };
  }

  cancelOffer(): void {
    this.#close('offerExpired');
  }

  match(hash: Uint8Array): PairingMatch | undefined {
    const offer = this.#offer;
    if (!offer || !equalBytes(offer.secrets.dialHash, hash)) return undefined;
    return {
      purpose: 'pairing',
      psk: offer.secrets.psk,
      accepts: (remoteStatic) => {
        if (this.#offer !== offer) return false;
        offer.key ??= remoteStatic.slice();
        return equalBytes(offer.key, remoteStatic);
      },
      onBadTry: () => {
        if (++offer.badTries < MAX_PAIRING_BAD_TRIES || this.#offer !== offer) return;
        this.#refused.fire({ name: '', reason: 'offerUsed' });
        this.#close('offerUsed');
      },
      onChannel: (channel) => {
        offer.channel?.leave('replaced');
        offer.channel = channel;
        return {
          onFrame: (frame) => {
            this.#receive(offer, channel, frame);
          },
          onClosed: () => {
            if (offer.channel === channel) offer.channel = undefined;
          },
        };
      },
    };
  }

  dispose(): void {
    this.#close('offerExpired');
    this.#store.dispose();
  }

  #receive(offer: Offer, channel: PairingChannel, frame: PairingFrame): void {
    if (this.#offer !== offer) {
      channel.leave('offerUsed');
      return;
    }
    if (frame.type === 'done' && offer.stage.kind === 'allowed') {
      const { id } = offer.stage.client;
      this.#close(undefined);
      this.#paired.fire(id);
    } else if (frame.type === 'pair') {
      this.#onPair(offer, channel, frame);
    } else {
      channel.leave('badMessage');
    }
  }

  #onPair(offer: Offer, channel: PairingChannel, frame: PairFrame): void {
    switch (offer.stage.kind) {
      case 'allowed':
        // ALLOWED was lost with its link: the newest handshake gives the root.
        this.#allow(offer, offer.stage.client);
        return;
      case 'asking':
        channel.send({ type: 'asked' });
        return;
      case 'open':
        channel.send({ type: 'asked' });
        this.#ask(offer, channel, { ...frame, name: nameForQuestion(frame.name) });
    }
  }

  #ask(offer: Offer, channel: PairingChannel, frame: PairFrame): void {
    const { clock, crypto, deviceKey } = this.#options;
    const ended = new Emitter<void>();
    offer.stage = { kind: 'asking', frame, ended };
    offer.timer.dispose();
    offer.timer = clock.after(PAIRING_QUESTION_LIFETIME_MS, () => {
      this.#deny(offer, 'pairingTimeout');
    });
    this.#questions.fire({
      name: frame.name,
      kind: frame.kind,
      scope: frame.scope,
      words: wordsOfPairing(crypto, offer.secrets.psk, deviceKey, channel.remoteStatic),
      answer: (allow, person = 'owner') => {
        if (this.#offer !== offer || offer.stage.kind !== 'asking') return;
        if (allow) this.#allow(offer, this.#newClient(frame, offer, person));
        else this.#deny(offer, 'pairingDenied');
      },
      onDidEnd: ended.event,
    });
  }

  #newClient({ name, kind, scope }: PairFrame, offer: Offer, person: Person): StoredClient {
    const { clock, random } = this.#options;
    const id = toBase64url(random.bytes(CLIENT_ID_BYTES));
    const nothing = new Uint8Array(0);
    const publicKey = offer.key ?? nothing;
    return {
      id,
      name,
      kind,
      scope,
      owner: person === 'guest' ? id : MACHINE_OWNER,
      publicKey,
      psk: nothing,
      dialHash: nothing,
      state: 'pending',
      pairedAt: clock.now(),
    };
  }

  /** Stores the client with the root of the newest handshake and tells it. Without a channel it is told when it comes back. */
  #allow(offer: Offer, client: StoredClient): void {
    const { crypto, deviceName } = this.#options;
    if (offer.stage.kind === 'asking') offer.stage.ended.dispose();
    offer.stage = { kind: 'allowed', client };
    const { channel } = offer;
    if (!channel) return;
    const { psk, dialHash } = deriveClient(crypto, rootOf(crypto, channel.chainingKey));
    const stored = { ...client, psk, dialHash };
    this.#options.save(stored);
    offer.stage = { kind: 'allowed', client: stored };
    channel.send({ type: 'allowed', clientId: fromBase64url(stored.id), scope: stored.scope, deviceName });
  }

  #deny(offer: Offer, reason: ErrorCode): void {
    if (offer.stage.kind === 'asking') this.#refused.fire({ name: offer.stage.frame.name, reason });
    offer.channel?.send({ type: 'denied', code: errorNumber(reason) });
    this.#close(reason);
  }

  /** Ends the offer. A question that stands is over. */
  #close(reason: ErrorCode | undefined): void {
    const offer = this.#offer;
    if (!offer) return;
    this.#offer = undefined;
    offer.timer.dispose();
    const { channel, stage } = offer;
    if (reason !== undefined) channel?.leave(reason);
    if (stage.kind === 'asking') {
      stage.ended.fire();
      stage.ended.dispose();
    }
    this.#options.onDidChangeHashes();
  }
}

/** A name stands in a question: blanks must not push the rest of it out of sight, and it must not be missing. */
function nameForQuestion(name: string): string {
  const visible = name.replace(/[\s\u2800\u3164\uFFA0\u115F\u1160]+/gu, ' ').trim();
  return visible === '' ? 'A client without a name' : visible;
}
