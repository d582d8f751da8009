import { BUS_ACK_BYTES, MAX_BUS_CIRCUIT_BYTES } from '../../protocol/limits.ts';
import type { CallHandlers, Circuit, CircuitHandlers, Refusal } from '../bus.ts';
import type { BacklogBudget, BacklogHolder } from '../circuits/backlogBudget.ts';
import type { BusCut } from '../relayMeter.ts';
import type { CircuitFrame, PulseEntry } from './busFrames.ts';

/** What a circuit can count on the wire; then it begins anew. */
const MAX_COUNT = 2 ** 32 - 16;

/** Of the handlers a caller has more than an accepter. */
export type RemoteHandlers = CircuitHandlers & Partial<CallHandlers>;

/** What a circuit needs of its node. */
export interface RemoteCircuitOwner {
  /** Bytes under way to the other node, by circuit. */
  readonly budget: BacklogBudget;
  say(circuit: RemoteCircuit, frame: CircuitFrame): void;
  /** Runs `task` in a later turn, after what was posted before. */
  post(task: () => void): void;
  /** The circuit has nothing more to do. @param cut why it was cut; undefined: it ended in good order */
  forget(circuit: RemoteCircuit, cut: BusCut | undefined): void;
  /** How a cut is told to the two links. */
  reasonOf(cut: BusCut): number;
}

/**
 * One end of a circuit whose other end is at another node. What is sent is counted, so that nothing can be missing unnoticed: a circuit
 * without a gap, or none. What the other node has not confirmed is bounded.
 */
export class RemoteCircuit implements Circuit, BacklogHolder {
  /** The node at the other end. */
  readonly peer: string;
  /** Given by the node that opened it. */
  readonly number: number;
  /** This node opened it. */
  readonly isOwn: boolean;
  readonly #owner: RemoteCircuitOwner;
  readonly #handlers: RemoteHandlers;
  /** The other node is known to have it. */
  #isJoined: boolean;
  #isOver = false;
  /** Its link wants to hear nothing more. */
  #isGivenUp = false;
  #sent = 0;
  #received = 0;
  #sentBytes = 0;
  #confirmedBytes = 0;
  #receivedBytes = 0;
  #toldBytes = 0;

  constructor(owner: RemoteCircuitOwner, name: Pick<RemoteCircuit, 'peer' | 'number' | 'isOwn'>, handlers: RemoteHandlers) {
    this.#owner = owner;
    this.peer = name.peer;
    this.number = name.number;
    this.isOwn = name.isOwn;
    this.#handlers = handlers;
    this.#isJoined = !name.isOwn;
  }

  /** For the pulse: what this end has sent and received. */
  get entry(): PulseEntry {
    return { isSenders: this.isOwn, number: this.number, sent: this.#sent, received: this.#receivedBytes };
  }

  get pendingBytes(): number {
    return this.#sentBytes - this.#confirmedBytes;
  }

  /** The accepter's first word. */
  sayJoined(deviceKey: Uint8Array): void {
    this.#owner.say(this, { type: 'joined', seq: ++this.#sent, deviceKey });
  }

  send(record: Uint8Array): void {
    if (this.#isOver || !this.#isJoined) return;
    this.#owner.say(this, { type: 'record', seq: ++this.#sent, record });
    this.#sentBytes += record.length;
    if (this.#sent >= MAX_COUNT) this.cut('lost');
    else if (this.pendingBytes > MAX_BUS_CIRCUIT_BYTES) this.cut('slow');
    else this.#owner.budget.set(this, this.pendingBytes);
  }

  setFlow(open: boolean): void {
    if (this.#isOver || !this.#isJoined) return;
    this.#owner.say(this, { type: 'flow', seq: ++this.#sent, open });
  }

  close(reason: number): void {
    this.#isGivenUp = true;
    if (this.#isOver) return;
    this.#end(undefined);
    this.#owner.say(this, { type: 'close', reason });
  }

  /** The node holds too much toward the other, and of this circuit the most. */
  shed(): void {
    this.cut('slow');
  }

  /** Ends it at both nodes because it cannot go on. */
  cut(cut: BusCut): void {
    if (this.#isOver) return;
    const reason = this.#owner.reasonOf(cut);
    this.#owner.say(this, { type: 'close', reason });
    this.#tellEnd(reason, cut);
  }

  /** Instead of joining. */
  refuse(refusal: Refusal): void {
    if (this.#isOver || this.#isJoined) return;
    this.#end(undefined);
    this.#handlers.onRefused?.(refusal);
  }

  /** The other end's words, from a turn of their own. */
  hear(frame: CircuitFrame): void {
    if (this.#isOver) return;
    switch (frame.type) {
      case 'joined':
        if (!this.#isNext(frame.seq)) return;
        this.#isJoined = true;
        this.#handlers.onJoined?.(frame.deviceKey.slice());
        return;
      case 'refused':
        this.refuse(frame.refusal);
        return;
      case 'record':
        if (!this.#isNext(frame.seq)) return;
        this.#receivedBytes += frame.record.length;
        this.#handlers.onRecord(frame.record);
        this.#confirm();
        return;
      case 'flow':
        if (this.#isNext(frame.seq)) this.#handlers.onFlow(frame.open);
        return;
      case 'close':
        if (!this.#isJoined) {
          this.refuse('gone');
          return;
        }
        this.#end(undefined);
        this.#handlers.onClose(frame.reason);
        return;
      case 'ack':
        this.#confirmed(frame.received);
        return;
      case 'open':
        return; // a repetition
    }
  }

  /** How the other node sees this circuit. What it said before has come, or never will. */
  compare(entry: PulseEntry): void {
    if (this.#isOver) return;
    if (entry.sent > this.#received) this.cut('lost');
    else this.#confirmed(entry.received);
  }

  /** @returns false for what was heard already; cuts the circuit where something is missing */
  #isNext(seq: number): boolean {
    if (seq === this.#received + 1) {
      this.#received = seq;
      return true;
    }
    if (seq > this.#received) this.cut('lost');
    return false;
  }

  #confirm(): void {
    if (this.#isOver || this.#receivedBytes - this.#toldBytes < BUS_ACK_BYTES) return;
    this.#toldBytes = this.#receivedBytes;
    this.#owner.say(this, { type: 'ack', received: this.#receivedBytes });
  }

  #confirmed(received: number): void {
    if (received <= this.#confirmedBytes || received > this.#sentBytes) return;
    this.#confirmedBytes = received;
    this.#owner.budget.set(this, this.pendingBytes);
  }

  #tellEnd(reason: number, cut: BusCut): void {
    this.#end(cut);
    this.#owner.post(() => {
      if (this.#isGivenUp) return;
      if (this.#isJoined) this.#handlers.onClose(reason);
      else this.#handlers.onRefused?.('gone');
    });
  }

  #end(cut: BusCut | undefined): void {
    this.#isOver = true;
    this.#owner.budget.set(this, 0);
    this.#owner.forget(this, cut);
  }
}
