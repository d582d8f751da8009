import type { Disposable } from '../base/disposable.ts';
import type { AdmissionClaim } from '../secure/admission.ts';

/** SHA-256 of a dial token, base64url. */
export type HashKey = string;

/** Where a hash is served: what the answer to a dial names. */
export interface Place {
  /** Node of the relay. */
  readonly node: string;
  /** Number of the device's link at that node, never reused there. */
  readonly link: number;
  /** The device's epoch and attempt: of two places the later one is alive. */
  readonly epoch: number;
  readonly attempt: number;
}

/** `gone`: no such link, or it no longer serves the hash. `busy`: the hash has as many circuits as it may, or the device is behind. */
export type Refusal = 'gone' | 'busy';

/** One end of a circuit between two links, wherever they are. After the end of either side all calls do nothing. */
export interface Circuit {
  /** @param record opaque; not changed afterwards by either side */
  send(record: Uint8Array): void;
  /** Asks the other end to stop (false) or go on (true) reading its link. */
  setFlow(open: boolean): void;
  /** @param reason a number of the error catalogue */
  close(reason: number): void;
}

export interface CircuitHandlers {
  onRecord(record: Uint8Array): void;
  onFlow(open: boolean): void;
  /** The other side's end; called at most once and last, and not after an own `close`. */
  onClose(reason: number): void;
}

export interface CallHandlers extends CircuitHandlers {
  /** Precedes every record. @param deviceKey 32 bytes */
  onJoined(deviceKey: Uint8Array): void;
  /** Instead of `onJoined`; nothing follows. */
  onRefused(refusal: Refusal): void;
}

/** A circuit that a client's node wants to open to a device link of this node. Answer it once. */
export interface IncomingCall {
  readonly link: number;
  readonly hash: HashKey;
  accept(deviceKey: Uint8Array, handlers: CircuitHandlers): Circuit;
  refuse(refusal: Refusal): void;
}

/** Why a device's link has to go: a later one of the device is elsewhere, or another process has the same key and was there first. */
export type ClaimLoss = 'replaced' | 'duplicateDevice';

/** How a bus is, for its operator. */
export interface BusReading {
  /** `process`: this relay is one node. `nats`: several are one. */
  readonly kind: 'process' | 'nats';
  /** Other nodes can be reached, as far as this one knows; where there are none: always. */
  readonly isUp: boolean;
  /** Circuits to other nodes now, and nodes at their other ends. */
  readonly circuits: number;
  readonly nodes: number;
  /** Bytes sent to other nodes that have not said that they came. */
  readonly pendingBytes: number;
}

/**
 * What joins a client's link with a device's, be they links of one process or of two nodes. Interest is presence: a hash is served
 * exactly as long as somebody holds it, so that there is no table to become stale. Nothing is called from inside a call to the bus; what
 * one side does, the other hears in the same order. Delivery ends when a node dies; the ends of the tunnel resume by themselves.
 */
export interface Bus extends Disposable {
  /** This node's name. */
  readonly node: string;
  /** Answers dials for `hash` with `place`, until disposed; wakes who watches it. */
  serve(hash: HashKey, place: Place): Disposable;
  /** Calls `wake` each time somebody begins to serve `hash`. Watch first, then dial, and no beginning is missed. */
  watch(hash: HashKey, wake: () => void): Disposable;
  /** Asks who serves `hash`. `answer` hears it once: the latest place, or undefined when nobody does. Disposing takes the question back. */
  dial(hash: HashKey, answer: (place: Place | undefined) => void): Disposable;
  /** Asks for a circuit to `place`. */
  open(place: Place, hash: HashKey, handlers: CallHandlers): Circuit;
  /** Who answers calls to this node's device links; one listener. */
  listen(listener: (call: IncomingCall) => void): Disposable;
  /**
   * Says that a device's proven link is at this node, until disposed, so that of several nodes one has it. Within a node its registry sees to that.
   * @param device a hash of its key
   * @param lost called at most once, when the link has to go
   */
  claim(device: HashKey, claim: AdmissionClaim, lost: (loss: ClaimLoss) => void): Disposable;
  readonly reading: BusReading;
}
