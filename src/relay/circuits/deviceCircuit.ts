import { errorNumber } from '../../protocol/errors.ts';
import { encodeLinkFrame } from '../../protocol/linkFrames.ts';
import type { Circuit, CircuitHandlers, HashKey } from '../bus.ts';
import type { CircuitEnder, RelayMeter } from '../relayMeter.ts';
import type { BacklogBudget, BacklogHolder } from './backlogBudget.ts';
import type { DeviceOutbox, OutboxQueue } from './deviceOutbox.ts';

/** What a circuit needs of the device link that it ends at. */
export interface DeviceCircuitOwner {
  readonly outbox: DeviceOutbox;
  readonly budget: BacklogBudget;
  readonly meter: Pick<RelayMeter, 'circuitOpened' | 'circuitEnded'>;
  /** Bytes queued before the client is no longer read. */
  readonly maxQueueBytes: number;
  /** The circuit has nothing more to do. */
  forget(circuit: DeviceCircuit): void;
}

/**
 * The device's end of one circuit: a bounded queue of encoded frames toward the device. After the client's end what is queued still goes
 * out, then LEFT; until then the circuit counts, so that joining and leaving in haste gains nothing.
 */
export class DeviceCircuit implements CircuitHandlers, OutboxQueue, BacklogHolder {
  readonly number: number;
  readonly hash: HashKey;
  readonly #owner: DeviceCircuitOwner;
  #circuit: Circuit | undefined;
  #frames: Uint8Array[] = [];
  #bytes = 0;
  #clientStopped = false;
  #clientLeft = false;
  #isCounted = false;

  constructor(owner: DeviceCircuitOwner, number: number, hash: HashKey) {
    this.#owner = owner;
    this.number = number;
    this.hash = hash;
    owner.meter.circuitOpened();
  }

  attach(circuit: Circuit): void {
    this.#circuit = circuit;
  }

  /** From the device to the client. */
  send(record: Uint8Array): void {
    this.#circuit?.send(record);
  }

  /** The device ends it, or the link does: what is queued is dropped. */
  end(reason: number, by: CircuitEnder): void {
    this.#countEnd(by);
    this.#drop();
    this.#circuit?.close(reason);
    this.#owner.forget(this);
  }

  onRecord(record: Uint8Array): void {
    this.#push(encodeLinkFrame({ type: 'record', circuit: this.number, record }, 'device'));
    if (this.#clientStopped || this.#bytes < this.#owner.maxQueueBytes) return;
    this.#clientStopped = true;
    this.#circuit?.setFlow(false);
  }

  /** Toward a client nothing blocks, so a client's node never asks for it. */
  onFlow(): void {
    return;
  }

  onClose(reason: number): void {
    this.#countEnd('client');
    this.#clientLeft = true;
    this.#push(encodeLinkFrame({ type: 'left', circuit: this.number, reason }, 'device'));
  }

  /** Too much waits in this relay, and most of it here. */
  shed(): void {
    this.#countEnd('shed');
    this.#drop();
    this.#circuit?.close(errorNumber('relayBusy'));
    this.onClose(errorNumber('relayBusy'));
  }

  get isEmpty(): boolean {
    return this.#frames.length === 0;
  }

  take(): Uint8Array | undefined {
    const frame = this.#frames.shift();
    if (!frame) return undefined;
    this.#count(-frame.length);
    if (this.#clientStopped && this.#bytes <= this.#owner.maxQueueBytes / 2) {
      this.#clientStopped = false;
      this.#circuit?.setFlow(true);
    }
    if (this.#clientLeft && this.isEmpty) this.#owner.forget(this);
    return frame;
  }

  #push(frame: Uint8Array): void {
    this.#frames.push(frame);
    this.#count(frame.length);
    if (this.#frames.length > 0) this.#owner.outbox.offer(this); // counting may have shed it
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#owner.budget.set(this, this.#bytes);
  }

  /** The first cause counts: a farewell of the other side may cross it. */
  #countEnd(by: CircuitEnder): void {
    if (this.#isCounted) return;
    this.#isCounted = true;
    this.#owner.meter.circuitEnded(by);
  }

  #drop(): void {
    this.#frames = [];
    this.#bytes = 0;
    this.#owner.outbox.remove(this);
    this.#owner.budget.set(this, 0);
  }
}
