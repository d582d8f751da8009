import { toDisposable, type Disposable } from '../../src/base/disposable.ts';
import type {
  Bus,
  BusReading,
  CallHandlers,
  Circuit,
  CircuitHandlers,
  ClaimLoss,
  HashKey,
  IncomingCall,
  Place,
} from '../../src/relay/bus.ts';
import { InProcessMedium } from '../../src/relay/inProcessBus.ts';
import type { AdmissionClaim } from '../../src/secure/admission.ts';
import type { SeededRandom } from '../fakes/seededRandom.ts';
import type { SimProcess } from './simProcess.ts';
import type { SimTime } from './simTime.ts';

const MAX_LATENCY_MS = 5;

/** What joins the nodes of a relay: the shipped medium, with a way between that takes time and may lose, but never changes the order. */
export class SimMedium extends InProcessMedium {
  /** Of a hundred messages so many are lost now. */
  lossPercent = 0;
  /** Messages that were lost so far. */
  lost = 0;
  readonly #time: SimTime;
  readonly #random: SeededRandom;
  #lastArrival = 0;

  constructor(time: SimTime, random: SeededRandom) {
    super(
      {
        defer: (task) => {
          time.defer(task);
        },
      },
      (error) => {
        time.fail(error);
      },
    );
    this.#time = time;
    this.#random = random;
  }

  override post(task: () => void): void {
    if (this.lossPercent > 0 && this.#random.int(100) < this.lossPercent) {
      this.lost++;
      return;
    }
    this.#lastArrival = Math.max(this.#lastArrival, this.#time.now + this.#random.int(MAX_LATENCY_MS));
    this.#time.at(this.#lastArrival, task);
  }
}

interface Serving {
  readonly hash: HashKey;
  readonly place: Place;
  inner: Disposable | undefined;
}

/**
 * A node's end of the bus. What it hears reaches the node's process, awake or not at all. While it is cut off nothing goes in or out, and
 * nobody is found at it; afterwards it serves again what it served, and wakes who watches: a beginning may have been missed.
 */
export class NodeBus implements Bus {
  readonly node: string;
  readonly #bus: Bus;
  readonly #process: SimProcess;
  readonly #serving = new Set<Serving>();
  readonly #watching = new Set<() => void>();
  #questions = 0;
  #isCutOff = false;

  constructor(bus: Bus, process: SimProcess) {
    this.node = bus.node;
    this.#bus = bus;
    this.#process = process;
  }

  /** What nobody has given back. */
  get held(): number {
    return this.#serving.size + this.#watching.size + this.#questions;
  }

  cutOff(): void {
    this.#isCutOff = true;
    for (const serving of this.#serving) {
      serving.inner?.dispose();
      serving.inner = undefined;
    }
  }

  heal(): void {
    if (!this.#isCutOff) return;
    this.#isCutOff = false;
    for (const serving of this.#serving) serving.inner = this.#bus.serve(serving.hash, serving.place);
    for (const wake of [...this.#watching]) this.#hear(wake);
  }

  serve(hash: HashKey, place: Place): Disposable {
    const serving: Serving = { hash, place, inner: this.#isCutOff ? undefined : this.#bus.serve(hash, place) };
    this.#serving.add(serving);
    return toDisposable(() => {
      this.#serving.delete(serving);
      serving.inner?.dispose();
    });
  }

  watch(hash: HashKey, wake: () => void): Disposable {
    const own = (): void => {
      if (this.#watching.has(own)) wake();
    };
    this.#watching.add(own);
    const inner = this.#bus.watch(hash, () => {
      this.#hear(own);
    });
    return toDisposable(() => {
      this.#watching.delete(own);
      inner.dispose();
    });
  }

  dial(hash: HashKey, answer: (place: Place | undefined) => void): Disposable {
    let isOpen = true;
    this.#questions++;
    const end = (): boolean => {
      const wasOpen = isOpen;
      if (wasOpen) this.#questions--;
      isOpen = false;
      return wasOpen;
    };
    const inner = this.#isCutOff
      ? undefined
      : this.#bus.dial(hash, (place) => {
          this.#hear(() => {
            if (end()) answer(place);
          });
        });
    return toDisposable(() => {
      end();
      inner?.dispose();
    });
  }

  open(place: Place, hash: HashKey, handlers: CallHandlers): Circuit {
    if (this.#isCutOff) return nowhere;
    const side = new NodeSide(handlers, this.#hear);
    return side.over(
      this.#bus.open(place, hash, {
        ...side.handlers,
        onJoined: (deviceKey) => {
          side.hear(() => {
            handlers.onJoined(deviceKey);
          });
        },
        onRefused: (refusal) => {
          side.hear(() => {
            handlers.onRefused(refusal);
          });
        },
      }),
      () => this.#isCutOff,
    );
  }

  listen(listener: (call: IncomingCall) => void): Disposable {
    return this.#bus.listen((call) => {
      this.#hear(() => {
        listener({
          ...call,
          accept: (deviceKey, handlers) => {
            const side = new NodeSide(handlers, this.#hear);
            return side.over(call.accept(deviceKey, side.handlers), () => this.#isCutOff);
          },
        });
      });
    });
  }

  claim(device: HashKey, claim: AdmissionClaim, lost: (loss: ClaimLoss) => void): Disposable {
    let isHeld = true;
    const inner = this.#isCutOff
      ? undefined
      : this.#bus.claim(device, claim, (loss) => {
          this.#hear(() => {
            if (isHeld) lost(loss);
          });
        });
    return toDisposable(() => {
      isHeld = false;
      inner?.dispose();
    });
  }

  get reading(): BusReading {
    return this.#bus.reading;
  }

  dispose(): void {
    this.#bus.dispose();
  }

  readonly #hear = (task: () => void): void => {
    if (!this.#isCutOff) this.#process.deliver(task);
  };
}

/** One side of a circuit as its node sees it: after its own `close` it hears nothing more, though something may wait in a sleeper's inbox. */
class NodeSide {
  readonly handlers: CircuitHandlers;
  readonly #deliver: (task: () => void) => void;
  #isOver = false;

  constructor(handlers: CircuitHandlers, deliver: (task: () => void) => void) {
    this.#deliver = deliver;
    this.handlers = {
      onRecord: (record) => {
        this.hear(() => {
          handlers.onRecord(record);
        });
      },
      onFlow: (open) => {
        this.hear(() => {
          handlers.onFlow(open);
        });
      },
      onClose: (reason) => {
        this.hear(() => {
          this.#isOver = true;
          handlers.onClose(reason);
        });
      },
    };
  }

  hear(task: () => void): void {
    this.#deliver(() => {
      if (!this.#isOver) task();
    });
  }

  over(circuit: Circuit, isCutOff: () => boolean): Circuit {
    const unless = (task: () => void): void => {
      if (!this.#isOver && !isCutOff()) task();
    };
    return {
      send: (record) => {
        unless(() => {
          circuit.send(record);
        });
      },
      setFlow: (open) => {
        unless(() => {
          circuit.setFlow(open);
        });
      },
      close: (reason) => {
        unless(() => {
          circuit.close(reason);
        });
        this.#isOver = true;
      },
    };
  }
}

/** A circuit that was asked for while the node was cut off: nobody ever hears of it. */
const nowhere: Circuit = { send: () => undefined, setFlow: () => undefined, close: () => undefined };
