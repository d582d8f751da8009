import { DisposableStore } from '../../src/base/disposable.ts';
import type { Clock } from '../../src/base/clock.ts';
import type { Random } from '../../src/base/random.ts';
import { decodeLinkFrame, encodeLinkFrame } from '../../src/protocol/linkFrames.ts';
import type { DialLink } from '../../src/protocol/linkSocket.ts';
import { InProcessMedium } from '../../src/relay/inProcessBus.ts';
import { RelayCore } from '../../src/relay/relayCore.ts';
import type { RelayConfig } from '../../src/relay/relayConfig.ts';
import type { CryptoPort } from '../../src/secure/crypto.ts';
import { alterSent } from './alterSent.ts';
import { memorySocketPair, type MemorySocketPair } from './memorySocket.ts';

export const MEMORY_RELAY_ORIGIN = 'http://127.0.0.1:8787';

/** Waits between the SYNs of one dial (RFC 6298, as Linux does it). */
const SYN_AFTER_MS: readonly number[] = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000];

/** Can lose what one end of a circuit tells the other, as a bus between nodes does, or a node that loses its power. */
class LossyMedium extends InProcessMedium {
  isLosing = false;

  override post(task: () => void): void {
    if (!this.isLosing) super.post(task);
  }
}

/** A relay and the lines to it, in memory. The relay is the class that ships; the sockets can be cut, held and refused. */
export class MemoryNetwork {
  relay: RelayCore | undefined;
  readonly lines = new Set<MemorySocketPair>();
  /** How long a message is under way on lines dialled from now on, in each direction, ms. */
  delayMs: (() => number) | undefined;
  /** Whose device clients are told that they have reached, whosever it is. */
  joinedAs: Uint8Array | undefined;
  #isDark = false;
  #medium: LossyMedium | undefined;
  #relays = 0;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #crypto: CryptoPort;
  readonly #config: Partial<RelayConfig>;
  readonly #store = new DisposableStore();

  constructor(clock: Clock, random: Random, crypto: CryptoPort, config: Partial<RelayConfig> = {}) {
    this.#clock = clock;
    this.#random = random;
    this.#crypto = crypto;
    this.#config = config;
    this.startRelay();
  }

  startRelay(): void {
    if (this.relay) return;
    this.#medium = new LossyMedium(this.#clock, (error) => {
      throw error;
    });
    this.relay = this.#newRelay(this.#medium);
  }

  #newRelay(medium: InProcessMedium): RelayCore {
    return new RelayCore({
      clock: this.#clock,
      random: this.#random,
      crypto: this.#crypto,
      bus: medium.join(`memory ${String(++this.#relays)}`),
      config: { origins: [MEMORY_RELAY_ORIGIN], admission: { kind: 'open' }, ...this.#config },
    });
  }

  /**
   * Another process takes the new links from now on; the old one is handed back, to be drained.
   * @param isCluster the two know each other’s devices
   */
  replaceRelay(isCluster = false): RelayCore {
    const old = this.relay;
    if (!old) throw new Error('there is no relay to replace');
    this.relay = undefined;
    if (isCluster && this.#medium) this.relay = this.#newRelay(this.#medium);
    else this.startRelay();
    return old;
  }

  /** The process is killed: every line is cut, nothing is said. */
  killRelay(): void {
    for (const line of this.lines) line.cut();
    this.lines.clear();
    this.relay?.dispose();
    this.relay = undefined;
  }

  /** Nothing gets through and nobody is told. Lines go on after it; a dial goes on when its SYN is next repeated. */
  set isDark(dark: boolean) {
    this.#isDark = dark;
    for (const line of this.lines) line.hold(dark);
  }

  /** Inside the relay nobody hears of anybody. */
  set isBusLosing(losing: boolean) {
    if (this.#medium) this.#medium.isLosing = losing;
  }

  readonly dial: DialLink = (url, handlers) => {
    const line = memorySocketPair(this.#clock);
    line.near.listen(handlers);
    this.#connect(line, url, SYN_AFTER_MS);
    return line.near;
  };

  #connect(line: MemorySocketPair, url: string, [repeatedMs = 0, ...later]: readonly number[]): void {
    if (this.#isDark) {
      this.#store.add(
        this.#clock.after(repeatedMs, () => {
          if (line.near.isOpen) this.#connect(line, url, later);
        }),
      );
      return;
    }
    if (this.delayMs) line.near.delayMs = line.far.delayMs = this.delayMs;
    const relay = this.relay;
    if (!relay) {
      this.#clock.defer(() => {
        line.near.refuse(502);
      });
      return;
    }
    this.lines.add(line);
    const role = new URL(url).pathname === '/v1/device' ? 'device' : 'client';
    line.near.announceOpen();
    this.#clock.defer(() => {
      const far = role === 'client' ? alterSent(line.far, (message) => [this.#misled(message)]) : line.far;
      line.far.listen(relay.accept({ role, remoteAddress: '127.0.0.1' }, far));
    });
  }

  #misled(message: Uint8Array): Uint8Array {
    if (!this.joinedAs) return message;
    const frame = decodeLinkFrame(message, 'client');
    return frame.type === 'joined' ? encodeLinkFrame({ ...frame, id: this.joinedAs }, 'client') : message;
  }

  dispose(): void {
    this.killRelay();
    this.#store.dispose();
  }
}
