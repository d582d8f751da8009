import assert from 'node:assert/strict';
import { utf8 } from '../../src/base/bytes.ts';
import type { LogFields, Logger } from '../../src/base/log.ts';
import {
  decodeLinkFrame,
  encodeLinkFrame,
  INSTANCE_BYTES,
  KEY_BYTES,
  type LinkFrame,
  type LinkFrameType,
  type LinkRole,
} from '../../src/protocol/linkFrames.ts';
import type { Bus } from '../../src/relay/bus.ts';
import { InProcessMedium } from '../../src/relay/inProcessBus.ts';
import { RelayMetrics } from '../../src/relay/metrics/relayMetrics.ts';
import type { AdmissionPolicy, RelayLimits } from '../../src/relay/relayConfig.ts';
import { RelayCore } from '../../src/relay/relayCore.ts';
import { proveAdmission, type AdmissionClaim } from '../../src/secure/admission.ts';
import type { DhKey } from '../../src/secure/crypto.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { memorySocketPair, type MemorySocket } from '../fakes/memorySocket.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

export const relayOrigin = 'https://relay.example';

export function hashOf(text: string): Uint8Array {
  return nodeCrypto.sha256(utf8(text));
}

type Frame<T extends LinkFrameType> = Extract<LinkFrame, { type: T }>;

/** The far end of a link, played by a test. */
export class TestEnd {
  readonly role: LinkRole;
  readonly socket: MemorySocket;
  readonly relaySide: MemorySocket;
  /** What this end said, in messages and bytes. */
  readonly sent = { frames: 0, bytes: 0 };
  readonly #world: RelayWorld;

  constructor(world: RelayWorld, role: LinkRole, socket: MemorySocket, relaySide: MemorySocket) {
    this.#world = world;
    this.role = role;
    this.socket = socket;
    this.relaySide = relaySide;
  }

  get frames(): LinkFrame[] {
    return this.socket.received.map((message) => decodeLinkFrame(message, this.role));
  }

  /** What arrived, without heartbeats, as types. */
  get types(): LinkFrameType[] {
    return this.frames.map((frame) => frame.type).filter((type) => type !== 'heartbeat');
  }

  get closeCode(): number | undefined {
    return this.socket.closeCode;
  }

  last<T extends LinkFrameType>(type: T): Frame<T> {
    const frame = this.frames.findLast((one): one is Frame<T> => one.type === type);
    assert.ok(frame, `no ${type} among ${this.types.join(', ')}`);
    return frame;
  }

  count(type: LinkFrameType): number {
    return this.frames.filter((frame) => frame.type === type).length;
  }

  records(circuit?: number): Uint8Array[] {
    return this.frames.flatMap((frame) => (frame.type === 'record' && frame.circuit === circuit ? [frame.record] : []));
  }

  /** Sends a frame and lets everything settle. */
  async say(frame: LinkFrame): Promise<void> {
    this.send(frame);
    await this.#world.clock.settle();
  }

  send(frame: LinkFrame): void {
    const message = encodeLinkFrame(frame, this.role);
    this.sent.frames++;
    this.sent.bytes += message.length;
    this.socket.send(message);
  }

  /** Answers each heartbeat from now on. */
  answerHeartbeats(): this {
    this.socket.listen({
      onMessage: (message) => {
        if (decodeLinkFrame(message, this.role).type === 'heartbeat') this.send({ type: 'heartbeatAck' });
      },
    });
    return this;
  }
}

export interface DeviceOptions {
  readonly key?: DhKey;
  readonly origin?: string;
  readonly invite?: string;
  readonly claim?: Partial<AdmissionClaim>;
  readonly tokens?: readonly string[];
  readonly remoteAddress?: string;
}

export interface RelayWorldOptions {
  readonly admission?: AdmissionPolicy;
  readonly limits?: Partial<RelayLimits>;
  readonly origins?: readonly string[];
  readonly node?: { readonly clock: FakeClock; readonly bus: Bus };
}

/** A relay core on a fake clock, and ends to connect to it. */
export class RelayWorld {
  readonly clock: FakeClock;
  readonly random = new SeededRandom(1);
  readonly core: RelayCore;
  readonly metrics = new RelayMetrics();
  readonly logged: string[] = [];
  readonly errors: unknown[] = [];

  /** @param options `node`: what joins it with others, else it is alone */
  constructor(options: RelayWorldOptions = {}) {
    const { admission = { kind: 'open' }, limits = {}, origins = [relayOrigin], node } = options;
    this.clock = node?.clock ?? new FakeClock();
    const bus = node?.bus ?? new InProcessMedium(this.clock, (error) => this.errors.push(error)).join('test');
    const config = { origins, admission, limits };
    const { clock, random, metrics: meter } = this;
    this.core = new RelayCore({ clock, random, crypto: nodeCrypto, bus, config, log: this.#log(), meter });
  }

  connect(role: LinkRole, remoteAddress = '203.0.113.7'): TestEnd {
    const { near, far } = memorySocketPair(this.clock);
    far.listen(this.core.accept({ role, remoteAddress }, far));
    return new TestEnd(this, role, near, far);
  }

  newKey(): DhKey {
    return nodeCrypto.importKey(this.random.bytes(KEY_BYTES));
  }

  /** Connects a device and has it register; whether it is admitted is for the test to see. */
  async register(options: DeviceOptions = {}): Promise<TestEnd & { readonly key: DhKey }> {
    const end = this.connect('device', options.remoteAddress).answerHeartbeats();
    await this.clock.settle();
    const key = options.key ?? this.newKey();
    await end.say(await this.registration(end, { ...options, key }));
    return Object.assign(end, { key });
  }

  async registration(end: TestEnd, options: DeviceOptions & { key: DhKey }): Promise<Frame<'register'>> {
    const { key, origin = relayOrigin, invite = '' } = options;
    const claim: AdmissionClaim = { epoch: 1, instance: new Uint8Array(INSTANCE_BYTES), attempt: 1, ...options.claim };
    const proof = await proveAdmission(nodeCrypto, key, origin, end.last('challenge'), claim);
    return { type: 'register', deviceKey: key.publicKey, ...claim, invite, proof };
  }

  /** A device that is admitted and serves the hashes of `tokens`. */
  async device(options: DeviceOptions = {}): Promise<TestEnd & { readonly key: DhKey }> {
    const end = await this.register(options);
    await end.say({ type: 'tokens', seq: 1, replace: true, add: (options.tokens ?? ['token']).map(hashOf), remove: [] });
    assert.equal(end.last('tokensOk').seq, 1);
    return end;
  }

  async dial(token = 'token', remoteAddress?: string): Promise<TestEnd> {
    const end = this.connect('client', remoteAddress).answerHeartbeats();
    await end.say({ type: 'dial', hash: hashOf(token) });
    return end;
  }

  /** Ends the relay and asserts that it leaves nothing behind. */
  async finish(): Promise<void> {
    this.core.dispose();
    await this.clock.settle();
    assert.deepEqual(this.errors, []);
    assert.equal(this.clock.pendingTimers, 0);
    assert.deepEqual(this.core.counts, { devices: 0, deviceLinks: 0, clientLinks: 0, circuits: 0, parkedDials: 0, backlogBytes: 0 });
    assert.deepEqual(
      this.logged.filter((line) => line.startsWith('error')),
      [],
    );
  }

  #log(): Logger {
    const write = (level: string) => (message: string, fields?: LogFields) => {
      this.logged.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`);
    };
    return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  }
}
