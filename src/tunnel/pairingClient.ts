import { equalBytes } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { deferred } from '../base/deferred.ts';
import { toDisposable, type Disposable } from '../base/disposable.ts';
import type { Random } from '../base/random.ts';
import { errorCodeOf, TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { PAIRING_QUESTION_LIFETIME_MS } from '../protocol/limits.ts';
import type { LinkFrame } from '../protocol/linkFrames.ts';
import type { DialLink } from '../protocol/linkSocket.ts';
import { decodePairingFrame, encodePairingFrame, type ClientKind, type PairingFrame, type Scope } from '../protocol/pairingFrames.ts';
import type { CryptoPort, DhKey } from '../secure/crypto.ts';
import { isLive } from './connectionState.ts';
import { deriveOffer, rootOf } from '../secure/pairingSecret.ts';
import type { PairingCode } from '../secure/pairingLink.ts';
import { prologue } from '../secure/prologue.ts';
import { wordsOfPairing } from '../secure/words.ts';
import type { Attempt, AttemptEvents } from './handover.ts';
import { Link, type LinkOptions } from './link.ts';
import { Session } from './session.ts';
import { Supervisor } from './supervisor.ts';

export interface PairingClientOptions {
  readonly dial: DialLink;
  readonly clock: Clock;
  readonly random: Random;
  readonly crypto: CryptoPort;
  /** The new client's own key. */
  readonly staticKey: DhKey;
  readonly link: PairingCode;
  readonly name: string;
  readonly kind: ClientKind;
  readonly scope: Scope;
}

/** What a pairing leaves with the client. */
export interface PairingResult {
  readonly clientId: Uint8Array;
  /** D, 32 bytes: as the link said it, or as the code proved it. */
  readonly deviceKey: Uint8Array;
  readonly scope: Scope;
  readonly deviceName: string;
  /** 32 bytes; psk and dial token of every later session come from it. */
  readonly root: Uint8Array;
}

/** An offer that the relay does not know for so long has expired, or its device is away: the relay tells nobody which. */
const UNKNOWN_OFFER_MS = 20_000;

export interface PairingProgress {
  /** The relay does not know the offer (yet): it has expired, or the device has lost its line. */
  onWaiting(): void;
  /** The question is on the device's screen, with these six words. */
  onAsked(words: readonly string[]): void;
}

/**
 * The client's side of the pairing ceremony, from the link to the answer. A lost link is dialled again with the same key.
 * @throws TunnelError `pairingDenied`, `offerExpired`, `offerUsed`, `handshakeFailed`, `pairingTimeout`, `cancelled`
 */
export async function pairClient(options: PairingClientOptions, progress: PairingProgress, signal?: AbortSignal): Promise<PairingResult> {
  const outcome = deferred<PairingResult>();
  const { clock, random } = options;
  let unknown: Disposable | undefined;
  let isKnown = false;
  const watched: PairingProgress = {
    onWaiting: () => {
      unknown ??= clock.after(UNKNOWN_OFFER_MS, () => {
        outcome.reject(new TunnelError('offerExpired'));
      });
      progress.onWaiting();
    },
    onAsked: (words) => {
      // From now on the device knows us: if it loses its line, it comes back to the question.
      unknown?.dispose();
      unknown = toDisposable(() => undefined);
      progress.onAsked(words);
    },
  };
  const supervisor = new Supervisor({
    clock,
    random,
    isWatched: () => true,
    start: (_attempt, events, patienceMs) => new PairingAttempt(options, events, watched, outcome.resolve, { patienceMs, isKnown }),
  });
  const stateChange = supervisor.onDidChange((state) => {
    isKnown ||= isLive(state) || ('error' in state && state.error === 'deviceOffline');
    if (state.kind === 'error') outcome.reject(new TunnelError(state.error));
  });
  const timeout = clock.after(PAIRING_QUESTION_LIFETIME_MS, () => {
    outcome.reject(new TunnelError('pairingTimeout'));
  });
  const onAbort = (): void => {
    outcome.reject(new TunnelError('cancelled'));
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal?.aborted) throw new TunnelError('cancelled');
    supervisor.start();
    return await outcome.promise;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    timeout.dispose();
    unknown?.dispose();
    stateChange.dispose();
    supervisor.dispose();
  }
}

/** The ceremony on one link. */
class PairingAttempt implements Attempt {
  readonly #options: PairingClientOptions;
  readonly #events: AttemptEvents;
  readonly #progress: PairingProgress;
  readonly #onDone: (result: PairingResult) => void;
  readonly #link: Link;
  #session: Session | undefined;
  #root: Uint8Array | undefined;
  #words: readonly string[] = [];
  #isOver = false;

  constructor(
    options: PairingClientOptions,
    events: AttemptEvents,
    progress: PairingProgress,
    onDone: (result: PairingResult) => void,
    relay: Pick<LinkOptions, 'patienceMs' | 'isKnown'>,
  ) {
    this.#options = options;
    this.#events = events;
    this.#progress = progress;
    this.#onDone = onDone;
    const { dial, clock, crypto, link } = options;
    const offer = deriveOffer(crypto, link.secret);
    this.#link = new Link(
      { dial, clock, origin: link.origin, role: 'client', ...relay },
      {
        onOpen: () => {
          this.#link.send({ type: 'dial', hash: offer.dialHash });
        },
        onFrame: (frame) => {
          this.#receive(frame, offer.psk);
        },
        onDrain: () => undefined,
        onClosed: (error) => {
          this.#fail(error);
        },
      },
    );
  }

  /** The device answers a repeated PAIR with another ASKED. */
  probe(): void {
    this.#link.probe();
    this.#sayPair();
  }

  dispose(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#session?.dispose();
    this.#link.dispose();
  }

  #receive(frame: LinkFrame, psk: Uint8Array): void {
    switch (frame.type) {
      case 'waiting':
        this.#session?.dispose();
        this.#events.waiting();
        this.#progress.onWaiting();
        return;
      case 'joined':
        this.#join(frame.id, psk);
        return;
      case 'record':
        this.#session?.receive(frame.record);
        return;
      case 'left':
        this.#onLeft(errorCodeOf(frame.reason));
        return;
      case 'goaway':
        this.#events.leaving(frame.delayMs);
        return;
      default:
        this.#fail('relayProtocol');
    }
  }

  /** The relay passes on why the device left; only words about the offer itself end the ceremony. */
  #onLeft(reason: ErrorCode): void {
    const isFinal = reason === 'offerUsed' || reason === 'offerExpired' || reason === 'pairingDenied' || reason === 'handshakeFailed';
    this.#fail(isFinal ? reason : 'deviceSilent');
  }

  #join(joined: Uint8Array, psk: Uint8Array): void {
    const { crypto, random, clock, staticKey, link } = this.#options;
    const deviceKey = joined.slice();
    if (link.deviceKey && !equalBytes(deviceKey, link.deviceKey)) {
      this.#fail('handshakeFailed');
      return;
    }
    this.#session?.dispose();
    this.#events.takesOver();
    const session = new Session(
      { crypto, random, clock, prologue: prologue('pairing', deviceKey), psk, staticKey },
      {
        send: (record) => {
          this.#link.send({ type: 'record', circuit: undefined, record });
        },
        onEstablished: ({ chainingKey }) => {
          this.#root = rootOf(crypto, chainingKey);
          this.#words = wordsOfPairing(crypto, psk, deviceKey, staticKey.publicKey);
          this.#sayPair();
        },
        onFrames: (frames) => {
          this.#onPairingFrame(decodePairingFrame(frames), session, deviceKey);
        },
        onFailed: (error) => {
          this.#fail(error.code);
        },
      },
    );
    this.#session = session;
    session.initiate(deviceKey);
  }

  #sayPair(): void {
    const { name, kind, scope } = this.#options;
    this.#session?.send(encodePairingFrame({ type: 'pair', name, kind, scope }));
  }

  #onPairingFrame(frame: PairingFrame, session: Session, deviceKey: Uint8Array): void {
    switch (frame.type) {
      case 'asked':
        this.#events.established();
        this.#progress.onAsked(this.#words);
        return;
      case 'allowed': {
        const { clientId, scope, deviceName } = frame;
        if (!this.#root) return;
        session.send(encodePairingFrame({ type: 'done' }));
        this.#onDone({ clientId: clientId.slice(), deviceKey, scope, deviceName, root: this.#root });
        return;
      }
      case 'denied':
        this.#fail(errorCodeOf(frame.code));
        return;
      case 'pair':
      case 'done':
        throw new TunnelError('sessionBroken', `unexpected ${frame.type}`);
    }
  }

  #fail(error: ErrorCode): void {
    if (this.#isOver) return;
    this.dispose();
    this.#events.failed(error);
  }
}
