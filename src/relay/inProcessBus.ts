import type { Clock } from '../base/clock.ts';
import { toDisposable, type Disposable } from '../base/disposable.ts';
import type { AdmissionClaim } from '../secure/admission.ts';
import type { Bus, BusReading, CallHandlers, Circuit, CircuitHandlers, ClaimLoss, HashKey, IncomingCall, Place } from './bus.ts';
import { judgeClaim } from './deviceRegistry.ts';

export type CallListener = (call: IncomingCall) => void;

interface Claim {
  readonly node: string;
  readonly claim: AdmissionClaim;
  /** Called at most once, when its turn comes. */
  readonly lose: (loss: ClaimLoss) => void;
}

/**
 * The bus of a relay that is one process. Every call is delivered later in the same turn of the event loop, in one order for all, as a
 * network would: no handler runs inside another one's call.
 */
export class InProcessMedium {
  readonly #clock: Pick<Clock, 'defer'>;
  readonly #onError: (error: unknown) => void;
  readonly #posted: (() => void)[] = [];
  readonly #places = new Map<HashKey, Set<Place>>();
  readonly #watchers = new Map<HashKey, Set<() => void>>();
  readonly #listeners = new Map<string, CallListener>();
  readonly #claims = new Map<HashKey, Set<Claim>>();

  /** @param onError hears what a handler threw; the others are still called. */
  constructor(clock: Pick<Clock, 'defer'>, onError: (error: unknown) => void) {
    this.#clock = clock;
    this.#onError = onError;
  }

  /** A node on this medium. Production has one; tests of the port have two. */
  join(node: string): Bus {
    return new InProcessBus(node, this);
  }

  post(task: () => void): void {
    this.#posted.push(task);
    if (this.#posted.length === 1) {
      this.#clock.defer(() => {
        this.#deliver();
      });
    }
  }

  serve(hash: HashKey, place: Place): Disposable {
    const entry = { ...place }; // its own identity: the same place may serve a hash twice for a moment
    this.wake(hash);
    return addTo(this.#places, hash, entry);
  }

  /** Calls who watches `hash`, or all who watch anything. */
  wake(hash?: HashKey): void {
    const sets = hash === undefined ? [...this.#watchers.values()] : [this.#watchers.get(hash) ?? []];
    for (const set of sets) for (const wake of set) this.post(wake);
  }

  watch(hash: HashKey, wake: () => void): Disposable {
    let watching = true;
    const entry = addTo(this.#watchers, hash, () => {
      if (watching) wake();
    });
    return toDisposable(() => {
      watching = false;
      entry.dispose();
    });
  }

  /** The latest of the places: higher epoch, then higher attempt, then the one that began last. */
  find(hash: HashKey): Place | undefined {
    let best: Place | undefined;
    for (const place of this.#places.get(hash) ?? []) best = laterPlace(best, place);
    return best;
  }

  listen(node: string, listener: CallListener): Disposable {
    this.#listeners.set(node, listener);
    return toDisposable(() => {
      if (this.#listeners.get(node) === listener) this.#listeners.delete(node);
    });
  }

  listenerOf(node: string): CallListener | undefined {
    return this.#listeners.get(node);
  }

  claim(node: string, device: HashKey, claim: AdmissionClaim, lost: (loss: ClaimLoss) => void): Disposable {
    let isHeld = true;
    const own: Claim = {
      node,
      claim,
      lose: (loss) => {
        this.post(() => {
          if (isHeld) lost(loss);
          isHeld = false;
        });
      },
    };
    for (const other of this.#claims.get(device) ?? []) {
      if (other.node === node) continue;
      const verdict = judgeClaim(other.claim, claim);
      if (verdict === 'replace') other.lose('replaced');
      else own.lose(verdict === 'duplicate' ? 'duplicateDevice' : 'replaced');
    }
    const entry = addTo(this.#claims, device, own);
    return toDisposable(() => {
      isHeld = false;
      entry.dispose();
    });
  }

  #deliver(): void {
    for (let at = 0; at < this.#posted.length; at++) {
      try {
        this.#posted[at]?.();
      } catch (error) {
        this.#onError(error);
      }
    }
    this.#posted.length = 0;
  }
}

class InProcessBus implements Bus {
  readonly node: string;
  readonly #medium: InProcessMedium;
  readonly #held = new Set<Disposable>();

  constructor(node: string, medium: InProcessMedium) {
    this.node = node;
    this.#medium = medium;
  }

  serve(hash: HashKey, place: Place): Disposable {
    return this.#own(this.#medium.serve(hash, place));
  }

  watch(hash: HashKey, wake: () => void): Disposable {
    return this.#own(this.#medium.watch(hash, wake));
  }

  dial(hash: HashKey, answer: (place: Place | undefined) => void): Disposable {
    let asking = true;
    this.#medium.post(() => {
      if (asking) answer(this.#medium.find(hash));
    });
    return toDisposable(() => {
      asking = false;
    });
  }

  open(place: Place, hash: HashKey, handlers: CallHandlers): Circuit {
    const medium = this.#medium;
    const near = new CircuitSide(medium, handlers);
    medium.post(() => {
      const listener = medium.listenerOf(place.node);
      const refuse: IncomingCall['refuse'] = (refusal) => {
        near.tell(() => {
          near.finish();
          handlers.onRefused(refusal);
        });
      };
      if (!listener) {
        refuse('gone');
        return;
      }
      listener({
        link: place.link,
        hash,
        refuse,
        accept(deviceKey, farHandlers) {
          const far = new CircuitSide(medium, farHandlers);
          far.connectTo(near);
          near.tell(() => {
            handlers.onJoined(deviceKey);
          });
          near.connectTo(far);
          return far;
        },
      });
    });
    return near;
  }

  listen(listener: CallListener): Disposable {
    return this.#own(this.#medium.listen(this.node, listener));
  }

  claim(device: HashKey, claim: AdmissionClaim, lost: (loss: ClaimLoss) => void): Disposable {
    return this.#own(this.#medium.claim(this.node, device, claim, lost));
  }

  readonly reading: BusReading = { kind: 'process', isUp: true, circuits: 0, nodes: 0, pendingBytes: 0 };

  dispose(): void {
    for (const item of this.#held) item.dispose();
    this.#held.clear();
  }

  #own(item: Disposable): Disposable {
    this.#held.add(item);
    return toDisposable(() => {
      this.#held.delete(item);
      item.dispose();
    });
  }
}

class CircuitSide implements Circuit {
  readonly #medium: InProcessMedium;
  readonly #handlers: CircuitHandlers;
  #other: CircuitSide | undefined;
  /** Reason of a `close` that came before the other side was known. */
  #closedEarly: number | undefined;
  #over = false;

  constructor(medium: InProcessMedium, handlers: CircuitHandlers) {
    this.#medium = medium;
    this.#handlers = handlers;
  }

  connectTo(other: CircuitSide): void {
    this.#other = other;
    if (this.#closedEarly !== undefined) other.hearClose(this.#closedEarly);
  }

  send(record: Uint8Array): void {
    const other = this.#other;
    if (this.#over || !other) return;
    other.tell(() => {
      other.#handlers.onRecord(record);
    });
  }

  setFlow(open: boolean): void {
    const other = this.#other;
    if (this.#over || !other) return;
    other.tell(() => {
      other.#handlers.onFlow(open);
    });
  }

  close(reason: number): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#other) this.#other.hearClose(reason);
    else this.#closedEarly = reason;
  }

  /** Runs `task` when its turn comes, unless this side is over by then. */
  tell(task: () => void): void {
    this.#medium.post(() => {
      if (!this.#over) task();
    });
  }

  hearClose(reason: number): void {
    this.tell(() => {
      this.#over = true;
      this.#handlers.onClose(reason);
    });
  }

  finish(): void {
    this.#over = true;
  }
}

/** The place that is alive: higher epoch, then higher attempt; of equals the second. */
export function laterPlace(first: Place | undefined, second: Place | undefined): Place | undefined {
  if (!first || !second) return first ?? second;
  if (second.epoch !== first.epoch) return second.epoch > first.epoch ? second : first;
  return second.attempt >= first.attempt ? second : first;
}

/** Adds to a set in a map; the set goes when its last item does. */
function addTo<T>(map: Map<HashKey, Set<T>>, hash: HashKey, item: T): Disposable {
  const set = map.get(hash) ?? new Set<T>();
  map.set(hash, set.add(item));
  return toDisposable(() => {
    set.delete(item);
    if (set.size === 0 && map.get(hash) === set) map.delete(hash);
  });
}
