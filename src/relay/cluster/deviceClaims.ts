import type { Clock } from '../../base/clock.ts';
import { toDisposable, type Disposable } from '../../base/disposable.ts';
import type { AdmissionClaim } from '../../secure/admission.ts';
import type { ClaimLoss, HashKey } from '../bus.ts';
import { judgeClaim } from '../deviceRegistry.ts';
import { decodeClaim, encodeClaim, type ClaimMessage } from './busFrames.ts';
import type { ClusterLine } from './clusterLine.ts';
import { subjects } from './subjects.ts';

export interface DeviceClaimsOptions {
  readonly line: ClusterLine;
  readonly clock: Clock;
  /** Runs `task` in a later turn. */
  readonly post: (task: () => void) => void;
  readonly onError: (error: unknown) => void;
}

interface Claim {
  readonly device: HashKey;
  readonly claim: AdmissionClaim;
  readonly sinceMs: number;
  readonly lost: (loss: ClaimLoss) => void;
  isHeld: boolean;
}

/**
 * Fencing: of several nodes one has a device. A node that admits it tells all others; who has an older link of it ends that, who has a newer one
 * says so. Of two processes with one key the younger goes, at whichever nodes they are.
 */
export class DeviceClaims implements Disposable {
  readonly #options: DeviceClaimsOptions;
  readonly #claims = new Map<Claim, Disposable>();

  constructor(options: DeviceClaimsOptions) {
    this.#options = options;
  }

  add(device: HashKey, claim: AdmissionClaim, lost: (loss: ClaimLoss) => void): Disposable {
    const { line, clock, onError } = this.#options;
    const own: Claim = { device, claim, sinceMs: clock.monotonic(), lost, isHeld: true };
    const subscription = line.subscribe(subjects.claim(device), ({ data }) => {
      try {
        this.#hear(own, decodeClaim(data));
      } catch (error) {
        onError(error);
      }
    });
    this.#claims.set(own, subscription);
    this.#say(own, 'new');
    return toDisposable(() => {
      this.#drop(own);
    });
  }

  /** After an outage: what was said meanwhile was not heard, here or there. */
  repeat(): void {
    for (const claim of this.#claims.keys()) this.#say(claim, 'new');
  }

  dispose(): void {
    for (const claim of [...this.#claims.keys()]) this.#drop(claim);
  }

  #hear(own: Claim, { type, claim, ageMs }: ClaimMessage): void {
    const ownAgeMs = this.#options.clock.monotonic() - own.sinceMs;
    switch (judgeClaim(own.claim, claim)) {
      case 'replace':
        this.#lose(own, 'replaced');
        return;
      case 'duplicate':
        if (ageMs > ownAgeMs) this.#lose(own, 'duplicateDevice');
        else if (type === 'new') this.#say(own, 'held');
        return;
      default:
        if (type === 'new') this.#say(own, 'held');
    }
  }

  #say({ device, claim, sinceMs }: Claim, type: ClaimMessage['type']): void {
    const ageMs = this.#options.clock.monotonic() - sinceMs;
    this.#options.line.publish(subjects.claim(device), encodeClaim({ type, claim, ageMs }));
  }

  #lose(claim: Claim, loss: ClaimLoss): void {
    this.#options.post(() => {
      if (!claim.isHeld) return;
      this.#drop(claim);
      claim.lost(loss);
    });
  }

  #drop(claim: Claim): void {
    claim.isHeld = false;
    this.#claims.get(claim)?.dispose();
    this.#claims.delete(claim);
  }
}
