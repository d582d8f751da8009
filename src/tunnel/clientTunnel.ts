import type { Clock } from '../base/clock.ts';
import { equalBytes } from '../base/bytes.ts';
import { deadline } from '../base/deadline.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { Random } from '../base/random.ts';
import { Mux } from '../mux/mux.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import { FIRST_FRAME_TIMEOUT_MS, MAX_RECORD_FRAMES_BYTES } from '../protocol/limits.ts';
import type { LinkFrame } from '../protocol/linkFrames.ts';
import type { DialLink } from '../protocol/linkSocket.ts';
import { decodeMuxFrames, MUX_ID_BYTES } from '../protocol/muxFrames.ts';
import type { TunnelConnection, TunnelMetrics } from '../protocol/status.ts';
import type { CryptoPort, DhKey } from '../secure/crypto.ts';
import { prologue } from '../secure/prologue.ts';
import type { Attempt, AttemptEvents } from './handover.ts';
import { Link, type LinkTraffic } from './link.ts';
import { RecordPump, type RecordSource } from './recordPump.ts';
import { Session } from './session.ts';
import { Supervisor } from './supervisor.ts';
import { TunnelMeter } from './tunnelMeter.ts';

/** What a client keeps of a pairing. */
export interface Pairing {
  /** The relay's origin. */
  readonly origin: string;
  /** D, 32 bytes. */
  readonly deviceKey: Uint8Array;
  /** The client's own key. */
  readonly staticKey: DhKey;
  readonly psk: Uint8Array;
  /** SHA-256 of the dial token: where the relay finds the device. */
  readonly dialHash: Uint8Array;
}

export interface ClientTunnelOptions {
  readonly dial: DialLink;
  readonly clock: Clock;
  readonly random: Random;
  readonly crypto: CryptoPort;
  readonly pairing: Pairing;
}

/**
 * A client's way to its device: link, session and the mux that outlives both. Its state is proven by the far end: *connected* means that
 * the device's HELLO was read, not that a relay answered.
 */
export class ClientTunnel implements Disposable {
  readonly mux: Mux;
  readonly supervisor: Supervisor;
  readonly #meter: TunnelMeter;
  readonly #options: ClientTunnelOptions;
  readonly #store = new DisposableStore();
  #isVisible = true;

  constructor(options: ClientTunnelOptions) {
    this.#options = options;
    const { clock, random } = options;
    this.mux = new Mux({ role: 'client', muxId: random.bytes(MUX_ID_BYTES), clock });
    this.mux.isWatched = true;
    this.#meter = new TunnelMeter(clock, () => this.mux.streamCount);
    this.supervisor = this.#store.add(
      new Supervisor({
        clock,
        random,
        isWatched: () => this.#isVisible || this.mux.streamCount > 0,
        start: (_attempt, events, patienceMs) => new ClientAttempt(options, this.mux, events, this.#meter, patienceMs),
      }),
    );
    this.#store.add(this.#meter.follow(this.supervisor));
    this.#store.add(
      this.mux.onRoundTrip((rttMs) => {
        this.#meter.onRoundTrip(rttMs);
      }),
    );
    this.#store.add(
      this.mux.onMissedPing(() => {
        this.#meter.onMissed();
      }),
    );
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  get endpoint(): string {
    return this.#options.pairing.origin;
  }

  /** The roadmap's snapshot, with the round trip to the device. */
  get connection(): TunnelConnection {
    return this.#meter.connection(this.endpoint);
  }

  get metrics(): TunnelMetrics {
    return this.#meter.metrics;
  }

  /** Last measured round trip to the device, ms. */
  get rttMs(): number | undefined {
    return this.#meter.rttMs;
  }

  /** A view of this tunnel is on the screen: it pings, and dials without long waits. Becoming visible looks at the line at once. */
  set isVisible(value: boolean) {
    const appeared = value && !this.#isVisible;
    this.#isVisible = value;
    this.mux.isWatched = value;
    if (appeared) this.supervisor.wake();
  }

  dispose(): void {
    this.#store.dispose();
    this.mux.dispose();
  }
}

/** One link to the relay and, while the device is there, a session on it. */
class ClientAttempt implements Attempt, RecordSource {
  readonly #options: ClientTunnelOptions;
  readonly #mux: Mux;
  readonly #events: AttemptEvents;
  readonly #link: Link;
  readonly #pump: RecordPump;
  #session: Session | undefined;
  #attached: Disposable | undefined;
  #answerDue: Disposable | undefined;
  #isOver = false;

  constructor(options: ClientTunnelOptions, mux: Mux, events: AttemptEvents, traffic: LinkTraffic, patienceMs: number) {
    this.#options = options;
    this.#mux = mux;
    this.#events = events;
    const { dial, clock, pairing } = options;
    this.#pump = new RecordPump(clock, () => this.#link.backlogBytes);
    this.#link = new Link(
      { dial, clock, origin: pairing.origin, role: 'client', traffic, patienceMs, isKnown: true },
      {
        onOpen: () => {
          this.#link.send({ type: 'dial', hash: pairing.dialHash });
          // Heartbeats alone keep the link, and tell nothing.
          this.#answerDue = deadline(clock, FIRST_FRAME_TIMEOUT_MS, () => {
            this.#fail('relaySilent');
          });
        },
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
    this.#mux.probe();
  }

  sendOne(): number {
    if (!this.#session?.isEstablished) return 0;
    const frames = this.#mux.pull(MAX_RECORD_FRAMES_BYTES);
    if (!frames) return 0;
    this.#session.send(frames);
    return frames.length;
  }

  dispose(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#answerDue?.dispose();
    this.#endSession();
    this.#link.dispose();
  }

  #receive(frame: LinkFrame): void {
    this.#answerDue?.dispose();
    switch (frame.type) {
      case 'waiting':
        this.#endSession();
        this.#events.waiting();
        return;
      case 'joined':
        this.#join(frame.id);
        return;
      case 'left':
        // The relay parks our dial again by itself. A device that leaves before it has proved anything is dialled anew, with a wait.
        if (!this.#mux.isReady) {
          this.#fail('deviceSilent');
          return;
        }
        this.#endSession();
        this.#events.waiting();
        return;
      case 'record':
        this.#session?.receive(frame.record);
        return;
      case 'goaway':
        this.#events.leaving(frame.delayMs);
        return;
      default:
        this.#fail('relayProtocol');
    }
  }

  #join(deviceKey: Uint8Array): void {
    const { crypto, random, clock, pairing } = this.#options;
    if (!equalBytes(deviceKey, pairing.deviceKey)) {
      this.#fail('handshakeFailed');
      return;
    }
    this.#endSession();
    const session = new Session(
      { crypto, random, clock, prologue: prologue('session', pairing.deviceKey), psk: pairing.psk, staticKey: pairing.staticKey },
      {
        send: (record) => {
          this.#link.send({ type: 'record', circuit: undefined, record });
        },
        onEstablished: () => {
          this.#attachMux();
        },
        onFrames: (frames) => {
          this.#mux.receive(decodeMuxFrames(frames));
        },
        onFailed: (error) => {
          this.#fail(error.code);
        },
      },
    );
    this.#session = session;
    session.initiate(pairing.deviceKey);
  }

  #attachMux(): void {
    this.#events.takesOver();
    this.#attached = this.#mux.onAttached(() => {
      this.#events.established();
    });
    this.#mux.attach({
      wake: () => {
        this.#pump.wake(this);
      },
      onSilent: () => {
        this.#fail('deviceSilent');
      },
    });
  }

  #endSession(): void {
    if (!this.#session) return;
    this.#session.dispose();
    this.#session = undefined;
    this.#attached?.dispose();
    this.#mux.detach();
    this.#pump.remove(this);
  }

  #fail(error: ErrorCode): void {
    if (this.#isOver) return;
    this.dispose();
    this.#events.failed(error);
  }
}
