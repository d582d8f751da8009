import { toDisposable, type Disposable } from '../base/disposable.ts';

/** The devices that are here by each invite, so that one that is passed around cannot fill the relay. */
export class InviteDevices {
  readonly #max: number;
  /** By invite and device: how many links. A device that comes again has two for a moment. */
  readonly #links = new Map<string, Map<string, number>>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Takes a place; disposing gives it back. Undefined when other devices have all that this invite has. */
  enter(invite: string, deviceId: string): Disposable | undefined {
    const devices = this.#links.get(invite) ?? new Map<string, number>();
    const links = devices.get(deviceId) ?? 0;
    if (links === 0 && devices.size >= this.#max) return undefined;
    this.#links.set(invite, devices.set(deviceId, links + 1));
    return toDisposable(() => {
      const left = (devices.get(deviceId) ?? 1) - 1;
      if (left > 0) devices.set(deviceId, left);
      else devices.delete(deviceId);
      if (devices.size === 0) this.#links.delete(invite);
    });
  }

  /** Invites that have devices here. */
  get size(): number {
    return this.#links.size;
  }
}
