import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import type { Hello, Mux } from '../mux/mux.ts';
import { MuxTable } from '../mux/muxTable.ts';
import { TunnelError } from '../protocol/errors.ts';
import type { TunnelConnection, TunnelMetrics } from '../protocol/status.ts';
import type { LastWord, SessionMatch } from './circuitMatch.ts';
import { DeviceAttempt, type DeviceTunnelOptions, type MuxOwner } from './deviceAttempt.ts';
import type { DeviceCircuit } from './deviceCircuit.ts';
import { Supervisor } from './supervisor.ts';
import { TunnelMeter } from './tunnelMeter.ts';

/** The device's way to its relay: one link, and on it a circuit per client. Muxes outlive both. */
export class DeviceTunnel implements Disposable, MuxOwner {
  readonly supervisor: Supervisor;
  /** @internal for its attempts */
  readonly meter: TunnelMeter;
  readonly #options: DeviceTunnelOptions;
  readonly #store = new DisposableStore();
  readonly #tables = new Map<string, MuxTable>();
  readonly #carriers = new Map<Mux, { readonly circuit: DeviceCircuit; readonly clientId: string }>();
  readonly #online = this.#store.add(new Emitter<undefined>());
  /** Round trips to clients that are here, ms, by client. */
  readonly #clientRtts = new Map<string, number>();
  #attempt: DeviceAttempt | undefined;

  constructor(options: DeviceTunnelOptions) {
    this.#options = options;
    this.meter = new TunnelMeter(options.clock, () => this.#streamCount);
    this.supervisor = this.#store.add(
      new Supervisor({
        clock: options.clock,
        random: options.random,
        isWatched: () => this.supervisor.streams > 0 || this.#streamCount > 0,
        start: (attempt, events, patienceMs) => {
          this.#attempt = new DeviceAttempt(options, this, attempt, events, patienceMs);
          return this.#attempt;
        },
      }),
    );
    this.#store.add(this.meter.follow(this.supervisor));
  }

  /** Clients came or went. */
  readonly onDidChangeOnline = this.#online.event;

  /** The roadmap's snapshot, with the round trip to the relay. */
  get connection(): TunnelConnection {
    return this.meter.connection(this.#endpoint);
  }

  get metrics(): TunnelMetrics {
    return this.meter.metrics;
  }

  /** Last measured round trip to a client that is here, ms. */
  roundTripTo(clientId: string): number | undefined {
    return this.#clientRtts.get(clientId);
  }

  /** Clients with a session now. */
  get onlineClients(): ReadonlySet<string> {
    return new Set([...this.#carriers.values()].map(({ clientId }) => clientId));
  }

  /** Tells the relay the hashes of now; resolves once it has confirmed them. @throws TunnelError when the link ends before */
  publishHashes(): Promise<void> {
    return this.#attempt?.publishHashes() ?? Promise.reject(new TunnelError('relayUnreachable'));
  }

  /** Ends a client's circuits, with its last word; without one it may come again at once. Its muxes are dropped, and all that runs on them. */
  dismiss(clientId: string, reason?: LastWord): void {
    this.#attempt?.dismiss(clientId, reason);
    this.#tables.get(clientId)?.dispose();
    this.#tables.delete(clientId);
  }

  dispose(): void {
    this.#store.dispose();
    for (const table of this.#tables.values()) table.dispose();
    this.#tables.clear();
  }

  /** @internal for its attempts */
  takeMux({ clientId }: SessionMatch, hello: Hello, circuit: DeviceCircuit): Mux {
    const { clock, random } = this.#options;
    let table = this.#tables.get(clientId);
    if (!table) {
      table = new MuxTable(clock, random, (mux) => {
        // A relay's node that dies takes its word that a client left with it: only a PING tells, with a stream or without.
        mux.isWatched = true;
        mux.onRoundTrip((rttMs) => this.#clientRtts.set(clientId, rttMs));
        this.#options.onMux(clientId, mux);
      });
      this.#tables.set(clientId, table);
    }
    const mux = table.take(hello);
    const older = this.#carriers.get(mux);
    this.#carriers.set(mux, { circuit, clientId });
    older?.circuit.yieldMux();
    this.#online.fire(undefined);
    return mux;
  }

  /** @internal */
  releaseMux(clientId: string, mux: Mux, circuit: DeviceCircuit): void {
    if (this.#carriers.get(mux)?.circuit !== circuit) return;
    this.#carriers.delete(mux);
    if (!this.onlineClients.has(clientId)) this.#clientRtts.delete(clientId);
    this.#tables.get(clientId)?.release(mux);
    this.#online.fire(undefined);
  }

  get #streamCount(): number {
    let count = 0;
    for (const table of this.#tables.values()) count += table.streamCount;
    return count;
  }

  get #endpoint(): string | undefined {
    const { origin } = this.#options.relay();
    return origin === '' ? undefined : origin;
  }
}
