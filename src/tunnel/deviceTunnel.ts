import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import type { Hello, Mux } from '../mux/mux.ts';
import { MuxTable } from '../mux/muxTable.ts';
import { TunnelError } from '../protocol/errors.ts';
import type { SessionMatch } from './circuitMatch.ts';
import { DeviceAttempt, type DeviceTunnelOptions, type MuxOwner } from './deviceAttempt.ts';
import type { DeviceCircuit } from './deviceCircuit.ts';
import { Supervisor } from './supervisor.ts';

/** The device's way to its relay: one link, and on it a circuit per client. Muxes outlive both. */
export class DeviceTunnel implements Disposable, MuxOwner {
  readonly supervisor: Supervisor;
  readonly #options: DeviceTunnelOptions;
  readonly #store = new DisposableStore();
  readonly #tables = new Map<string, MuxTable>();
  readonly #carriers = new Map<Mux, { readonly circuit: DeviceCircuit; readonly clientId: string }>();
  readonly #online = this.#store.add(new Emitter<undefined>());
  readonly #roundTrip = this.#store.add(new Emitter<number>());
  #attempt: DeviceAttempt | undefined;

  constructor(options: DeviceTunnelOptions) {
    this.#options = options;
    this.supervisor = this.#store.add(
      new Supervisor({
        clock: options.clock,
        random: options.random,
        isWatched: () => this.supervisor.streams > 0 || [...this.#tables.values()].some(({ streamCount }) => streamCount > 0),
        start: (attempt, events) => {
          this.#attempt = new DeviceAttempt(options, this, attempt, events);
          return this.#attempt;
        },
      }),
    );
  }

  /** Clients came or went. */
  readonly onDidChangeOnline = this.#online.event;
  /** Round trip to the relay, ms. */
  readonly onRoundTrip = this.#roundTrip.event;

  get lastActivity(): number | undefined {
    return this.#attempt?.lastActivity;
  }

  /** Clients with a session now. */
  get onlineClients(): ReadonlySet<string> {
    return new Set([...this.#carriers.values()].map(({ clientId }) => clientId));
  }

  /** Tells the relay the hashes of now; resolves once it has confirmed them. @throws TunnelError when the link ends before */
  publishHashes(): Promise<void> {
    return this.#attempt?.publishHashes() ?? Promise.reject(new TunnelError('relayUnreachable'));
  }

  /** Ends a client's circuits, with its last word. Its muxes are dropped. */
  dismiss(clientId: string, reason: 'revoked' | 'paused'): void {
    this.#attempt?.dismiss(clientId, reason);
    if (reason !== 'revoked') return;
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
    this.#tables.get(clientId)?.release(mux);
    this.#online.fire(undefined);
  }

  /** @internal */
  noteRoundTrip(rttMs: number): void {
    this.#roundTrip.fire(rttMs);
  }
}
