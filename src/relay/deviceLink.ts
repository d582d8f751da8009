import { fromBase64url, toBase64url } from '../base/bytes.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { assertNever } from '../base/assertNever.ts';
import { errorNumber, TunnelError, type ErrorCode } from '../protocol/errors.ts';
import type { LinkFrame } from '../protocol/linkFrames.ts';
import type { LinkSocket } from '../protocol/linkSocket.ts';
import { Admission } from './admission.ts';
import type { HashKey, IncomingCall } from './bus.ts';
import { DeviceCircuit, type DeviceCircuitOwner } from './circuits/deviceCircuit.ts';
import { DeviceOutbox } from './circuits/deviceOutbox.ts';
import type { RegisteredLink } from './deviceRegistry.ts';
import { LinkChannel, type AcceptedHandlers, type LinkChannelEvents, type LinkTraffic } from './linkChannel.ts';
import { presenceHash } from './presenceHash.ts';
import { registrationOutcomes } from './relayMeter.ts';
import type { RelayScope } from './relayScope.ts';

type Frame<T extends LinkFrame['type']> = Extract<LinkFrame, { type: T }>;

interface Admitted {
  readonly kind: 'admitted';
  readonly deviceId: string;
  readonly deviceKey: Uint8Array;
  readonly sinceMs: number;
  readonly registration: RegisteredLink;
}
type State = { readonly kind: 'challenged' } | { readonly kind: 'judging' } | Admitted | { readonly kind: 'over' };

/** An admitted device as its operator may see it. */
export interface DeviceReading extends LinkTraffic {
  /** As the log has it: the beginning of the public key. */
  readonly id: string;
  readonly link: number;
  readonly connectedMs: number;
  readonly circuits: number;
}

/** A link with a device: admits it, serves its hashes on the bus, and carries the circuits that are opened to it. */
export class DeviceLink implements LinkChannelEvents, DeviceCircuitOwner {
  readonly #scope: RelayScope;
  readonly #number: number;
  readonly #channel: LinkChannel;
  readonly #admission: Admission;
  readonly #onEnd: () => void;
  #place: Disposable | undefined;
  readonly outbox: DeviceOutbox;
  readonly #served = new Map<HashKey, Disposable>();
  /** The device itself on the bus: that it is here, and that it has said which hashes it serves. */
  readonly #presence = new DisposableStore();
  readonly #circuits = new Map<number, DeviceCircuit>();
  #lastCircuit = 0;
  #isServing = false;
  #isLeaving = false;
  #state: State = { kind: 'challenged' };

  /** @param number of the link at this node, never reused. @param onEnd called once */
  constructor(scope: RelayScope, number: number, socket: LinkSocket, onEnd: () => void) {
    this.#scope = scope;
    this.#number = number;
    this.#onEnd = onEnd;
    this.#channel = new LinkChannel(scope, 'device', socket, this);
    this.outbox = new DeviceOutbox(socket, scope.limits.deviceSocketBytes, (bytes) => {
      this.#channel.countSent(bytes);
    });
    this.#admission = new Admission(scope);
    this.#channel.send({ type: 'challenge', ...this.#admission.challenge });
  }

  get handlers(): AcceptedHandlers {
    return this.#channel;
  }

  get budget(): RelayScope['budget'] {
    return this.#scope.budget;
  }

  get meter(): RelayScope['meter'] {
    return this.#scope.meter;
  }

  get maxQueueBytes(): number {
    return this.#scope.limits.deviceQueueBytes;
  }

  get circuitCount(): number {
    return this.#circuits.size;
  }

  /** Undefined until the device is admitted. */
  get reading(): DeviceReading | undefined {
    if (this.#state.kind !== 'admitted') return undefined;
    const { deviceId, sinceMs } = this.#state;
    const connectedMs = this.#scope.clock.monotonic() - sinceMs;
    return { id: shortId(deviceId), link: this.#number, connectedMs, circuits: this.#circuits.size, ...this.#channel.traffic };
  }

  goAway(delayMs: number): void {
    this.#isLeaving = true;
    this.#channel.goAway(delayMs);
  }

  terminate(): void {
    this.#channel.terminate();
  }

  /** Somebody wants a circuit. The device learns of it before the client does, and both before the first record. */
  answer(call: IncomingCall): void {
    const state = this.#state;
    if (state.kind !== 'admitted' || !this.#served.has(call.hash)) {
      call.refuse('gone');
      return;
    }
    if (this.#countOf(call.hash) >= this.#scope.limits.circuitsPerHash || this.#scope.rates.join(state.deviceId) > 0) {
      call.refuse('busy');
      return;
    }
    const circuit = new DeviceCircuit(this, ++this.#lastCircuit, call.hash);
    this.#circuits.set(circuit.number, circuit);
    this.#channel.send({ type: 'joined', circuit: circuit.number, id: fromBase64url(call.hash) });
    circuit.attach(call.accept(state.deviceKey, circuit));
  }

  forget(circuit: DeviceCircuit): void {
    this.#circuits.delete(circuit.number);
  }

  onFrame(frame: LinkFrame): void {
    switch (frame.type) {
      case 'register':
        this.#register(frame);
        return;
      case 'tokens':
        this.#applyTokens(frame, this.#admitted(frame));
        return;
      case 'record':
        this.#admitted(frame);
        this.#circuit(frame.circuit ?? 0)?.send(frame.record);
        return;
      case 'leave':
        this.#admitted(frame);
        this.#circuit(frame.circuit)?.end(frame.reason, 'device');
        return;
      case 'heartbeatAck':
        this.#admitted(frame);
        return;
      default:
        throw new TunnelError('relayProtocol', `${frame.type} from a device`);
    }
  }

  onDrain(): void {
    this.outbox.pump();
  }

  onEnd(reason: ErrorCode): void {
    const state = this.#state;
    this.#state = { kind: 'over' };
    for (const served of this.#served.values()) served.dispose();
    this.#served.clear();
    this.#presence.dispose();
    for (const circuit of [...this.#circuits.values()]) circuit.end(errorNumber('deviceOffline'), 'deviceLink');
    this.outbox.clear();
    this.#place?.dispose();
    if (state.kind !== 'admitted') {
      this.#scope.meter.registered(registrationOutcomes.find((known) => known === reason) ?? 'closed');
    } else {
      this.#scope.devices.remove(state.deviceId, state.registration);
      this.#scope.log.info('device left', { device: shortId(state.deviceId), link: this.#number, code: reason });
    }
    this.#onEnd();
  }

  #register(frame: Frame<'register'>): void {
    if (this.#state.kind !== 'challenged') throw new TunnelError('relayProtocol', 'a second REGISTER');
    this.#state = { kind: 'judging' };
    const verdict = this.#admission.judge(frame);
    if (!(verdict instanceof Promise)) {
      this.#decide(frame, verdict);
      return;
    }
    verdict.then(
      (refusal) => {
        this.#channel.guard(() => {
          this.#decide(frame, refusal);
        });
      },
      (error: unknown) => {
        this.#channel.fail(error);
      },
    );
  }

  #decide(frame: Frame<'register'>, refusal: ErrorCode | undefined): void {
    if (this.#channel.isOver) return; // the link ended while the curve was computed
    if (refusal) {
      this.#refuse(refusal);
      return;
    }
    // the frame's fields are views of the message, which these outlive
    const deviceKey = frame.deviceKey.slice();
    const claim = { epoch: frame.epoch, instance: frame.instance.slice(), attempt: frame.attempt };
    const registration: RegisteredLink = {
      claim,
      replace: () => {
        this.#channel.end('replaced');
      },
    };
    const sinceMs = this.#scope.clock.monotonic();
    const admitted: Admitted = { kind: 'admitted', deviceId: toBase64url(deviceKey), deviceKey, sinceMs, registration };
    const { invite } = this.#admission;
    if (invite !== undefined) this.#place = this.#scope.invites.enter(invite, admitted.deviceId);
    const isRefused = invite !== undefined && !this.#place;
    const verdict = isRefused ? 'full' : this.#scope.devices.enter(admitted.deviceId, registration);
    switch (verdict) {
      case 'full':
        this.#refuse('relayBusy');
        return;
      case 'stale':
        this.#refuse('replaced');
        return;
      case 'duplicate':
        this.#refuse('duplicateDevice');
        return;
      case 'admit':
      case 'replace':
        this.#admit(admitted);
        return;
      default:
        assertNever(verdict);
    }
  }

  #refuse(code: ErrorCode): void {
    this.#scope.log.info('device refused', { link: this.#number, code });
    this.#channel.end(code);
  }

  #admit(state: Admitted): void {
    const { limits } = this.#scope;
    this.#state = state;
    this.#scope.log.info('device admitted', { device: shortId(state.deviceId), link: this.#number });
    this.#scope.meter.registered('accepted');
    this.#channel.send({
      type: 'admitted',
      heartbeatMs: limits.heartbeatMs,
      maxTokens: limits.tokensPerDevice,
      maxCircuits: limits.circuitsPerHash,
    });
    this.#channel.startHeartbeat();
    const { claim } = state.registration;
    this.#presence.add(
      this.#scope.bus.claim(presenceHash(this.#scope.crypto, state.deviceKey), claim, (loss) => {
        if (this.#isLeaving && loss === 'replaced') return; // it was sent there, and its circuits follow within the time they were given
        this.#scope.log.info('device is at another node', { device: shortId(state.deviceId), link: this.#number, code: loss });
        this.#channel.end(loss);
      }),
    );
  }

  #applyTokens(frame: Frame<'tokens'>, { registration, deviceId, deviceKey }: Admitted): void {
    if (this.#scope.rates.tokens(deviceId) > 0) throw new TunnelError('relayBusy', 'too many TOKENS');
    const { epoch, attempt } = registration.claim;
    const wanted = new Set(frame.replace ? [] : this.#served.keys());
    for (const hash of frame.remove) wanted.delete(toBase64url(hash));
    for (const hash of frame.add) wanted.add(toBase64url(hash));
    if (wanted.size > this.#scope.limits.tokensPerDevice) throw new TunnelError('relayProtocol', 'too many tokens');
    for (const [hash, served] of [...this.#served]) {
      if (wanted.has(hash)) continue;
      this.#served.delete(hash);
      served.dispose();
    }
    const place = { node: this.#scope.bus.node, link: this.#number, epoch, attempt };
    for (const hash of wanted) if (!this.#served.has(hash)) this.#served.set(hash, this.#scope.bus.serve(hash, place));
    if (!this.#isServing) this.#presence.add(this.#scope.bus.serve(presenceHash(this.#scope.crypto, deviceKey), place));
    this.#isServing = true;
    // before the joins that serving has caused: the bus calls nobody from inside a call
    this.#channel.send({ type: 'tokensOk', seq: frame.seq });
  }

  #admitted(frame: LinkFrame): Admitted {
    if (this.#state.kind !== 'admitted') throw new TunnelError('relayProtocol', `${frame.type} before REGISTER was accepted`);
    return this.#state;
  }

  /** Undefined for a circuit that has just ended here: what the device sent had not heard of it. */
  #circuit(number: number): DeviceCircuit | undefined {
    if (number < 1 || number > this.#lastCircuit) throw new TunnelError('relayProtocol', 'a circuit that never was');
    return this.#circuits.get(number);
  }

  #countOf(hash: HashKey): number {
    let count = 0;
    for (const circuit of this.#circuits.values()) if (circuit.hash === hash) count++;
    return count;
  }
}

/** Enough to tell devices apart, too little to know one by. */
function shortId(deviceId: string): string {
  return deviceId.slice(0, 8);
}
