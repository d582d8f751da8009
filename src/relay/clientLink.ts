import { toBase64url } from '../base/bytes.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { errorNumber, TunnelError, type ErrorCode } from '../protocol/errors.ts';
import type { LinkFrame } from '../protocol/linkFrames.ts';
import type { LinkSocket } from '../protocol/linkSocket.ts';
import type { CallHandlers, Circuit, HashKey, Place, Refusal } from './bus.ts';
import { ClientMeter } from './clientMeter.ts';
import { LinkChannel, type AcceptedHandlers, type LinkChannelEvents } from './linkChannel.ts';
import type { RelayScope } from './relayScope.ts';

/**
 * - `fresh`: no DIAL yet
 * - `dialing`: the bus was asked who serves the hash; `again`: somebody began to serve it meanwhile
 * - `waiting`: parked, nobody serves it
 * - `opening`: a circuit was asked for
 *
 * `isOld`: so for a whole heartbeat
 * - `joined`
 * - `leaving`: LEFT was sent; what the client sent before it learned of that is dropped until it has answered
 * - `resting`: the device ended the circuit at once; the next join waits a little
 */
type State =
  | { readonly kind: 'fresh' | 'over' }
  | { readonly kind: 'dialing'; again: boolean; isOld: boolean }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'opening'; readonly circuit: Circuit; again: boolean; isOld: boolean }
  | { readonly kind: 'joined'; readonly circuit: Circuit; readonly sinceMs: number }
  | { readonly kind: 'leaving'; readonly hasAnswered: () => boolean; readonly inHaste: boolean }
  | { readonly kind: 'resting' };

/** A link with a client: parks its dial, joins it when a device serves the hash, and dials again by itself after LEFT. */
export class ClientLink implements LinkChannelEvents {
  readonly #scope: RelayScope;
  readonly #remoteAddress: string;
  readonly #channel: LinkChannel;
  readonly #onEnd: () => void;
  readonly #meter: ClientMeter;
  /** What belongs to the search for a device: watch, question, parking place, rest. Empty while joined. */
  readonly #search = new DisposableStore();
  #parked: Disposable | undefined;
  #hash: HashKey = '';
  /** WAITING was said since the last DIAL or LEFT. */
  #toldWaiting = false;
  #state: State = { kind: 'fresh' };

  /** @param remoteAddress as it counts for limits. @param onEnd called once */
  constructor(scope: RelayScope, remoteAddress: string, socket: LinkSocket, onEnd: () => void) {
    this.#scope = scope;
    this.#remoteAddress = remoteAddress;
    this.#onEnd = onEnd;
    this.#meter = new ClientMeter(scope);
    this.#channel = new LinkChannel(scope, 'client', socket, this);
  }

  get handlers(): AcceptedHandlers {
    return this.#channel;
  }

  goAway(delayMs: number): void {
    this.#channel.goAway(delayMs);
  }

  terminate(): void {
    this.#channel.terminate();
  }

  onFrame(frame: LinkFrame): void {
    switch (frame.type) {
      case 'dial':
        this.#onDial(toBase64url(frame.hash));
        return;
      case 'record':
        this.#onRecord(frame.record);
        return;
      case 'heartbeatAck':
        if (this.#state.kind === 'fresh') throw new TunnelError('relayProtocol', 'HEARTBEAT_ACK before DIAL');
        if (this.#state.kind === 'leaving' && this.#state.hasAnswered()) this.#afterLeaving(this.#state.inHaste);
        else this.#lookAgain();
        return;
      default:
        throw new TunnelError('relayProtocol', `${frame.type} from a client`);
    }
  }

  onDrain(): void {
    return; // toward a client nothing waits outside its socket
  }

  onEnd(reason: ErrorCode): void {
    const state = this.#state;
    this.#state = { kind: 'over' };
    this.#endSearch();
    this.#meter.dialEnded(reason === 'relayBusy' ? 'busy' : 'abandoned');
    if (state.kind === 'opening' || state.kind === 'joined') state.circuit.close(errorNumber(reason));
    this.#onEnd();
  }

  #onDial(hash: HashKey): void {
    this.#meter.dialBegan('client');
    if (this.#scope.rates.dial(this.#remoteAddress) > 0) throw new TunnelError('relayBusy', 'too many dials');
    const state = this.#state;
    this.#hash = hash;
    this.#toldWaiting = false;
    this.#channel.startHeartbeat();
    if (state.kind === 'leaving') return; // dialled when the client has answered
    if (state.kind === 'joined') {
      // JOINED crossed this DIAL on its way: the client does not know yet which of the two was joined
      state.circuit.close(errorNumber('closed'));
      this.#leave(errorNumber('closed'), false);
      return;
    }
    if (state.kind === 'opening') state.circuit.close(errorNumber('closed'));
    this.#beginSearch();
  }

  #onRecord(record: Uint8Array): void {
    switch (this.#state.kind) {
      case 'joined':
        this.#state.circuit.send(record);
        return;
      case 'leaving':
      case 'over':
        return;
      default:
        throw new TunnelError('relayProtocol', 'a record before JOINED');
    }
  }

  /** Watches first and asks then, so that no beginning is missed. */
  #beginSearch(): void {
    this.#search.clear();
    this.#search.add(
      this.#scope.bus.watch(this.#hash, () => {
        this.#channel.guard(() => {
          this.#onServed();
        });
      }),
    );
    this.#dial();
  }

  #endSearch(): void {
    this.#search.clear();
    this.#parked?.dispose();
    this.#parked = undefined;
  }

  #onServed(): void {
    const state = this.#state;
    if (state.kind === 'waiting') this.#dial();
    else if (state.kind === 'dialing' || state.kind === 'opening') state.again = true;
  }

  /** Between two nodes a wake, a question or an answer may be lost: at each heartbeat what has led nowhere is asked anew. */
  #lookAgain(): void {
    const state = this.#state;
    if (state.kind === 'waiting') {
      this.#beginSearch();
    } else if (state.kind === 'dialing' || state.kind === 'opening') {
      if (!state.isOld) {
        state.isOld = true;
        return;
      }
      if (state.kind === 'opening') state.circuit.close(errorNumber('closed'));
      this.#beginSearch();
    }
  }

  #dial(): void {
    const state: State = { kind: 'dialing', again: false, isOld: false };
    this.#state = state;
    this.#search.add(
      this.#scope.bus.dial(this.#hash, (place) => {
        this.#channel.guard(() => {
          if (place) this.#open(place);
          else if (state.again) this.#dial();
          else this.#wait();
        });
      }),
    );
  }

  #wait(): void {
    this.#parked ??= this.#scope.parked.park(this.#remoteAddress);
    if (!this.#parked) throw new TunnelError('relayBusy', 'too many parked dials');
    this.#state = { kind: 'waiting' };
    this.#sayWaiting();
  }

  #sayWaiting(): void {
    if (this.#toldWaiting) return;
    this.#toldWaiting = true;
    this.#meter.dialWaited();
    this.#channel.send({ type: 'waiting' });
  }

  #open(place: Place): void {
    const circuit: Circuit = this.#scope.bus.open(
      place,
      this.#hash,
      this.#handlersOf(() => circuit),
    );
    this.#state = { kind: 'opening', circuit, again: false, isOld: false };
  }

  #handlersOf(circuit: () => Circuit): CallHandlers {
    const guarded = <A extends unknown[]>(task: (...args: A) => void) => {
      return (...args: A): void => {
        this.#channel.guard(() => {
          task(...args);
        });
      };
    };
    return {
      onJoined: guarded((deviceKey: Uint8Array) => {
        this.#endSearch();
        this.#meter.joined();
        this.#state = { kind: 'joined', circuit: circuit(), sinceMs: this.#scope.clock.monotonic() };
        this.#channel.send({ type: 'joined', circuit: undefined, id: deviceKey });
      }),
      onRefused: guarded((refusal: Refusal) => {
        this.#onRefused(refusal);
      }),
      onRecord: guarded((record: Uint8Array) => {
        this.#meter.record();
        this.#channel.send({ type: 'record', circuit: undefined, record });
      }),
      onFlow: guarded((open: boolean) => {
        this.#channel.setReading(open);
      }),
      onClose: guarded((reason: number) => {
        const state = this.#state;
        const livedMs = state.kind === 'joined' ? this.#scope.clock.monotonic() - state.sinceMs : 0;
        this.#meter.dialBegan('relay');
        this.#leave(reason, livedMs < this.#scope.limits.rejoinPauseMs);
      }),
    };
  }

  #onRefused(refusal: Refusal): void {
    if (refusal === 'busy') throw new TunnelError('relayBusy', 'no circuit left');
    if (this.#state.kind === 'opening' && this.#state.again) this.#dial();
    else this.#wait(); // the device's link ended between the answer and the call
  }

  /**
   * Tells the client that the circuit is over. A client link carries no circuit numbers, so what the client had under way could reach the
   * next circuit; a heartbeat sent behind LEFT is answered behind all of it.
   */
  #leave(reason: number, inHaste: boolean): void {
    this.#toldWaiting = false;
    this.#channel.setReading(true);
    this.#channel.send({ type: 'left', circuit: undefined, reason });
    if (this.#channel.isOver) return;
    this.#state = { kind: 'leaving', hasAnswered: this.#channel.fence(), inHaste };
  }

  #afterLeaving(inHaste: boolean): void {
    if (!inHaste) {
      this.#beginSearch();
      return;
    }
    this.#state = { kind: 'resting' };
    this.#sayWaiting();
    this.#search.add(
      this.#scope.clock.after(this.#scope.limits.rejoinPauseMs, () => {
        this.#beginSearch();
      }),
    );
  }
}
