import { DecodeError } from '../base/bytes.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { closeCodeFor } from '../protocol/closeCodes.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { MAX_UNREAD_MS } from '../protocol/limits.ts';
import { decodeLinkFrame, encodeLinkFrame, type LinkFrame, type LinkRole } from '../protocol/linkFrames.ts';
import type { LinkSocket, LinkSocketHandlers } from '../protocol/linkSocket.ts';
import type { BacklogHolder } from './circuits/backlogBudget.ts';
import { Heartbeat } from './heartbeat.ts';
import { cutOf, type LinkCut } from './relayMeter.ts';
import type { RelayScope } from './relayScope.ts';

/** RFC 6455, section 7.4.1: the server met a condition that it did not expect. Ends read it as an unreachable relay and come again. */
const CLOSE_INTERNAL_ERROR = 1011;

export interface LinkChannelEvents {
  /** Throwing a TunnelError ends the link with its code; so a frame is refused that may not come from this role or now. */
  onFrame(frame: LinkFrame): void;
  /** The socket has taken something. */
  onDrain(): void;
  /** The link is over; called once. */
  onEnd(reason: ErrorCode): void;
}

export type AcceptedHandlers = Pick<LinkSocketHandlers, 'onMessage' | 'onDrain' | 'onClose'>;

/** What went over one link, both ways, in whole messages. */
export interface LinkTraffic {
  readonly framesIn: number;
  readonly bytesIn: number;
  readonly framesOut: number;
  readonly bytesOut: number;
}

/** What both roles of link have in common: frames in and out, liveness, bounds, and one end. */
export class LinkChannel implements AcceptedHandlers, BacklogHolder {
  readonly #scope: RelayScope;
  readonly #role: LinkRole;
  readonly #socket: LinkSocket;
  readonly #events: LinkChannelEvents;
  readonly #owned = new DisposableStore();
  readonly #firstFrameDue: Disposable;
  readonly #traffic = { framesIn: 0, bytesIn: 0, framesOut: 0, bytesOut: 0 };
  #heartbeat: Heartbeat | undefined;
  /** Set while this link is not read: for as long as that may be. */
  #deafUntil: Disposable | undefined;
  #over = false;

  constructor(scope: RelayScope, role: LinkRole, socket: LinkSocket, events: LinkChannelEvents) {
    this.#scope = scope;
    this.#role = role;
    this.#socket = socket;
    this.#events = events;
    scope.meter.linkOpened(role);
    this.#firstFrameDue = this.#owned.add(
      scope.clock.after(scope.limits.firstFrameMs, () => {
        this.end('relaySilent', 'firstFrame');
      }),
    );
  }

  get isOver(): boolean {
    return this.#over;
  }

  get traffic(): LinkTraffic {
    return this.#traffic;
  }

  send(frame: LinkFrame): void {
    this.sendBytes(encodeLinkFrame(frame, this.#role));
  }

  /** Never blocks: who does not take what was sent loses the link. */
  sendBytes(bytes: Uint8Array): void {
    if (this.#over) return;
    if (this.#socket.backlogBytes + bytes.length > this.#scope.limits.linkBacklogBytes) {
      this.#drop('slowReader', 'slow');
      return;
    }
    this.#socket.send(bytes);
    this.countSent(bytes.length);
    this.#countBacklog();
  }

  /** A message of this link was handed to its socket; also by those who fill the socket themselves. */
  countSent(bytes: number): void {
    this.#traffic.framesOut++;
    this.#traffic.bytesOut += bytes;
    this.#scope.meter.sent(this.#role, bytes);
  }

  /** Starts to prove the link alive. */
  startHeartbeat(): void {
    this.#heartbeat ??= this.#owned.add(
      new Heartbeat({
        clock: this.#scope.clock,
        random: this.#scope.random,
        intervalMs: this.#scope.limits.heartbeatMs,
        beat: () => {
          this.send({ type: 'heartbeat' });
        },
        isDeaf: () => this.#isDeaf,
        onDead: () => {
          this.end('relaySilent');
        },
      }),
    );
  }

  /** A question that the other end answers only after all it sent before; see {@link Heartbeat.fence}. */
  fence(): () => boolean {
    return this.#heartbeat?.fence() ?? (() => true);
  }

  /**
   * Stops (false) or goes on (true) reading, so that TCP slows the other end down. Who is not read cannot be heard to leave: after
   * {@link MAX_UNREAD_MS} the link is ended.
   */
  setReading(reading: boolean): void {
    if (this.#over || reading !== this.#isDeaf) return;
    if (!reading) {
      this.#socket.pause();
      this.#deafUntil = this.#owned.add(
        this.#scope.clock.after(MAX_UNREAD_MS, () => {
          this.end('slowReader', 'unread');
        }),
      );
      return;
    }
    if (this.#deafUntil) this.#owned.delete(this.#deafUntil);
    this.#deafUntil = undefined;
    this.#heartbeat?.heard();
    this.#socket.resume();
  }

  get #isDeaf(): boolean {
    return this.#deafUntil !== undefined;
  }

  /** Tells the other end to come back elsewhere or later, and ends the link in `delayMs`. */
  goAway(delayMs: number): void {
    if (this.#over) return;
    this.send({ type: 'goaway', delayMs });
    this.#owned.add(
      this.#scope.clock.after(delayMs, () => {
        this.end('relayDraining');
      }),
    );
  }

  /** Ends the link and tells the other end why. @param cut how it is counted */
  end(reason: ErrorCode, cut: LinkCut = cutOf(reason)): void {
    this.#close(closeCodeFor(reason), reason, cut);
  }

  terminate(): void {
    this.#drop('closed', 'stopped');
  }

  /** The whole relay holds too much, and this link most of it; perhaps one that is over and whose farewell nobody reads. */
  shed(): void {
    this.#socket.terminate();
    this.#finish('slowReader', 'shed');
  }

  onMessage(message: Uint8Array): void {
    if (this.#over) return;
    this.#traffic.framesIn++;
    this.#traffic.bytesIn += message.length;
    this.#scope.meter.received(this.#role, message.length);
    this.#owned.delete(this.#firstFrameDue);
    this.#heartbeat?.heard();
    this.guard(() => {
      const frame = decodeLinkFrame(message, this.#role);
      // one costs nothing to send, and a client's has the relay look for its device again
      if (frame.type === 'heartbeatAck' && this.#heartbeat?.answered() === false) return;
      this.#events.onFrame(frame);
    });
  }

  onDrain(): void {
    this.#countBacklog();
    if (!this.#over) this.#events.onDrain();
  }

  onClose(): void {
    this.#finish('closed', 'gone');
    this.#scope.budget.set(this, 0);
  }

  /** Runs what frames from outside cause: their faults end this link, and only this one. */
  guard(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error: unknown): void {
    if (error instanceof TunnelError || error instanceof DecodeError) {
      const { code } = TunnelError.from(error);
      this.#scope.log.debug('link refused', { role: this.#role, code });
      this.end(code);
      return;
    }
    this.#scope.log.error('link failed', { role: this.#role, error: error instanceof Error ? error.name : typeof error });
    this.#close(CLOSE_INTERNAL_ERROR, 'internal', 'fault');
  }

  /**
   * Until its socket is closed, a link counts: its farewell waits behind all that was not read. Devices' circuits are counted by their own
   * queues; what else a device link holds is small and bounded per link.
   */
  #countBacklog(): void {
    if (this.#role === 'client') this.#scope.budget.set(this, this.#socket.backlogBytes);
  }

  #close(code: number, reason: ErrorCode, cut: LinkCut): void {
    if (this.#over) return;
    if (this.#isDeaf) this.#socket.resume(); // or the farewell would wait behind what is not read
    this.#socket.close(code);
    this.#finish(reason, cut);
  }

  #drop(reason: ErrorCode, cut: LinkCut): void {
    if (this.#over) return;
    this.#socket.terminate();
    this.#scope.budget.set(this, 0);
    this.#finish(reason, cut);
  }

  #finish(reason: ErrorCode, cut: LinkCut): void {
    if (this.#over) return;
    this.#over = true;
    this.#owned.dispose();
    this.#scope.meter.linkEnded(this.#role, cut);
    this.#events.onEnd(reason);
  }
}
