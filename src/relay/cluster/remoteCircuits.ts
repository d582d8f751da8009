import { DecodeError } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { errorNumber } from '../../protocol/errors.ts';
import { BUS_PULSE_MS, BUS_SILENT_MS, MAX_BUS_NODE_BYTES } from '../../protocol/limits.ts';
import type { CallHandlers, Circuit, CircuitHandlers, HashKey, Place, Refusal } from '../bus.ts';
import { BacklogBudget } from '../circuits/backlogBudget.ts';
import type { InProcessMedium } from '../inProcessBus.ts';
import type { BusCut, RelayMeter } from '../relayMeter.ts';
import { decodeBusFrame, encodeBusFrame, MAX_PULSE_ENTRIES, type BusFrame, type CircuitFrame, type PulseEntry } from './busFrames.ts';
import type { ClusterLine, LineMessage } from './clusterLine.ts';
import { RemoteCircuit, type RemoteCircuitOwner, type RemoteHandlers } from './remoteCircuit.ts';
import { lastPart, subjects } from './subjects.ts';

export interface RemoteCircuitsOptions {
  readonly node: string;
  /** The line that carries circuits and nothing else. */
  readonly line: ClusterLine;
  /** Has who answers calls, and the order in which things are told. */
  readonly medium: InProcessMedium;
  readonly clock: Clock;
  readonly meter: Pick<RelayMeter, 'busCut'>;
  /** Hears of what came in and made no sense, and of what a handler threw. */
  readonly onError: (error: unknown) => void;
}

/** Another node, for as long as there are circuits with it. */
interface Peer {
  readonly circuits: Map<string, RemoteCircuit>;
  readonly owner: RemoteCircuitOwner;
  heardMs: number;
}

/**
 * The circuits of this node with others. Two nodes that have some compare them each second, which finds what was lost, and who is gone: a node
 * that ended is told by the line itself.
 */
export class RemoteCircuits implements Disposable {
  readonly #options: RemoteCircuitsOptions;
  readonly #owned = new DisposableStore();
  readonly #peers = new Map<string, Peer>();
  #lastNumber = 0;
  #pulse: Disposable | undefined;
  #lastPulseMs = 0;

  constructor(options: RemoteCircuitsOptions) {
    this.#options = options;
    const { line, node } = options;
    const { circuits, unheard } = subjects.ofNode(node);
    this.#owned.add(line.subscribe(circuits, this.#guarded(this.#hear)));
    this.#owned.add(line.subscribe(unheard, this.#guarded(this.#onUnheard)));
    this.#owned.add(
      line.onChange((isUp) => {
        if (!isUp) this.#cutAll('away');
      }),
    );
  }

  get circuitCount(): number {
    let count = 0;
    for (const { circuits } of this.#peers.values()) count += circuits.size;
    return count;
  }

  get nodeCount(): number {
    return this.#peers.size;
  }

  get pendingBytes(): number {
    let bytes = 0;
    for (const { owner } of this.#peers.values()) bytes += owner.budget.totalBytes;
    return bytes;
  }

  open(place: Place, hash: HashKey, handlers: CallHandlers): Circuit {
    const { line, medium, node } = this.#options;
    const number = ++this.#lastNumber;
    const circuit = this.#add({ peer: place.node, number, isOwn: true }, handlers);
    if (line.isUp) {
      const frame: BusFrame = { type: 'open', from: node, isSenders: true, number, link: place.link, hash };
      line.publish(subjects.ofNode(place.node).circuits, encodeBusFrame(frame), subjects.unheardBy(node, place.node, number));
    } else {
      medium.post(() => {
        circuit.refuse('gone');
      });
    }
    return circuit;
  }

  /** Ends all circuits in good order. */
  dispose(): void {
    for (const { circuits } of this.#peers.values())
      for (const circuit of [...circuits.values()]) circuit.close(errorNumber('relayDraining'));
    this.#owned.dispose();
    this.#pulse?.dispose();
  }

  readonly #hear = ({ data }: LineMessage): void => {
    const frame = decodeBusFrame(data);
    const peer = this.#peers.get(frame.from);
    if (peer) peer.heardMs = this.#options.clock.monotonic();
    if (frame.type === 'pulse') {
      this.#compare(frame.from, frame.circuits);
      return;
    }
    const circuit = peer?.circuits.get(keyOf(!frame.isSenders, frame.number));
    if (circuit) circuit.hear(frame);
    else if (frame.type === 'open' && frame.isSenders) this.#onOpen(frame.from, frame);
    else if (!unanswered.has(frame.type)) this.#deny(frame.from, !frame.isSenders, frame.number);
  };

  #onOpen(peer: string, { number, link, hash }: Extract<BusFrame, { type: 'open' }>): void {
    const { medium, node } = this.#options;
    const refuse = (refusal: Refusal): void => {
      this.#say(peer, { type: 'refused', refusal, isSenders: false, number });
    };
    const listener = medium.listenerOf(node);
    if (!listener) {
      refuse('gone');
      return;
    }
    listener({
      link,
      hash,
      refuse,
      accept: (deviceKey: Uint8Array, handlers: CircuitHandlers): Circuit => {
        const circuit = this.#add({ peer, number, isOwn: false }, handlers);
        circuit.sayJoined(deviceKey);
        return circuit;
      },
    });
  }

  /** Nobody listens where something was said: the node is not there any more, or not within reach. */
  readonly #onUnheard = ({ subject, isNobody }: LineMessage): void => {
    const [name = '', number] = lastPart(subject).split('-');
    const peer = this.#peers.get(name);
    if (!isNobody || !peer) return;
    if (number === '0') this.#cutPeer(peer, 'nodeGone');
    else peer.circuits.get(keyOf(true, Number(number)))?.refuse('gone');
  };

  #compare(from: string, entries: readonly PulseEntry[]): void {
    for (const entry of entries) {
      const circuit = this.#peers.get(from)?.circuits.get(keyOf(!entry.isSenders, entry.number));
      if (circuit) circuit.compare(entry);
      else this.#deny(from, !entry.isSenders, entry.number);
    }
  }

  /** Tells the other node that there is no such circuit here. @param isOwn the number is ours */
  #deny(peer: string, isOwn: boolean, number: number): void {
    this.#say(peer, { type: 'close', reason: reasons.lost, isSenders: isOwn, number });
  }

  #say(peer: string, frame: CircuitFrame & { readonly isSenders: boolean; readonly number: number }): void {
    const { line, node } = this.#options;
    line.publish(subjects.ofNode(peer).circuits, encodeBusFrame({ ...frame, from: node }));
  }

  #add(name: Pick<RemoteCircuit, 'peer' | 'number' | 'isOwn'>, handlers: RemoteHandlers): RemoteCircuit {
    const peer = this.#peerOf(name.peer);
    const circuit = new RemoteCircuit(peer.owner, name, handlers);
    peer.circuits.set(keyOf(name.isOwn, name.number), circuit);
    return circuit;
  }

  #peerOf(name: string): Peer {
    const known = this.#peers.get(name);
    if (known) return known;
    const { clock, medium, meter } = this.#options;
    const circuits = new Map<string, RemoteCircuit>();
    const owner: RemoteCircuitOwner = {
      budget: new BacklogBudget(MAX_BUS_NODE_BYTES),
      say: (circuit, frame) => {
        this.#say(name, { ...frame, isSenders: circuit.isOwn, number: circuit.number });
      },
      post: (task) => {
        medium.post(task);
      },
      forget: (circuit, cut) => {
        if (cut) meter.busCut(cut);
        circuits.delete(keyOf(circuit.isOwn, circuit.number));
        if (circuits.size === 0 && this.#peers.get(name) === peer) this.#peers.delete(name);
      },
      reasonOf: (cut) => reasons[cut],
    };
    const peer: Peer = { circuits, owner, heardMs: clock.monotonic() };
    this.#peers.set(name, peer);
    if (!this.#pulse) this.#beginPulse();
    return peer;
  }

  #beginPulse(): void {
    const { clock } = this.#options;
    this.#lastPulseMs = clock.monotonic();
    this.#pulse = clock.after(BUS_PULSE_MS, () => {
      this.#pulse = undefined;
      this.#onPulse();
      if (this.#peers.size > 0) this.#beginPulse();
    });
  }

  #onPulse(): void {
    const { clock, line, node } = this.#options;
    const now = clock.monotonic();
    const wasLate = now - this.#lastPulseMs > 2 * BUS_PULSE_MS; // we stalled ourselves: nobody was heard meanwhile
    for (const [name, peer] of [...this.#peers]) {
      if (wasLate) peer.heardMs = now;
      if (now - peer.heardMs > BUS_SILENT_MS) {
        this.#cutPeer(peer, 'nodeGone');
        continue;
      }
      const all = [...peer.circuits.values()].map(({ entry }) => entry);
      for (let at = 0; at < all.length; at += MAX_PULSE_ENTRIES) {
        const circuits = all.slice(at, at + MAX_PULSE_ENTRIES);
        const pulse = encodeBusFrame({ type: 'pulse', from: node, isSenders: true, number: 0, circuits });
        line.publish(subjects.ofNode(name).circuits, pulse, subjects.unheardBy(node, name, 0));
      }
    }
  }

  #cutAll(cut: BusCut): void {
    for (const peer of [...this.#peers.values()]) this.#cutPeer(peer, cut);
  }

  #cutPeer(peer: Peer, cut: BusCut): void {
    for (const circuit of [...peer.circuits.values()]) circuit.cut(cut);
  }

  /** What comes from outside must not reach the line as an exception. */
  #guarded(task: (message: LineMessage) => void): (message: LineMessage) => void {
    return (message) => {
      try {
        task(message);
      } catch (error) {
        this.#options.onError(error instanceof DecodeError ? new DecodeError(`from another node: ${error.message}`) : error);
      }
    };
  }
}

/** What needs no answer where there is no such circuit any more. */
const unanswered: ReadonlySet<BusFrame['type']> = new Set(['close', 'refused', 'ack']);

const reasons: Readonly<Record<BusCut, number>> = {
  slow: errorNumber('relayBusy'),
  lost: errorNumber('deviceOffline'),
  nodeGone: errorNumber('deviceOffline'),
  away: errorNumber('deviceOffline'),
};

function keyOf(isOwn: boolean, number: number): string {
  return `${isOwn ? '+' : '-'}${String(number)}`;
}
