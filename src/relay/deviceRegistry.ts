import { equalBytes } from '../base/bytes.ts';
import type { AdmissionClaim } from '../secure/admission.ts';

/** A device link as the registry sees it. */
export interface RegisteredLink {
  readonly claim: AdmissionClaim;
  /** A newer link of the same device takes its place. */
  replace(): void;
}

/** What becomes of a proven registration, given the link that the device already has. */
export type Verdict = 'admit' | 'replace' | 'stale' | 'duplicate';

/**
 * A higher epoch is a newer leader. Within one epoch there is one process; its later dial is the live one. The same epoch from another
 * process means that the key was copied: the one that is there stays, and the other's user is told.
 */
export function judgeClaim(current: AdmissionClaim | undefined, next: AdmissionClaim): Verdict {
  if (!current) return 'admit';
  if (next.epoch !== current.epoch) return next.epoch > current.epoch ? 'replace' : 'stale';
  if (!equalBytes(next.instance, current.instance)) return 'duplicate';
  return next.attempt > current.attempt ? 'replace' : 'stale';
}

/** The admitted device links of this node, by device id. */
export class DeviceRegistry {
  readonly #links = new Map<string, RegisteredLink>();

  get size(): number {
    return this.#links.size;
  }

  /** Enters `link`, unless the one that is there is better. */
  enter(deviceId: string, link: RegisteredLink): Verdict {
    const current = this.#links.get(deviceId);
    const verdict = judgeClaim(current?.claim, link.claim);
    if (verdict === 'admit' || verdict === 'replace') this.#links.set(deviceId, link);
    if (verdict === 'replace') current?.replace();
    return verdict;
  }

  /** Removes exactly this link: a late end of a replaced one does not touch its successor. */
  remove(deviceId: string, link: RegisteredLink): void {
    if (this.#links.get(deviceId) === link) this.#links.delete(deviceId);
  }
}
