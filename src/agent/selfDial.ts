import { equalBytes, toBase64url } from '../base/bytes.ts';
import { deferred } from '../base/deferred.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { CLIENT_ID_BYTES } from '../protocol/pairingFrames.ts';
import type { DhKey } from '../secure/crypto.ts';
import { deriveClient } from '../secure/pairingSecret.ts';
import type { LastWord, SessionMatch } from '../tunnel/circuitMatch.ts';
import { ClientTunnel, type ClientTunnelOptions } from '../tunnel/clientTunnel.ts';
import { isLive, type ConnectionState } from '../tunnel/connectionState.ts';
import type { Supervisor } from '../tunnel/supervisor.ts';

export type SelfDialOptions = Omit<ClientTunnelOptions, 'pairing'>;

/**
 * A client that a device makes for itself, for one diagnosis: keys that nobody else ever has, and no right to open a stream. It comes to
 * the device as every other does, through the relay.
 */
export class SelfDial {
  readonly clientId: string;
  readonly hash: Uint8Array;
  readonly match: SessionMatch;
  readonly #options: SelfDialOptions;
  readonly #staticKey: DhKey;
  #isWaiting = false;

  /** @param lastWord what a client that comes now is told instead of an answer */
  constructor(options: SelfDialOptions, lastWord: () => LastWord | undefined) {
    const { random, crypto } = options;
    this.#options = options;
    this.clientId = toBase64url(random.bytes(CLIENT_ID_BYTES));
    this.#staticKey = crypto.importKey(random.bytes(32));
    const { psk, dialHash } = deriveClient(crypto, random.bytes(32));
    const { publicKey } = this.#staticKey;
    this.hash = dialHash;
    this.match = {
      purpose: 'session',
      psk,
      clientId: this.clientId,
      accepts: (remoteStatic) => equalBytes(remoteStatic, publicKey),
      get lastWord() {
        return lastWord();
      },
      onAuthenticated: () => undefined,
    };
  }

  /** What it means when no answer comes. */
  get unanswered(): ErrorCode {
    return this.#isWaiting ? 'deviceOffline' : 'deviceSilent';
  }

  /** Dials, shakes hands, and resolves to the round trip of one PING, ms. @throws TunnelError at the first thing that goes wrong */
  async ping(origin: string, deviceKey: Uint8Array, signal: AbortSignal): Promise<number> {
    const { psk } = this.match;
    const tunnel = new ClientTunnel({
      ...this.#options,
      pairing: { origin, deviceKey, staticKey: this.#staticKey, psk, dialHash: this.hash },
    });
    const answered = deferred<number>();
    try {
      // pinged as soon as both HELLOs have been read
      tunnel.mux.onRoundTrip(answered.resolve);
      tunnel.supervisor.onDidChange((state) => {
        this.#isWaiting = state.kind === 'connecting' && state.error === 'deviceOffline';
      });
      await firstConnection(tunnel.supervisor, signal);
      return await ended(answered.promise, signal);
    } finally {
      tunnel.dispose();
    }
  }
}

/** Connects, and unlike the supervisor gives up at the first failure, for that is what is asked for. @throws TunnelError */
export async function firstConnection(supervisor: Supervisor, signal: AbortSignal): Promise<void> {
  const outcome = deferred<undefined>();
  const judge = (state: ConnectionState): void => {
    if (isLive(state)) outcome.resolve(undefined);
    else if (state.kind === 'error' || state.kind === 'reconnecting') outcome.reject(new TunnelError(state.error));
  };
  const subscription = supervisor.onDidChange(judge);
  try {
    supervisor.start();
    await ended(outcome.promise, signal);
  } finally {
    subscription.dispose();
  }
}

/** @throws TunnelError `cancelled` once `signal` is aborted */
async function ended<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const stopped = deferred<never>();
  const stop = (): void => {
    stopped.reject(new TunnelError('cancelled'));
  };
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([promise, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
