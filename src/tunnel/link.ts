import type { Clock } from '../base/clock.ts';
import { DecodeError } from '../base/bytes.ts';
import { deadline, type Deadline } from '../base/deadline.ts';
import type { Disposable } from '../base/disposable.ts';
import { closeCodeFor, closeCodeMeaning } from '../protocol/closeCodes.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import { FIRST_FRAME_TIMEOUT_MS, LINK_DEAD_AFTER_MS, PROBE_TIMEOUT_MS } from '../protocol/limits.ts';
import { decodeLinkFrame, encodeLinkFrame, receivableFrames, type LinkFrame, type LinkRole } from '../protocol/linkFrames.ts';
import type { DialLink, LinkSocket } from '../protocol/linkSocket.ts';
import { linkUrl } from '../protocol/relayUrl.ts';
import { meaningOfRefusal } from './upgradeRefusal.ts';

export interface LinkEvents {
  onOpen(): void;
  /** Any frame but HEARTBEAT, which the link answers itself. */
  onFrame(frame: LinkFrame): void;
  /** There is room in the socket again. */
  onDrain(): void;
  /** The link is over, through no doing of ours; fires at most once, and never after `dispose`. */
  onClosed(error: ErrorCode): void;
}

/** Counts what goes through links. */
export interface LinkTraffic {
  onSent(bytes: number): void;
  /** A message has come, of whatever kind. */
  onReceived(bytes: number): void;
}

export interface LinkOptions {
  readonly dial: DialLink;
  readonly origin: string;
  readonly role: LinkRole;
  readonly clock: Clock;
  /** Time for DNS, TCP, TLS and the upgrade, ms. */
  readonly patienceMs: number;
  /** A relay has been reached at this address before. */
  readonly isKnown: boolean;
  readonly traffic?: LinkTraffic;
}

/** One WebSocket to the relay, seen as link frames. It answers heartbeats, and judges silence and nonsense. */
export class Link implements Disposable {
  readonly #role: LinkRole;
  readonly #clock: Clock;
  readonly #events: LinkEvents;
  readonly #traffic: LinkTraffic | undefined;
  readonly #socket: LinkSocket;
  #watchdog: Deadline | undefined;
  /** The watchdog is the one of a link that has been heard of: each further message only gives it more time. */
  #isHeard = false;
  #isOver = false;

  constructor(options: LinkOptions, events: LinkEvents) {
    this.#role = options.role;
    this.#clock = options.clock;
    this.#events = events;
    this.#traffic = options.traffic;
    this.#socket = options.dial(linkUrl(options.origin, options.role), {
      onOpen: () => {
        this.#whileUp(() => {
          this.#watch(options.role === 'device' ? FIRST_FRAME_TIMEOUT_MS : LINK_DEAD_AFTER_MS, 'relaySilent');
          events.onOpen();
        });
      },
      onMessage: (message) => {
        this.#whileUp(() => {
          this.#receive(message);
        });
      },
      onDrain: () => {
        this.#whileUp(() => {
          events.onDrain();
        });
      },
      onClose: (code, refusal) => {
        this.#finish(refusal === undefined ? closeCodeMeaning(code) : meaningOfRefusal(refusal, options.isKnown));
      },
    });
    this.#watch(options.patienceMs, 'relayUnreachable');
  }

  get backlogBytes(): number {
    return this.#socket.backlogBytes;
  }

  send(frame: LinkFrame): void {
    if (this.#isOver) return;
    const message = encodeLinkFrame(frame, this.#role);
    this.#traffic?.onSent(message.length);
    this.#socket.send(message);
  }

  /** After sleep or a change of network: no frame within 3 s means that the link is dead. The owner asks something that is answered. */
  probe(): void {
    if (!this.#isOver) this.#watch(PROBE_TIMEOUT_MS, 'relaySilent');
  }

  /** Closes without a word to the owner. */
  dispose(): void {
    if (this.#isOver) return;
    this.#end();
    this.#socket.close(1000);
  }

  #receive(message: Uint8Array): void {
    this.#traffic?.onReceived(message.length);
    this.#noteHeard();
    let frame: LinkFrame;
    try {
      frame = decodeLinkFrame(message, this.#role);
      if (!receivableFrames[this.#role].end.includes(frame.type)) throw new DecodeError(`unexpected ${frame.type}`);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#abandon('relayProtocol');
      return;
    }
    if (frame.type === 'heartbeat') this.send({ type: 'heartbeatAck' });
    else this.#events.onFrame(frame);
  }

  #noteHeard(): void {
    if (this.#isHeard) {
      this.#watchdog?.renew();
      return;
    }
    this.#watch(LINK_DEAD_AFTER_MS, 'relaySilent');
    this.#isHeard = true;
  }

  #watch(timeoutMs: number, verdict: ErrorCode): void {
    this.#isHeard = false;
    this.#watchdog?.dispose();
    this.#watchdog = deadline(this.#clock, timeoutMs, () => {
      this.#abandon(verdict);
    });
  }

  #abandon(error: ErrorCode): void {
    if (this.#isOver) return;
    this.#end();
    if (error === 'relayProtocol') this.#socket.close(closeCodeFor(error));
    else this.#socket.terminate();
    this.#events.onClosed(error);
  }

  #finish(error: ErrorCode): void {
    if (this.#isOver) return;
    this.#end();
    this.#events.onClosed(error);
  }

  #end(): void {
    this.#isOver = true;
    this.#watchdog?.dispose();
  }

  #whileUp(action: () => void): void {
    if (!this.#isOver) action();
  }
}
