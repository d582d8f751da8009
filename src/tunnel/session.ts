import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { whenReady, type MaybePromise } from '../base/maybePromise.ts';
import type { Random } from '../base/random.ts';
import { TunnelError } from '../protocol/errors.ts';
import { HANDSHAKE_TIMEOUT_MS } from '../protocol/limits.ts';
import type { CryptoPort, DhKey } from '../secure/crypto.ts';
import { createInitiator, createResponder, type HandshakeResult } from '../secure/noise.ts';

/** Records that may arrive while a DH is on its way; an honest peer sends none. */
const MAX_EARLY_RECORDS = 4;

export interface SessionEvents {
  /** Sends one record on the circuit. */
  send(record: Uint8Array): void;
  /** The handshake is done; nothing is proved of the peer before its first record has been opened. */
  onEstablished(result: HandshakeResult): void;
  /** Plaintext of one record. Throwing ends the session. */
  onFrames(frames: Uint8Array): void;
  /**
   * The session is over: `handshakeFailed`, `deviceSilent` without a first record in time, `sessionBroken`, or the TunnelError that
   * `onFrames` threw. Fires at most once, never after `dispose`.
   */
  onFailed(error: TunnelError): void;
}

export interface SessionOptions {
  readonly crypto: CryptoPort;
  readonly random: Random;
  readonly clock: Clock;
  readonly prologue: Uint8Array;
  readonly psk: Uint8Array;
  readonly staticKey: DhKey;
}

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'awaitingMessage1' }
  | { readonly kind: 'awaitingMessage2'; readonly read: (message: Uint8Array) => MaybePromise<HandshakeResult> }
  /** A DH is on its way. */
  | { readonly kind: 'computing' }
  | { readonly kind: 'established'; readonly result: HandshakeResult }
  | { readonly kind: 'over' };

/** A handshake and its records, on one circuit. Made for one end: `initiate` at the client, `respond` at the device. */
export class Session implements Disposable {
  readonly #options: SessionOptions;
  readonly #events: SessionEvents;
  #state: State = { kind: 'idle' };
  #early: Uint8Array[] = [];
  #timeout: Disposable | undefined;

  constructor(options: SessionOptions, events: SessionEvents) {
    this.#options = options;
    this.#events = events;
  }

  get isEstablished(): boolean {
    return this.#state.kind === 'established';
  }

  /** Client: sends message 1. @param remoteStatic the device's key */
  initiate(remoteStatic: Uint8Array): void {
    const { crypto, random } = this.#options;
    const initiator = createInitiator(crypto, random, { ...this.#options, remoteStatic });
    this.#armTimeout();
    this.#compute(
      () => initiator.writeMessage1(),
      (message) => {
        this.#state = { kind: 'awaitingMessage2', read: (answer) => initiator.readMessage2(answer) };
        this.#events.send(message);
      },
    );
  }

  /** Device: waits for message 1. @param accept whether this client's key may go on */
  respond(accept: (remoteStatic: Uint8Array) => boolean): void {
    this.#armTimeout();
    this.#state = { kind: 'awaitingMessage1' };
    this.#accept = accept;
  }

  receive(record: Uint8Array): void {
    switch (this.#state.kind) {
      case 'awaitingMessage1':
        this.#answerMessage1(record);
        return;
      case 'awaitingMessage2': {
        const { read } = this.#state;
        this.#compute(
          () => read(record),
          (result) => {
            this.#establish(result);
          },
        );
        return;
      }
      case 'computing':
        if (this.#early.length >= MAX_EARLY_RECORDS) this.#fail(new TunnelError('sessionBroken', 'records before their time'));
        else this.#early.push(record.slice());
        return;
      case 'established':
        this.#open(this.#state.result, record);
        return;
      case 'idle':
        this.#fail(new TunnelError('sessionBroken', 'a record before the handshake'));
        return;
      case 'over':
        return;
    }
  }

  /** Seals frames into one record and sends it. Only while established. */
  send(frames: Uint8Array): void {
    if (this.#state.kind === 'established') this.#events.send(this.#state.result.sealer.seal(frames));
  }

  dispose(): void {
    this.#state = { kind: 'over' };
    this.#timeout?.dispose();
    this.#early = [];
  }

  #accept: (remoteStatic: Uint8Array) => boolean = () => false;

  #answerMessage1(message: Uint8Array): void {
    const { crypto, random } = this.#options;
    const responder = createResponder(crypto, random, this.#options);
    this.#compute(
      () =>
        whenReady(responder.readMessage1(message), ({ remoteStatic }) => {
          if (!this.#accept(remoteStatic)) throw new TunnelError('handshakeFailed', 'another key');
          return responder.writeMessage2();
        }),
      ({ message: answer, result }) => {
        this.#events.send(answer);
        this.#establish(result);
      },
    );
  }

  /** The time limit goes on: a repeated message 1 leads here too, and to no record ever. */
  #establish(result: HandshakeResult): void {
    this.#state = { kind: 'established', result };
    this.#events.onEstablished(result);
  }

  #open(result: HandshakeResult, record: Uint8Array): void {
    try {
      const frames = result.opener.open(record);
      this.#timeout?.dispose();
      this.#events.onFrames(frames);
    } catch (error) {
      // What is sealed comes from the far end: nonsense in it is not the relay's.
      this.#fail(error instanceof TunnelError ? error : new TunnelError('sessionBroken', undefined, { cause: error }));
    }
  }

  /** Runs a step that may need an asynchronous DH; its result is dropped when the session has ended meanwhile. */
  #compute<T>(step: () => MaybePromise<T>, next: (value: T) => void): void {
    const computing: State = { kind: 'computing' };
    this.#state = computing;
    const isCurrent = (): boolean => this.#state === computing;
    const proceed = (value: T): void => {
      if (!isCurrent()) return;
      try {
        next(value);
      } catch (error) {
        this.#fail(TunnelError.from(error));
      }
      for (let record = this.#early.shift(); record; record = this.#early.shift()) this.receive(record);
    };
    const refuse = (error: unknown): void => {
      if (isCurrent()) this.#fail(TunnelError.from(error, 'handshakeFailed'));
    };
    try {
      const value = step();
      if (value instanceof Promise) void value.then(proceed, refuse);
      else proceed(value);
    } catch (error) {
      refuse(error);
    }
  }

  #armTimeout(): void {
    this.#timeout = this.#options.clock.after(HANDSHAKE_TIMEOUT_MS, () => {
      this.#fail(new TunnelError('deviceSilent', 'the handshake takes too long'));
    });
  }

  #fail(error: TunnelError): void {
    if (this.#state.kind === 'over') return;
    this.dispose();
    this.#events.onFailed(error);
  }
}
