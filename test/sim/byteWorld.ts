import assert from 'node:assert/strict';
import { equalBytes, toBase64url } from '../../src/base/bytes.ts';
import type { Mux } from '../../src/mux/mux.ts';
import type { MuxStream } from '../../src/mux/muxStream.ts';
import { DETACHED_MUX_LIFETIME_MS } from '../../src/protocol/limits.ts';
import { deriveClient } from '../../src/secure/pairingSecret.ts';
import type { CircuitMatch } from '../../src/tunnel/circuitMatch.ts';
import { ClientTunnel } from '../../src/tunnel/clientTunnel.ts';
import { DeviceTunnel } from '../../src/tunnel/deviceTunnel.ts';
import { doFault, strike, type FaultTargets } from './faults.ts';
import { noteState, simLog } from './simLog.ts';
import { SIM_RELAY_ORIGIN } from './simNetwork.ts';
import type { SimProcess } from './simProcess.ts';
import { SimWorld } from './simWorld.ts';
import { TalkingEnd, type TalkPlan } from './talkingEnd.ts';

/** One stream from its opening to its end. */
interface Talk {
  readonly plan: TalkPlan;
  readonly whim: Whim;
  readonly near: TalkingEnd;
  readonly nearStream: MuxStream;
  readonly nearProcess: SimProcess;
  far: TalkingEnd | undefined;
  /** The far end's stream, and the process it lives in. */
  farStream: { readonly process: SimProcess; readonly stream: MuxStream } | undefined;
  state: 'running' | 'finished' | 'lost' | 'broken off';
}

interface Device {
  readonly process: SimProcess;
  readonly tunnel: DeviceTunnel;
}

interface Client {
  readonly process: SimProcess;
  readonly tunnel: ClientTunnel;
}

/** Does one end have heard enough, or break the stream off? */
interface Whim {
  readonly near: Pick<TalkPlan, 'stopAfter' | 'resetAfter'>;
  readonly far: Pick<TalkPlan, 'stopAfter' | 'resetAfter'>;
}

/** How long a stream may be in one direction, bytes: the last is more than any window. */
const SIZES = [...Array<number>(20).fill(3_000), ...Array<number>(4).fill(200_000), 700_000];
/** The same in a world in which much is to be carried. */
const HEAVY_SIZES = [20_000, 200_000, 700_000];
const IS_HEAVY = 0.15;
/** What an end would say if nobody stopped it, bytes. */
const ENDLESS = 100_000_000;
/** Longest time in which nothing moves though something is to be said, ms. */
const STILL_MS = 60_000;
/** Time in which something moves where an end has bytes to send, may, and has a line, ms: less than until a PING would wake it. */
const STEP_MS = 5_000;
/** Longest time for which a dead line can pass for a living one. */
const UNNOTICED_MS = 60_000;

/** Below the chat: raw streams between a client and a device, which must carry every byte once and in order, or say that they are lost. */
export class ByteWorld extends SimWorld {
  readonly talks: Talk[] = [];
  /** When a device or a client last lost its memory: only that loses streams. */
  #lastRestartAt = -Infinity;
  recoveryMs = 0;
  #windowMs = 0;
  readonly #sizes = this.chance.float() < IS_HEAVY ? HEAVY_SIZES : SIZES;
  /** All that the device, in any of its lives, has made. */
  readonly #muxes: { readonly process: SimProcess; readonly mux: Mux }[] = [];
  readonly #identity = this.crypto.importKey(this.entropy.bytes(32));
  readonly #clientKey = this.crypto.importKey(this.entropy.bytes(32));
  readonly #secrets = deriveClient(this.crypto, this.entropy.bytes(32));
  #device: Device | undefined;
  #client: Client | undefined;
  #epoch = 0;

  constructor(seed: number, trace?: (line: string) => void) {
    super(seed, trace);
    this.#startDevice();
    this.#startClient();
  }

  get targets(): FaultTargets {
    return {
      device: {
        process: () => this.#device?.process,
        kill: (quietly) => {
          this.#killDevice(quietly);
        },
        quit: () => {
          this.#device?.tunnel.dispose();
          this.#killDevice(false);
        },
        start: () => {
          this.#startDevice();
        },
        wake: () => {
          this.#device?.tunnel.supervisor.wake();
        },
        reconnect: () => {
          this.#device?.tunnel.supervisor.reconnect();
        },
      },
      clients: [
        {
          process: () => this.#client?.process,
          kill: (quietly) => {
            this.#killClient(quietly);
          },
          start: () => {
            this.#startClient();
          },
          wake: () => {
            this.#client?.tunnel.supervisor.wake();
          },
          reconnect: () => {
            this.#client?.tunnel.supervisor.reconnect();
          },
          setVisible: (visible) => {
            const client = this.#client;
            client?.process.deliver(() => {
              client.tunnel.isVisible = visible;
            });
          },
        },
      ],
    };
  }

  /** Lives through some faults, then until quiet. @throws when anything is not as it should be */
  async live(): Promise<void> {
    const windowMs = this.between(2_000, 40_000);
    this.#windowMs = windowMs;
    for (let left = this.chance.int(13); left > 0; left--) {
      this.in(this.chance.int(windowMs), () => {
        doFault(this, this.targets);
      });
    }
    for (let left = this.between(1, 6); left > 0; left--) {
      this.in(this.chance.int(windowMs), () => {
        this.#openTalk();
      });
    }
    await this.time.run(windowMs);
    await this.time.run(this.healedAt);
    const isUp = (): boolean => this.#isSound();
    await this.time.run(this.healedAt + 60_000, isUp);
    this.recoveryMs = this.time.now - this.healedAt;
    assert.ok(isUp(), `not connected 60 s after the last fault: ${JSON.stringify(this.#client?.tunnel.supervisor.state)}`);
    await this.#untilQuiet();
    await this.time.run(this.time.now + 3_000); // the talkers' own pauses
    this.#check();
    await this.#end();
  }

  /** Until all is said, or nothing has moved for longer than any pause, with no fault left to blame. */
  async #untilQuiet(): Promise<void> {
    const read = (): number => this.talks.reduce((sum, { near, far }) => sum + near.readCount + (far?.readCount ?? 0), 0);
    for (let before = -1, movedAt = this.time.now; !this.#isQuiet() && this.time.now - movedAt <= STILL_MS;) {
      // Between nodes a circuit may be gone without a word: only a PING tells.
      const stand = this.#isSound() && !this.medium ? this.#stand() : undefined;
      await this.time.run(this.time.now + STEP_MS, () => this.#isQuiet());
      if (stand !== undefined && this.#isSound() && stand === this.#stand()) this.complain(`an end may send, and does not: ${stand}`);
      if (read() === before) continue;
      before = read();
      movedAt = this.time.now;
    }
  }

  /** Where each stream stands that is not over; undefined when none has anything that it may send now. */
  #stand(): string | undefined {
    const living = this.talks.filter(({ nearProcess }) => nearProcess.isAlive);
    const streams = living.flatMap(({ nearStream, farStream }) => [
      nearStream,
      ...(farStream?.process.isAlive === true ? [farStream.stream] : []),
    ]);
    const open = streams.filter(({ outcome }) => outcome === undefined).map(({ sendSide }) => sendSide);
    if (!open.some(({ sendableBytes }) => sendableBytes > 0)) return undefined;
    return open.map(({ bufferedBytes, inFlightBytes }) => `${String(inFlightBytes)} of ${String(bufferedBytes)}`).join(', ');
  }

  #isSound(): boolean {
    const [device, client] = [this.#device, this.#client];
    const isUp = client?.tunnel.supervisor.state.kind === 'connected' && device?.tunnel.supervisor.state.kind === 'connected';
    return isUp && !this.network.isDeceiving;
  }

  #isQuiet(): boolean {
    return this.talks.every((talk) => talk.state !== 'running' && isOverAtBothEnds(talk)) && this.#streamsLeft === 0;
  }

  /** Streams of the client's mux, at both ends. */
  get #streamsLeft(): number {
    const mux = this.#client?.tunnel.mux;
    if (!mux) return 0;
    const far = this.#muxes.filter((entry) => entry.process.isAlive && equalBytes(entry.mux.muxId, mux.muxId));
    return far.reduce((sum, entry) => sum + entry.mux.streamCount, mux.streamCount);
  }

  #check(): void {
    const left = this.#streamsLeft;
    if (this.talks.every(({ state }) => state !== 'running')) assert.equal(left, 0, 'an end keeps a stream that is over');
    for (const [number, talk] of this.talks.entries()) {
      const { state, near, far, plan } = talk;
      assert.notEqual(
        state,
        'running',
        `stream ${String(number)}: the device has ${String(far?.readCount)} of ${String(plan.writeBytes)} bytes, the client ${String(near.readCount)} of ${String(plan.readBytes)}`,
      );
      if (state === 'finished')
        assert.deepEqual(
          [far?.readCount, near.hasStopped ? 'enough' : near.readCount],
          [plan.writeBytes, near.hasStopped ? 'enough' : plan.readBytes],
        );
      assert.ok(isOverAtBothEnds(talk), `stream ${String(number)} is over at one end only: ${state}`);
    }
  }

  async #end(): Promise<void> {
    const [device, client] = [this.#device, this.#client];
    client?.tunnel.dispose();
    await this.time.run(this.time.now + DETACHED_MUX_LIFETIME_MS + 60_000);
    assert.ok(device);
    assert.equal(device.tunnel.onlineClients.size, 0, 'a client that has left is online');
    for (const { farStream } of this.talks)
      if (farStream?.process.isAlive === true) assert.ok(farStream.stream.outcome, 'the device keeps a stream of a client that has left');
    device.tunnel.dispose();
    for (const process of [client?.process, device.process])
      assert.equal(process?.pendingTimers, 0, `${String(process?.name)} leaves timers behind`);
    await this.time.run(this.time.now + 60_000);
    this.endRelays();
  }

  #openTalk(): void {
    const client = this.#client;
    if (!client || client.process.isAsleep || client.tunnel.mux.streamCount > 20) return;
    const id = this.talks.length;
    const bytes = (): number => 1 + this.chance.int(this.pick(this.#sizes) ?? 1);
    const drawn: TalkPlan = { writeKey: 2 * id + 1, readKey: 2 * id + 2, writeBytes: bytes(), readBytes: bytes() };
    const whim = this.#whim(drawn);
    const plan = whim.near.stopAfter === undefined ? drawn : { ...drawn, readBytes: ENDLESS };
    const stream = client.tunnel.mux.openStream('http');
    stream.write(new Uint8Array(new Uint32Array([id]).buffer));
    const near = new TalkingEnd(this, client.process, stream, { ...plan, ...whim.near }, this.#strikeSoon);
    const talk: Talk = {
      plan,
      whim,
      near,
      nearStream: stream,
      nearProcess: client.process,
      far: undefined,
      farStream: undefined,
      state: 'running',
    };
    const openedAt = this.time.now;
    this.talks.push(talk);
    stream.onEnd((end) => {
      this.note('client', `stream ${String(stream.id)} ${end.kind === 'reset' ? end.code : end.kind}`);
      const isMeant = end.kind === 'reset' && end.code === 'cancelled' && (whim.near.resetAfter ?? whim.far.resetAfter) !== undefined;
      if (isMeant) {
        talk.state = 'broken off';
        return;
      }
      if (end.kind === 'reset' && end.code !== 'deviceRestarted' && end.code !== 'streamGone')
        this.complain(`a stream ends with ${end.code}`);
      // What was opened on a line that nobody knew to be dead may have gone to the device as it was before.
      if (end.kind === 'reset' && this.#lastRestartAt < openedAt - UNNOTICED_MS)
        this.complain('a stream is lost though nobody lost its memory');
      talk.state = end.kind === 'reset' ? 'lost' : 'finished';
    });
    this.note('client', `opens stream ${String(stream.id)} for talk ${String(id)}`);
  }

  /** Something befalls the line in the moment when a stream was stopped or broken off. */
  readonly #strikeSoon = (): void => {
    const at = this.time.now + this.chance.int(80);
    if (at >= this.#windowMs || this.chance.float() < 0.6) return;
    this.time.at(at, () => {
      strike(this, this.targets);
    });
  };

  #whim({ writeBytes, readBytes }: TalkPlan): Whim {
    const fate = this.chance.float();
    if (fate < 0.15) return { near: { stopAfter: this.chance.int(readBytes) }, far: {} };
    if (fate < 0.25) return { near: { resetAfter: this.chance.int(writeBytes) }, far: {} };
    if (fate < 0.35) return { near: {}, far: { resetAfter: this.chance.int(readBytes) } };
    return { near: {}, far: {} };
  }

  /** The device learns from the first four bytes which talk it is in. */
  #hear(process: SimProcess, stream: MuxStream): void {
    let head = new Uint8Array(0);
    let isAskedToEnd = false;
    stream.onStopRequested(() => {
      isAskedToEnd = true; // a client may have enough before the device has read a byte
    });
    const subscription = stream.onReadable(() => {
      const piece = stream.read();
      if (!piece) return;
      head = Uint8Array.from([...head, ...piece]);
      if (head.length < 4) return;
      subscription.dispose();
      const id = new DataView(head.buffer).getUint32(0, true);
      const talk = this.talks[id];
      assert.ok(talk, 'a talk that was never begun');
      const { plan, whim } = talk;
      talk.farStream = { process, stream };
      talk.far = new TalkingEnd(
        this,
        process,
        stream,
        { writeKey: plan.readKey, writeBytes: plan.readBytes, readKey: plan.writeKey, readBytes: plan.writeBytes, ...whim.far },
        this.#strikeSoon,
        head.subarray(4),
        isAskedToEnd,
      );
    });
  }

  #startDevice(): void {
    if (this.#device) return;
    const process = this.newProcess('device');
    const tunnel = new DeviceTunnel({
      dial: this.network.dialFor(process),
      clock: process,
      random: this.entropy,
      log: simLog(this, 'device'),
      crypto: this.crypto,
      identity: this.#identity,
      epoch: ++this.#epoch,
      instance: this.entropy.bytes(16),
      relay: () => ({ origin: SIM_RELAY_ORIGIN }),
      hashes: () => [this.#secrets.dialHash],
      match: (hash) => this.#match(hash),
      onMux: (_clientId, mux: Mux) => {
        this.#muxes.push({ process, mux });
        mux.onStream((stream) => {
          this.#hear(process, stream);
        });
      },
    });
    this.#device = { process, tunnel };
    tunnel.supervisor.onDidChange((state) => {
      noteState(this, 'device', state);
    });
    tunnel.supervisor.start();
  }

  #killDevice(quietly: boolean): void {
    const device = this.#device;
    if (!device) return;
    this.#device = undefined;
    this.#lastRestartAt = this.time.now;
    device.process.kill();
    this.network.leave(device.process, quietly);
  }

  #startClient(): void {
    if (this.#client) return;
    const process = this.newProcess('client');
    const tunnel = new ClientTunnel({
      dial: this.network.dialFor(process),
      clock: process,
      random: this.entropy,
      crypto: this.crypto,
      pairing: {
        origin: SIM_RELAY_ORIGIN,
        deviceKey: this.#identity.publicKey,
        staticKey: this.#clientKey,
        psk: this.#secrets.psk,
        dialHash: this.#secrets.dialHash,
      },
    });
    this.#client = { process, tunnel };
    tunnel.supervisor.onDidChange((state) => {
      noteState(this, 'client', state);
    });
    tunnel.supervisor.start();
  }

  #killClient(quietly: boolean): void {
    const client = this.#client;
    if (!client) return;
    this.#client = undefined;
    this.#lastRestartAt = this.time.now;
    client.process.kill();
    this.network.leave(client.process, quietly);
    for (const talk of this.talks) if (talk.state === 'running') talk.state = 'lost';
  }

  #match(hash: Uint8Array): CircuitMatch | undefined {
    if (!equalBytes(hash, this.#secrets.dialHash)) return undefined;
    return {
      purpose: 'session',
      psk: this.#secrets.psk,
      clientId: toBase64url(this.#clientKey.publicKey),
      accepts: (key) => equalBytes(key, this.#clientKey.publicKey),
      onAuthenticated: () => undefined,
    };
  }
}

/** What a client that is no more had open goes with its mux. */
function isOverAtBothEnds({ nearProcess, farStream }: Talk): boolean {
  return !nearProcess.isAlive || farStream?.process.isAlive !== true || farStream.stream.outcome !== undefined;
}
