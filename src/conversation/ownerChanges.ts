import type { Clock } from '../base/clock.ts';
import type { OwnerId } from './ports.ts';

/** Owners whose chats are not what they were: each is told of once, at the end of the turn of the event loop in which that happened. */
export class OwnerChanges {
  readonly #clock: Clock;
  readonly #tell: (owner: OwnerId) => void;
  readonly #changed = new Set<OwnerId>();

  constructor(clock: Clock, tell: (owner: OwnerId) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  readonly note = (owner: OwnerId): void => {
    if (this.#changed.size === 0) {
      this.#clock.defer(() => {
        const owners = [...this.#changed];
        this.#changed.clear();
        for (const changed of owners) this.#tell(changed);
      });
    }
    this.#changed.add(owner);
  };
}
