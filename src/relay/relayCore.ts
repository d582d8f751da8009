import type { Clock } from '../base/clock.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { nullLogger, type Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { deferred, type Deferred } from '../base/deferred.ts';
import { closeCodeFor } from '../protocol/closeCodes.ts';
import type { LinkRole } from '../protocol/linkFrames.ts';
import type { LinkSocket } from '../protocol/linkSocket.ts';
import type { CryptoPort } from '../secure/crypto.ts';
import type { Bus, BusReading, HashKey } from './bus.ts';
import { BacklogBudget } from './circuits/backlogBudget.ts';
import { ClientLink } from './clientLink.ts';
import { DeviceLink, type DeviceReading } from './deviceLink.ts';
import { DeviceRegistry } from './deviceRegistry.ts';
import { InviteDevices } from './inviteDevices.ts';
import type { AcceptedHandlers } from './linkChannel.ts';
import { ParkedDials } from './parkedDials.ts';
import { presenceHash } from './presenceHash.ts';
import { defaultRelayLimits, type RelayConfig } from './relayConfig.ts';
import { silentMeter, type RelayMeter } from './relayMeter.ts';
import { RelayRates } from './relayRates.ts';
import type { RelayScope } from './relayScope.ts';

export interface RelayCoreOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly crypto: CryptoPort;
  readonly bus: Bus;
  readonly config: RelayConfig;
  readonly log?: Logger;
  /** Hears what is to be counted; nobody does when it is left out. */
  readonly meter?: RelayMeter;
}

/** Who is at the other end of a new link. */
export interface LinkPeer {
  readonly role: LinkRole;
  /** As it counts for limits: behind trusted proxies the address that they report. */
  readonly remoteAddress: string;
}

export interface RelayCounts {
  /** Admitted devices. */
  readonly devices: number;
  /** Links, admitted or not. */
  readonly deviceLinks: number;
  readonly clientLinks: number;
  readonly circuits: number;
  readonly parkedDials: number;
  /** Unsent bytes, as the global bound counts them. */
  readonly backlogBytes: number;
}

/** What comes while too much waits here may ask again so soon. */
const CROWDED_WAIT_MS = 2_000;

/** The relay without its sockets: admission, switch, liveness, limits and drain. */
export class RelayCore implements Disposable {
  readonly #scope: RelayScope;
  readonly #deviceLinks = new Map<number, DeviceLink>();
  readonly #clientLinks = new Set<ClientLink>();
  readonly #owned = new DisposableStore();
  #lastLink = 0;
  #drained: Deferred<undefined> | undefined;

  constructor({ clock, random, crypto, bus, config, log = nullLogger, meter = silentMeter }: RelayCoreOptions) {
    const limits = { ...defaultRelayLimits, ...config.limits };
    this.#scope = {
      clock,
      random,
      crypto,
      bus,
      log,
      meter,
      limits,
      origins: config.origins,
      admission: config.admission,
      devices: new DeviceRegistry(),
      invites: new InviteDevices(limits.devicesPerInvite),
      parked: new ParkedDials(limits.parkedDials, limits.parkedDialsPerAddress),
      rates: new RelayRates(clock, limits),
      budget: new BacklogBudget(limits.totalBacklogBytes),
    };
    this.#owned.add(
      bus.listen((call) => {
        const link = this.#deviceLinks.get(call.link);
        if (link) link.answer(call);
        else call.refuse('gone');
      }),
    );
  }

  get isDraining(): boolean {
    return this.#drained !== undefined;
  }

  get counts(): RelayCounts {
    let circuits = 0;
    for (const link of this.#deviceLinks.values()) circuits += link.circuitCount;
    return {
      devices: this.#scope.devices.size,
      deviceLinks: this.#deviceLinks.size,
      clientLinks: this.#clientLinks.size,
      circuits,
      parkedDials: this.#scope.parked.total,
      backlogBytes: this.#scope.budget.totalBytes,
    };
  }

  /** What joins this node's links, and those of other nodes. */
  get busReading(): BusReading {
    return this.#scope.bus.reading;
  }

  /** The admitted devices, in no order. */
  get deviceReadings(): DeviceReading[] {
    return [...this.#deviceLinks.values()].flatMap((link) => link.reading ?? []);
  }

  /** Whether a dial for `hash` would find a device now and, if none, whether the device with this key is connected all the same. */
  async lookUp(deviceKey: Uint8Array, hash: HashKey): Promise<'served' | 'unknownKey' | 'deviceOffline'> {
    const { bus, crypto } = this.#scope;
    const isServed = (what: HashKey): Promise<boolean> =>
      new Promise((resolve) => {
        bus.dial(what, (place) => {
          resolve(place !== undefined);
        });
      });
    if (await isServed(hash)) return 'served';
    return (await isServed(presenceHash(crypto, deviceKey))) ? 'unknownKey' : 'deviceOffline';
  }

  /** Asks for one more link of this address; a relay that holds much for those who are there takes no more. @returns 0, or for how many ms there is none */
  knock(remoteAddress: string): number {
    const { rates, budget, limits } = this.#scope;
    if (budget.totalBytes > limits.totalBacklogBytes * limits.crowded) return CROWDED_WAIT_MS;
    return rates.link(remoteAddress);
  }

  /** Takes over an open socket. The result hears what happens on it. */
  accept(peer: LinkPeer, socket: LinkSocket): AcceptedHandlers {
    if (this.isDraining || this.#owned.isDisposed) {
      socket.close(closeCodeFor('relayDraining'));
      return deafHandlers;
    }
    const number = ++this.#lastLink;
    if (peer.role === 'client') {
      const link: ClientLink = new ClientLink(this.#scope, peer.remoteAddress, socket, () => {
        this.#clientLinks.delete(link);
        this.#checkDrained();
      });
      this.#clientLinks.add(link);
      return link.handlers;
    }
    const link = new DeviceLink(this.#scope, number, socket, () => {
      this.#deviceLinks.delete(number);
      this.#checkDrained();
    });
    this.#deviceLinks.set(number, link);
    return link.handlers;
  }

  /**
   * Takes no new links, tells all others to go, and resolves when they are gone. Each leaves at a time of its own where another relay takes
   * it. Those that found none stay to the end, all as long: with one end of a circuit gone the other would only wait.
   */
  drain(): Promise<void> {
    if (this.#drained) return this.#drained.promise;
    const drained = deferred<undefined>();
    this.#drained = drained;
    const { drainMs } = this.#scope.limits;
    for (const link of [...this.#deviceLinks.values(), ...this.#clientLinks]) link.goAway(drainMs);
    this.#checkDrained();
    return drained.promise;
  }

  /** Ends everything at once. */
  dispose(): void {
    this.#owned.dispose();
    for (const link of [...this.#deviceLinks.values(), ...this.#clientLinks]) link.terminate();
    this.#drained?.resolve(undefined);
  }

  #checkDrained(): void {
    if (this.#deviceLinks.size === 0 && this.#clientLinks.size === 0) this.#drained?.resolve(undefined);
  }
}

const ignore = (): void => undefined;
const deafHandlers: AcceptedHandlers = { onMessage: ignore, onDrain: ignore, onClose: ignore };
