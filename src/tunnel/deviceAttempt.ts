import type { Clock } from '../base/clock.ts';
import { deadline } from '../base/deadline.ts';
import { nullLogger, type Logger } from '../base/log.ts';
import { whenReady } from '../base/maybePromise.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Random } from '../base/random.ts';
import type { Hello, Mux } from '../mux/mux.ts';
import type { RelaySetting } from '../protocol/agentControl.ts';
import { errorNumber, TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { FIRST_FRAME_TIMEOUT_MS, MAX_CONCURRENT_HANDSHAKES } from '../protocol/limits.ts';
import type { LinkFrame } from '../protocol/linkFrames.ts';
import type { DialLink } from '../protocol/linkSocket.ts';
import { proveAdmission } from '../secure/admission.ts';
import type { CryptoPort, DhKey } from '../secure/crypto.ts';
import type { CircuitMatch, LastWord, SessionMatch } from './circuitMatch.ts';
import { DeviceCircuit } from './deviceCircuit.ts';
import type { Attempt, AttemptEvents } from './handover.ts';
import { Link } from './link.ts';
import { RecordPump } from './recordPump.ts';
import { TokenRounds } from './tokenRounds.ts';
import type { TunnelMeter } from './tunnelMeter.ts';
import { WaitingCircuits } from './waitingCircuits.ts';

export interface DeviceTunnelOptions {
  readonly dial: DialLink;
  readonly clock: Clock;
  readonly random: Random;
  readonly crypto: CryptoPort;
  readonly identity: DhKey;
  /** Raised in the store by each new leader. */
  readonly epoch: number;
  /** 16 random bytes of this process. */
  readonly instance: Uint8Array;
  /** Read at each dial. */
  relay(): RelaySetting;
  /** Hashes under which this device can be dialled now. */
  hashes(): readonly Uint8Array[];
  /** Whom a hash belongs to; undefined when it is no longer known. */
  match(hash: Uint8Array): CircuitMatch | undefined;
  /** A client has come with a new mux. */
  onMux(clientId: string, mux: Mux): void;
  /** Does what clients are answered leave in steps of time? Default: no. */
  isPaced?(): boolean;
  readonly log?: Logger;
}

/** What outlives a link: the muxes of clients. */
export interface MuxOwner {
  /** The mux that a client's HELLO asks for; an older circuit of it yields. @throws TunnelError for an old HELLO */
  takeMux(match: SessionMatch, hello: Hello, circuit: DeviceCircuit): Mux;
  releaseMux(clientId: string, mux: Mux, circuit: DeviceCircuit): void;
  /** What is measured of the way to the relay. */
  readonly meter: TunnelMeter;
}

/** One link to the relay: admission, tokens, circuits. */
export class DeviceAttempt implements Attempt {
  readonly #options: DeviceTunnelOptions;
  readonly #owner: MuxOwner;
  readonly #number: number;
  readonly #events: AttemptEvents;
  readonly #log: Logger;
  readonly #origin: string;
  readonly #invite: string;
  readonly #link: Link;
  readonly #pump: RecordPump;
  readonly #circuits = new Map<number, { circuit: DeviceCircuit; clientId: string | undefined }>();
  readonly #waiting: WaitingCircuits;
  #handshakes = 0;
  #stage: 'dialling' | 'challenged' | 'admitted' = 'dialling';
  /** A relay that keeps the link alive may still say nothing that counts. */
  #admission: Disposable | undefined;
  /** Set once admitted. */
  #tokens: TokenRounds | undefined;
  #isOver = false;

  constructor(options: DeviceTunnelOptions, owner: MuxOwner, number: number, events: AttemptEvents, patienceMs: number) {
    this.#options = options;
    this.#owner = owner;
    this.#number = number;
    this.#events = events;
    this.#log = options.log ?? nullLogger;
    const { origin, invite, isKnown = false } = options.relay();
    this.#origin = origin;
    this.#invite = invite ?? '';
    this.#waiting = new WaitingCircuits(options.clock, (circuit) => {
      this.#leave(circuit, 'busy');
    });
    this.#pump = new RecordPump(
      options.clock,
      () => this.#link.backlogBytes,
      () => options.isPaced?.() ?? false,
    );
    this.#link = new Link(
      { dial: options.dial, clock: options.clock, origin, role: 'device', traffic: owner.meter, patienceMs, isKnown },
      {
        onOpen: () => undefined,
        onFrame: (frame) => {
          this.#receive(frame);
        },
        onDrain: () => {
          this.#pump.run();
        },
        onClosed: (error) => {
          this.#fail(error);
        },
      },
    );
  }

  probe(): void {
    this.#tokens?.probe();
  }

  publishHashes(): Promise<void> {
    return this.#tokens?.publish(this.#options.hashes()) ?? Promise.reject(new TunnelError('relayUnreachable'));
  }

  dismiss(clientId: string, reason: LastWord | undefined): void {
    for (const { circuit, clientId: other } of [...this.#circuits.values()]) {
      if (other !== clientId) continue;
      if (reason === undefined) circuit.leave('closed');
      else circuit.dismiss(reason);
    }
  }

  dispose(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#admission?.dispose();
    this.#tokens?.dispose();
    for (const { circuit } of [...this.#circuits.values()]) circuit.dispose();
    this.#circuits.clear();
    this.#waiting.dispose();
    this.#link.dispose();
  }

  #receive(frame: LinkFrame): void {
    switch (frame.type) {
      case 'challenge':
        this.#onChallenge(frame.relayKey.slice(), frame.nonce.slice());
        return;
      case 'admitted':
        this.#onAdmitted();
        return;
      case 'tokensOk':
        this.#tokens?.confirm(frame.seq);
        return;
      case 'joined':
        this.#join(frame.circuit ?? 0, frame.id);
        return;
      case 'left':
        this.#leaveQuietly(frame.circuit ?? 0);
        return;
      case 'record':
        this.#receiveRecord(frame.circuit ?? 0, frame.record);
        return;
      case 'goaway':
        this.#events.leaving(frame.delayMs);
        return;
      default:
        this.#fail('relayProtocol');
    }
  }

  #onChallenge(relayKey: Uint8Array, nonce: Uint8Array): void {
    if (this.#stage !== 'dialling') {
      this.#fail('relayProtocol');
      return;
    }
    this.#stage = 'challenged';
    this.#admission = deadline(this.#options.clock, FIRST_FRAME_TIMEOUT_MS, () => {
      this.#fail('relaySilent');
    });
    this.#answerChallenge(relayKey, nonce);
  }

  #onAdmitted(): void {
    if (this.#stage !== 'challenged') {
      this.#fail('relayProtocol');
      return;
    }
    this.#stage = 'admitted';
    this.#admission?.dispose();
    this.#tokens = new TokenRounds(this.#options.clock, {
      send: (frame) => {
        this.#link.send(frame);
      },
      onRoundTrip: (rttMs) => {
        this.#owner.meter.onRoundTrip(rttMs);
      },
      onSilent: () => {
        this.#owner.meter.onMissed();
        this.#fail('relaySilent');
      },
    });
    this.#events.established();
    this.publishHashes().catch(() => undefined);
  }

  #answerChallenge(relayKey: Uint8Array, nonce: Uint8Array): void {
    const { crypto, identity, epoch, instance } = this.#options;
    const claim = { epoch, instance, attempt: this.#number };
    const send = (proof: Uint8Array): void => {
      this.#link.send({ type: 'register', deviceKey: identity.publicKey, ...claim, invite: this.#invite, proof });
    };
    try {
      const sent = whenReady(proveAdmission(crypto, identity, this.#origin, { relayKey, nonce }, claim), send);
      if (sent instanceof Promise)
        sent.catch(() => {
          this.#fail('relayProtocol');
        });
    } catch {
      this.#fail('relayProtocol');
    }
  }

  #join(circuit: number, hash: Uint8Array): void {
    if (this.#circuits.has(circuit) || this.#waiting.has(circuit)) {
      this.#fail('relayProtocol');
      return;
    }
    const match = this.#options.match(hash);
    if (!match) {
      this.#leave(circuit, 'deviceOffline');
      return;
    }
    if (this.#handshakes < MAX_CONCURRENT_HANDSHAKES) this.#startCircuit(circuit, match);
    else if (!this.#waiting.add(circuit, match)) this.#leave(circuit, 'busy');
  }

  #startCircuit(number: number, match: CircuitMatch): void {
    this.#handshakes++;
    let isShaking = true;
    const { crypto, random, clock, identity } = this.#options;
    const clientId = match.purpose === 'session' ? match.clientId : undefined;
    const circuit: DeviceCircuit = new DeviceCircuit(
      { crypto, random, clock, identity, match, pump: this.#pump },
      {
        send: (record) => {
          this.#link.send({ type: 'record', circuit: number, record });
        },
        onHandshakeOver: () => {
          if (!isShaking) return;
          isShaking = false;
          this.#handshakes--;
          clock.defer(() => {
            this.#startNext();
          });
        },
        takeMux: (session, hello) => {
          const mux = this.#owner.takeMux(session, hello, circuit);
          this.#circuits.set(number, { circuit, clientId });
          return mux;
        },
        releaseMux: (mux) => {
          if (clientId !== undefined) this.#owner.releaseMux(clientId, mux, circuit);
        },
        onLeave: (reason) => {
          this.#circuits.delete(number);
          this.#log.info('circuit left', { circuit: number, reason });
          this.#leave(number, reason);
        },
      },
    );
    this.#circuits.set(number, { circuit, clientId: undefined });
  }

  #startNext(): void {
    if (this.#isOver || this.#handshakes >= MAX_CONCURRENT_HANDSHAKES) return;
    const next = this.#waiting.next();
    if (!next) return;
    this.#startCircuit(next.number, next.match);
    if (next.message1) this.#receiveRecord(next.number, next.message1);
  }

  #receiveRecord(number: number, record: Uint8Array): void {
    if (this.#waiting.receive(number, record)) return;
    this.#circuits.get(number)?.circuit.receive(record);
  }

  #leaveQuietly(number: number): void {
    this.#waiting.remove(number);
    const entry = this.#circuits.get(number);
    this.#circuits.delete(number);
    entry?.circuit.dispose();
  }

  #leave(circuit: number, reason: ErrorCode): void {
    this.#link.send({ type: 'leave', circuit, reason: errorNumber(reason) });
  }

  #fail(error: ErrorCode): void {
    if (this.#isOver) return;
    this.dispose();
    this.#events.failed(error);
  }
}
