import assert from 'node:assert/strict';
import type { Disposable } from '../../src/base/disposable.ts';
import { ByteWriter } from '../../src/base/byteWriter.ts';
import { errorCatalogue, errorNumber, type ErrorCode } from '../../src/protocol/errors.ts';
import { decodeLinkFrame, encodeLinkFrame, type LinkFrame, type LinkRole } from '../../src/protocol/linkFrames.ts';
import type { DialLink } from '../../src/protocol/linkSocket.ts';
import { encodeMuxFrame } from '../../src/protocol/muxFrames.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { prologue } from '../../src/secure/prologue.ts';
import { ClientTunnel } from '../../src/tunnel/clientTunnel.ts';
import type { ConnectionState } from '../../src/tunnel/connectionState.ts';
import { DeviceTunnel } from '../../src/tunnel/deviceTunnel.ts';
import { Session } from '../../src/tunnel/session.ts';
import type { Supervisor } from '../../src/tunnel/supervisor.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { memorySocketPair, type MemorySocket } from '../fakes/memorySocket.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

const ORIGIN = 'http://127.0.0.1:1';
const random = new SeededRandom(21);
const deviceKey = nodeCrypto.importKey(random.bytes(32));
const clientKey = nodeCrypto.importKey(random.bytes(32));
const psk = random.bytes(32);
const dialHash = random.bytes(32);
const challenge: LinkFrame = { type: 'challenge', relayKey: nodeCrypto.importKey(random.bytes(32)).publicKey, nonce: random.bytes(32) };
const admitted: LinkFrame = { type: 'admitted', heartbeatMs: 15_000, maxTokens: 512, maxCircuits: 8 };

/** One end, and the test as everything beyond its sockets. */
class Stage implements Disposable {
  readonly clock = new FakeClock();
  readonly #role: LinkRole;
  readonly #lines: { readonly near: MemorySocket; readonly far: MemorySocket }[] = [];
  readonly #sessions: Session[] = [];
  readonly #tunnel: Disposable & { readonly supervisor: Supervisor };

  constructor(role: LinkRole, isKnown: boolean) {
    this.#role = role;
    const common = { clock: this.clock, random: new SeededRandom(2), crypto: nodeCrypto, dial: this.#dial };
    this.#tunnel =
      role === 'client'
        ? new ClientTunnel({
            ...common,
            pairing: { origin: ORIGIN, deviceKey: deviceKey.publicKey, staticKey: clientKey, psk, dialHash },
          })
        : new DeviceTunnel({
            ...common,
            identity: deviceKey,
            epoch: 1,
            instance: random.bytes(16),
            relay: () => ({ origin: ORIGIN, isKnown }),
            hashes: () => [dialHash],
            match: () => undefined,
            onMux: () => undefined,
          });
    this.supervisor.onDidChange((state) => {
      const isFailure = state.kind === 'error' || (state.kind === 'reconnecting' && state.retryAt !== undefined);
      if (isFailure) this.failure ??= { state, at: this.clock.now(), dials: this.dials };
    });
    this.supervisor.start();
  }

  /** The first failure, as it was shown. */
  failure: { readonly state: ConnectionState; readonly at: number; readonly dials: number } | undefined;

  get supervisor(): Supervisor {
    return this.#tunnel.supervisor;
  }

  get dials(): number {
    return this.#lines.length;
  }

  get line(): { readonly near: MemorySocket; readonly far: MemorySocket } {
    const line = this.#lines.at(-1);
    assert.ok(line, 'nothing was dialled');
    return line;
  }

  async open(): Promise<void> {
    this.line.near.announceOpen();
    await this.clock.settle();
  }

  async say(...frames: readonly LinkFrame[]): Promise<void> {
    for (const frame of frames) this.line.far.send(encodeLinkFrame(frame, this.#role));
    await this.clock.settle();
  }

  /** Time goes by on a link that the relay keeps alive, and on which nothing else is said. */
  async idle(ms: number): Promise<void> {
    const { dials } = this;
    for (let left = ms; left > 0 && this.dials === dials; left -= 1_000) {
      await this.clock.advance(Math.min(left, 1_000));
      if (this.dials === dials) await this.say({ type: 'heartbeat' });
    }
  }

  /** Plays the device from JOINED on, until the handshake is done. */
  async joinedDevice(key = deviceKey): Promise<Session> {
    await this.open();
    await this.say({ type: 'joined', circuit: undefined, id: deviceKey.publicKey });
    const session = new Session(
      { crypto: nodeCrypto, random, clock: this.clock, prologue: prologue('session', deviceKey.publicKey), psk, staticKey: key },
      {
        send: (record) => {
          this.line.far.send(encodeLinkFrame({ type: 'record', circuit: undefined, record }, 'client'));
        },
        onEstablished: () => undefined,
        onFrames: () => undefined,
        onFailed: () => undefined,
      },
    );
    session.respond(() => true);
    for (const bytes of this.line.far.received) {
      const frame = decodeLinkFrame(bytes, 'client');
      if (frame.type === 'record') session.receive(frame.record);
    }
    await this.clock.settle();
    this.#sessions.push(session);
    return session;
  }

  dispose(): void {
    this.#tunnel.dispose();
    for (const session of this.#sessions) session.dispose();
  }

  readonly #dial: DialLink = (_url, handlers) => {
    const line = memorySocketPair(this.clock);
    line.near.listen(handlers);
    this.#lines.push(line);
    return line.near;
  };
}

function close(code: ErrorCode): Uint8Array {
  const out = new ByteWriter(8);
  encodeMuxFrame({ type: 'close', code: errorNumber(code) }, out);
  return out.finish();
}

interface Row {
  readonly stage: string;
  readonly role: LinkRole;
  readonly error: ErrorCode;
  /** Whether a relay was reached at this address before; a client's pairing says so. */
  readonly isKnown?: boolean;
  fail(stage: Stage): Promise<unknown>;
}

function cut(stage: Stage): Promise<void> {
  stage.line.near.terminate();
  return stage.clock.settle();
}

function refuse(stage: Stage, refusal: number | 'certificate'): Promise<void> {
  stage.line.near.refuse(refusal);
  return stage.clock.settle();
}

async function farewell(stage: Stage, code: number): Promise<void> {
  stage.line.far.close(code);
  await stage.clock.settle();
}

async function admittedDevice(stage: Stage): Promise<void> {
  await stage.open();
  await stage.say(challenge, admitted);
  assert.equal(stage.supervisor.state.kind, 'connected');
}

const rows: readonly Row[] = [
  // the way to the relay
  ...(['device', 'client'] as const).flatMap((role): Row[] => [
    { role, stage: 'DNS or TCP, refused', error: 'relayUnreachable', fail: cut },
    { role, stage: 'TCP, never answered', error: 'relayUnreachable', fail: (stage) => stage.clock.advance(10_000) },
    {
      role,
      isKnown: true,
      stage: 'TLS, where the relay was before',
      error: 'certificateChanged',
      fail: (stage) => refuse(stage, 'certificate'),
    },
    { role, stage: 'the upgrade, 502', error: 'relayUnreachable', fail: (stage) => refuse(stage, 502) },
    { role, stage: 'the upgrade, 503', error: 'relayBusy', fail: (stage) => refuse(stage, 503) },
    { role, stage: 'the upgrade, 302 of a sign-in page', error: 'relayIntercepted', fail: (stage) => refuse(stage, 302) },
    ...[200, 403, 404].map((status): Row => ({
      role,
      isKnown: true,
      stage: `the upgrade, ${String(status)} where the relay was before`,
      error: 'relayIntercepted',
      fail: (stage) => refuse(stage, status),
    })),
    {
      role,
      stage: 'the first frame, never said',
      error: 'relaySilent',
      fail: (stage) => stage.open().then(() => stage.clock.advance(5_000)),
    },
    {
      role,
      stage: 'the first frame, nonsense',
      error: 'relayProtocol',
      fail: async (stage) => {
        await stage.open();
        stage.line.far.send(Uint8Array.of(200));
        await stage.clock.settle();
      },
    },
  ]),
  { role: 'device', stage: 'TLS, where no relay was ever found', error: 'certificate', fail: (stage) => refuse(stage, 'certificate') },
  { role: 'device', stage: 'the upgrade, 404 where no relay was ever found', error: 'relayNotFound', fail: (stage) => refuse(stage, 404) },
  { role: 'device', stage: 'the upgrade, at a name that is not the relay’s', error: 'foreignHost', fail: (stage) => refuse(stage, 421) },
  // admission
  {
    role: 'device',
    stage: 'CHALLENGE, cut behind it',
    error: 'relayUnreachable',
    fail: (stage) =>
      stage
        .open()
        .then(() => stage.say(challenge))
        .then(() => cut(stage)),
  },
  {
    role: 'device',
    stage: 'CHALLENGE, never judged',
    error: 'relaySilent',
    fail: (stage) =>
      stage
        .open()
        .then(() => stage.say(challenge))
        .then(() => stage.idle(5_000)),
  },
  ...(
    [
      [4401, 'inviteRequired'],
      [4402, 'inviteRefused'],
      [4403, 'inviteExpired'],
      [4404, 'proofRefused'],
      [4405, 'relayVersion'],
      [4502, 'relayBusy'],
      [4600, 'replaced'],
      [4601, 'duplicateDevice'],
    ] as const
  ).map(([code, error]): Row => ({
    role: 'device',
    isKnown: true,
    stage: `REGISTER, refused ${String(code)}`,
    error,
    fail: (stage) =>
      stage
        .open()
        .then(() => stage.say(challenge))
        .then(() => farewell(stage, code)),
  })),
  {
    role: 'device',
    stage: 'TOKENS, never confirmed',
    error: 'relaySilent',
    fail: (stage) => admittedDevice(stage).then(() => stage.idle(25_000)),
  },
  // later
  {
    role: 'device',
    stage: 'an admitted link, cut',
    error: 'relayUnreachable',
    fail: (stage) => admittedDevice(stage).then(() => cut(stage)),
  },
  {
    role: 'device',
    stage: 'an admitted link, silent',
    error: 'relaySilent',
    fail: (stage) => admittedDevice(stage).then(() => stage.clock.advance(10_000)),
  },
  {
    role: 'device',
    stage: 'an admitted link, its relay restarting',
    error: 'relayDraining',
    fail: (stage) => admittedDevice(stage).then(() => farewell(stage, 4501)),
  },
  // the far end
  {
    role: 'client',
    stage: 'JOINED, another computer’s key',
    error: 'handshakeFailed',
    fail: (stage) => stage.open().then(() => stage.say({ type: 'joined', circuit: undefined, id: clientKey.publicKey })),
  },
  {
    role: 'client',
    stage: 'the handshake, never answered',
    error: 'deviceSilent',
    fail: (stage) =>
      stage
        .open()
        .then(() => stage.say({ type: 'joined', circuit: undefined, id: deviceKey.publicKey }))
        .then(() => stage.idle(5_000)),
  },
  {
    role: 'client',
    stage: 'the handshake, given up by the device',
    error: 'deviceSilent',
    fail: (stage) =>
      stage
        .open()
        .then(() =>
          stage.say(
            { type: 'joined', circuit: undefined, id: deviceKey.publicKey },
            { type: 'left', circuit: undefined, reason: errorNumber('busy') },
          ),
        ),
  },
  {
    role: 'client',
    stage: 'the handshake, answered by somebody without the device’s key',
    error: 'handshakeFailed',
    fail: async (stage) => {
      await stage.open();
      await stage.say({ type: 'joined', circuit: undefined, id: deviceKey.publicKey });
      await stage.say({ type: 'record', circuit: undefined, record: random.bytes(48) });
    },
  },
  {
    role: 'client',
    stage: 'HELLO, never answered',
    error: 'deviceSilent',
    fail: (stage) => stage.joinedDevice().then(() => stage.idle(6_000)),
  },
  {
    role: 'client',
    stage: 'HELLO, answered with nonsense',
    error: 'sessionBroken',
    fail: (stage) =>
      stage.joinedDevice().then((session) => {
        session.send(Uint8Array.of(250));
        return stage.clock.settle();
      }),
  },
  {
    role: 'client',
    stage: 'HELLO, answered that we were removed',
    error: 'revoked',
    fail: (stage) =>
      stage.joinedDevice().then((session) => {
        session.send(close('revoked'));
        return stage.clock.settle();
      }),
  },
  {
    role: 'client',
    stage: 'HELLO, answered that access is paused',
    error: 'paused',
    fail: (stage) =>
      stage.joinedDevice().then((session) => {
        session.send(close('paused'));
        return stage.clock.settle();
      }),
  },
];

describe('a failure at each stage of a connection', () => {
  for (const row of rows) {
    const { stage: name, role, error, isKnown = false } = row;
    const isPermanent = !errorCatalogue[error].retry;
    it(`${role}: ${name}: ${isPermanent ? 'stops, and says why' : 'is followed by another try, at a time that is known'} (${error})`, async () => {
      const stage = new Stage(role, isKnown);
      await row.fail(stage);
      const { failure } = stage;
      assert.ok(failure, JSON.stringify(stage.supervisor.state));
      const { state, at } = failure;
      assert.equal('error' in state && state.error, error);
      if (isPermanent) {
        assert.deepEqual(state, { kind: 'error', error });
        await stage.clock.advance(600_000);
        assert.equal(stage.dials, failure.dials, 'it asks the user, not the relay');
      } else {
        assert.ok(state.kind === 'reconnecting' && state.retryAt !== undefined, JSON.stringify(state));
        const inMs = state.retryAt - at;
        assert.ok(inMs >= 0 && inMs <= 250, `in ${String(inMs)} ms`);
        await stage.clock.advance(Math.max(0, state.retryAt + 1 - stage.clock.now()));
        assert.equal(stage.dials, failure.dials + 1);
      }
      stage.dispose();
      await stage.clock.settle();
      assert.equal(stage.clock.pendingTimers, 0, 'timers left behind');
    });
  }
});
