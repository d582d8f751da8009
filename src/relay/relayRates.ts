import type { Clock } from '../base/clock.ts';
import { RateLimiter } from '../base/rateLimiter.ts';
import { addressKey, isNearAddress, shortAddress } from './addresses.ts';
import type { RelayLimits } from './relayConfig.ts';

/** How often strangers and devices may do what costs others something. All answer 0, or for how many ms it is too early. */
export class RelayRates {
  readonly #links: RateLimiter;
  readonly #networks: RateLimiter;
  readonly #dials: RateLimiter;
  readonly #tokens: RateLimiter;
  readonly #joins: RateLimiter;
  readonly #registrations: RateLimiter;

  constructor(clock: Pick<Clock, 'monotonic'>, limits: RelayLimits) {
    this.#links = new RateLimiter(clock, limits.linksPerAddress, limits.rateNames);
    this.#networks = new RateLimiter(clock, limits.linksPerNetwork, limits.rateNames);
    this.#dials = new RateLimiter(clock, limits.dialsPerAddress, limits.rateNames);
    this.#tokens = new RateLimiter(clock, limits.tokensRatePerDevice, limits.rateNames);
    this.#joins = new RateLimiter(clock, limits.joinsPerDevice, limits.rateNames);
    this.#registrations = new RateLimiter(clock, limits.registrationsPerInvite, limits.rateNames);
  }

  /** Addresses, devices and invites remembered. */
  get names(): number {
    return [this.#links, this.#networks, this.#dials, this.#tokens, this.#joins, this.#registrations].reduce(
      (sum, { size }) => sum + size,
      0,
    );
  }

  link(remoteAddress: string): number {
    if (isNearAddress(remoteAddress)) return 0;
    const waitMs = this.#links.take(addressKey(remoteAddress));
    return waitMs > 0 ? waitMs : this.#networks.take(shortAddress(remoteAddress));
  }

  /** Before anybody looks whether the hash is served, so that the refusal tells nothing of it. */
  dial(remoteAddress: string): number {
    return isNearAddress(remoteAddress) ? 0 : this.#dials.take(addressKey(remoteAddress));
  }

  /** @param invite its name; it was found to be this relay's own */
  registration(invite: string): number {
    return this.#registrations.take(invite);
  }

  tokens(deviceId: string): number {
    return this.#tokens.take(deviceId);
  }

  join(deviceId: string): number {
    return this.#joins.take(deviceId);
  }
}
