import { every, type Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Logger } from '../base/log.ts';
import { TunnelError } from '../protocol/errors.ts';
import type { RemoteRules } from '../protocol/remoteRules.ts';
import type { DeviceTunnel } from '../tunnel/deviceTunnel.ts';
import type { ClientRegistry } from './clientRegistry.ts';

const EVERY_MS = 60 * 60_000;
const DAY_MS = 24 * 60 * 60_000;

export interface RemoteBoundsOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly rules: () => RemoteRules;
  readonly registry: ClientRegistry;
  readonly tunnel: Pick<DeviceTunnel, 'onlineClients' | 'dismiss'>;
}

/** Holds clients from elsewhere to what the machine's owner has set: those that have not been here for long must pair again. */
export class RemoteBounds implements Disposable {
  readonly #options: RemoteBoundsOptions;
  readonly #timer: Disposable;
  #told: string;

  constructor(options: RemoteBoundsOptions) {
    this.#options = options;
    this.#told = toldOf(options.rules());
    this.#expire();
    this.#timer = every(options.clock, EVERY_MS, () => {
      this.#expire();
    });
  }

  /** The rules may be others. Clients that were told what follows from them come again, and are told anew; answers go on meanwhile. */
  check(): void {
    const { rules, registry, tunnel } = this.#options;
    const told = toldOf(rules());
    this.#expire();
    if (told === this.#told) return;
    this.#told = told;
    // a key is told nothing: each of its requests is judged by itself
    for (const { id, kind } of registry.paired) if (kind !== 'key') tunnel.dismiss(id);
  }

  dispose(): void {
    this.#timer.dispose();
  }

  #expire(): void {
    const { clock, log, rules, registry, tunnel } = this.#options;
    const { idleExpiryDays } = rules();
    const online = tunnel.onlineClients;
    try {
      const before = idleExpiryDays === 0 ? -Infinity : clock.now() - idleExpiryDays * DAY_MS;
      registry.expireIdle(before, (id) => online.has(id));
    } catch (error) {
      log.warn('pairings that were not used could not be ended', { code: TunnelError.from(error).code });
    }
  }
}

/** What a client has been told of the rules when it came. */
function toldOf({ maxContextLength, modelManagement, cloudModels }: RemoteRules): string {
  return JSON.stringify([maxContextLength, modelManagement, cloudModels]);
}
