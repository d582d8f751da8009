import { equalBytes } from '../base/bytes.ts';
import { DisposableStore, toDisposable, type Disposable } from '../base/disposable.ts';
import type { ModelClient } from '../conversation/ports.ts';
import type { RelaySetting } from '../protocol/agentControl.ts';
import type { DiagnoseOptions, Diagnosis } from '../protocol/diagnosis.ts';
import { TunnelError } from '../protocol/errors.ts';
import { INSTANCE_BYTES } from '../protocol/linkFrames.ts';
import type { DhKey } from '../secure/crypto.ts';
import type { SessionMatch } from '../tunnel/circuitMatch.ts';
import { isLive } from '../tunnel/connectionState.ts';
import { DeviceTunnel } from '../tunnel/deviceTunnel.ts';
import { diagnose, type DiagnoseRun, type HopCheck, type HopFinding } from './diagnose.ts';
import { ollamaHops } from './ollamaHops.ts';
import { relayHops, type DeviceEnd } from './relayHops.ts';
import type { VisitRelay } from './relayVisit.ts';
import { firstConnection, SelfDial, type SelfDialOptions } from './selfDial.ts';

/**
 * Every real link of a device has a higher epoch: one with this replaces none, and gives way to any. While another installation holds the
 * device's place it is refused as `replaced`, which is what a diagnosis wants to know.
 */
const SHADOW_EPOCH = 0;

export interface DiagnosticsOptions extends SelfDialOptions {
  readonly identity: DhKey;
  /** Why the device cannot prove that it is this one, should that be so: then it is not admitted. */
  readonly identityFault?: TunnelError | undefined;
  readonly models: ModelClient;
  readonly visit: VisitRelay;
  /** The relay, read at each run; its address as a person typed it. */
  relay(): RelaySetting | undefined;
  /** The device's own connection. Without one the device is shown to the relay for the length of the run. */
  readonly tunnel?: () => DeviceTunnel;
  /** Nobody from elsewhere is let in, for now. */
  isPaused(): boolean;
  /** See {@link ollamaHops}. */
  readonly model?: string | undefined;
  /** See {@link DiagnoseRun}. */
  readonly bounds?: DiagnoseRun['bounds'];
}

/** Looks at every hop of a device. For each run the device is its own client, whom it lets in for as long. */
export class Diagnostics implements Disposable {
  readonly #options: DiagnosticsOptions;
  readonly #runs = new DisposableStore();
  readonly #selves = new Set<SelfDial>();

  constructor(options: DiagnosticsOptions) {
    this.#options = options;
  }

  /** Under which the device's own connection is to be found, besides those of its clients. */
  get hashes(): readonly Uint8Array[] {
    return [...this.#selves].map(({ hash }) => hash);
  }

  match(hash: Uint8Array): SessionMatch | undefined {
    return [...this.#selves].find((self) => equalBytes(self.hash, hash))?.match;
  }

  /** One run, at most 30 s. Nothing of it is open afterwards. Never throws. */
  run(options: DiagnoseOptions = {}): Promise<Diagnosis> {
    const { models, model } = this.#options;
    const relay = this.#options.relay();
    return this.#look(options, (owned) => [
      relayHops({
        ...this.#options,
        address: relay?.origin,
        isKnown: relay?.isKnown === true,
        end: this.#deviceEnd(relay, owned),
        owned,
      }),
      ollamaHops({ models, model }),
    ]);
  }

  /**
   * Goes to a relay as far as the device's admission there, as if it were the one that is set. Nothing is kept, and nobody's place is taken.
   * Never throws.
   */
  probe(relay: RelaySetting, options: DiagnoseOptions = {}): Promise<Diagnosis> {
    return this.#look(options, (owned) => {
      const end = this.#visitor(relay, owned);
      const way = relayHops({ ...this.#options, address: relay.origin, isKnown: false, end, owned });
      return [way.filter(({ hop }) => hop !== 'farEnd')];
    });
  }

  async #look(options: DiagnoseOptions, waysOf: (owned: DisposableStore) => readonly (readonly HopCheck[])[]): Promise<Diagnosis> {
    const { clock, bounds } = this.#options;
    const owned = this.#runs.add(new DisposableStore());
    const ending = new AbortController();
    const stop = (): void => {
      ending.abort();
    };
    owned.add(toDisposable(stop));
    if (options.signal?.aborted === true) stop();
    options.signal?.addEventListener('abort', stop, { once: true });
    try {
      return await diagnose(waysOf(owned), { ...options, signal: ending.signal, clock, ...(bounds && { bounds }) });
    } finally {
      options.signal?.removeEventListener('abort', stop);
      this.#runs.delete(owned);
    }
  }

  /** Ends the runs under way: what they have not looked at is `cancelled`. */
  dispose(): void {
    this.#runs.dispose();
  }

  #deviceEnd(relay: RelaySetting | undefined, owned: DisposableStore): DeviceEnd {
    const { identity } = this.#options;
    const self = new SelfDial(this.#options, () => (this.#options.isPaused() ? 'paused' : undefined));
    return {
      admit: (origin, signal) => {
        if (this.#options.identityFault) return Promise.reject(this.#options.identityFault);
        const tunnel = this.#options.tunnel?.();
        if (tunnel && isLive(tunnel.supervisor.state)) return this.#letIn(self, tunnel, owned);
        return this.#showShadow(self, { ...relay, origin }, owned, signal);
      },
      ping: (origin, signal) => self.ping(origin, identity.publicKey, signal),
      get unanswered() {
        return self.unanswered;
      },
    };
  }

  /** Who is told that its place is taken has been admitted: the invite and the proof are judged before. */
  #visitor(relay: RelaySetting, owned: DisposableStore): DeviceEnd {
    const self = new SelfDial(this.#options, () => undefined);
    return {
      admit: async (origin, signal) => {
        if (this.#options.identityFault) throw this.#options.identityFault;
        try {
          return await this.#openShadow(self, { ...relay, origin }, owned, signal);
        } catch (error) {
          const known = TunnelError.from(error);
          if (known.code === 'replaced' || known.code === 'duplicateDevice') return {};
          throw known;
        }
      },
      ping: () => Promise.reject(new TunnelError('cancelled')),
      unanswered: 'deviceSilent',
    };
  }

  /** The connection that there is has the relay confirm it, with one client more. */
  async #letIn(self: SelfDial, tunnel: DeviceTunnel, owned: DisposableStore): Promise<HopFinding> {
    this.#selves.add(self);
    owned.add(
      toDisposable(() => {
        this.#selves.delete(self);
        tunnel.dismiss(self.clientId);
        tunnel.publishHashes().catch(() => undefined);
      }),
    );
    await tunnel.publishHashes();
    return {};
  }

  async #openShadow(self: SelfDial, relay: RelaySetting, owned: DisposableStore, signal: AbortSignal): Promise<HopFinding> {
    const shadow = owned.add(
      new DeviceTunnel({
        ...this.#options,
        epoch: SHADOW_EPOCH,
        instance: this.#options.random.bytes(INSTANCE_BYTES),
        relay: () => relay,
        hashes: () => [self.hash],
        match: (hash) => (equalBytes(hash, self.hash) ? self.match : undefined),
        onMux: () => undefined,
      }),
    );
    await firstConnection(shadow.supervisor, signal);
    await shadow.publishHashes();
    return {};
  }

  async #showShadow(self: SelfDial, relay: RelaySetting, owned: DisposableStore, signal: AbortSignal): Promise<HopFinding> {
    try {
      return await this.#openShadow(self, relay, owned, signal);
    } catch (error) {
      const known = TunnelError.from(error);
      const tunnel = this.#options.tunnel?.();
      if (known.code !== 'replaced' || !tunnel) throw known;
      const { state } = tunnel.supervisor;
      // it was our own connection that came back meanwhile, or what that was told says more
      if (isLive(state)) return this.#letIn(self, tunnel, owned);
      throw state.kind === 'error' ? new TunnelError(state.error, undefined, { cause: known }) : known;
    }
  }
}
