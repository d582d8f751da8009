import assert from 'node:assert/strict';
import { utf8 } from '../../src/base/bytes.ts';
import type { ErrorCode } from '../../src/protocol/errors.ts';
import type { RelayConfig } from '../../src/relay/relayConfig.ts';
import { mintInvite } from '../../src/secure/invite.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { DeviceTunnel } from '../../src/tunnel/deviceTunnel.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { MEMORY_RELAY_ORIGIN, MemoryNetwork } from '../fakes/memoryNetwork.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { TunnelWorld } from '../fakes/tunnelWorld.ts';

const secret = utf8('a secret of sufficient length');
const day = 24 * 60 * 60;

/** A device that dials a relay which ships, and what it is told. */
describe('a device that the relay refuses', () => {
  const clock = new FakeClock();
  const random = new SeededRandom(9);
  const identity = nodeCrypto.importKey(random.bytes(32));
  const owned: { dispose(): void }[] = [];
  const now = Math.floor(clock.now() / 1000);
  const invites: Partial<RelayConfig> = { admission: { kind: 'invites', secret, revoked: new Set(['ben']) } };

  afterEach(() => {
    for (const thing of owned.splice(0)) thing.dispose();
    assert.equal(clock.pendingTimers, 0);
  });

  function network(config: Partial<RelayConfig> = {}): MemoryNetwork {
    const made = new MemoryNetwork(clock, random, nodeCrypto, config);
    owned.push(made);
    return made;
  }

  async function dial(to: MemoryNetwork, claim: { invite?: string; epoch?: number } = {}): Promise<DeviceTunnel> {
    const { invite, epoch = 1 } = claim;
    const device = new DeviceTunnel({
      dial: to.dial,
      clock,
      random,
      crypto: nodeCrypto,
      identity,
      epoch,
      instance: random.bytes(16),
      relay: () => ({ origin: MEMORY_RELAY_ORIGIN, ...(invite === undefined ? {} : { invite }) }),
      hashes: () => [],
      match: () => undefined,
      onMux: () => undefined,
    });
    owned.push(device);
    device.supervisor.start();
    await clock.advance(50);
    return device;
  }

  function errorOf(device: DeviceTunnel): ErrorCode | undefined {
    const { state } = device.supervisor;
    return 'error' in state ? state.error : undefined;
  }

  it('is told that an invite is wanted: inviteRequired', async () => {
    assert.equal(errorOf(await dial(network(invites))), 'inviteRequired');
  });

  it('is told that an invite is not the relay’s own, or taken back: inviteRefused', async () => {
    const foreign = mintInvite(nodeCrypto, utf8('another secret of the same length'), 'anna', now + day);
    const revoked = mintInvite(nodeCrypto, secret, 'ben', now + day);
    for (const invite of ['nonsense', foreign, revoked]) {
      assert.equal(errorOf(await dial(network(invites), { invite })), 'inviteRefused');
    }
  });

  it('is told apart from that when an invite’s time is over: inviteExpired', async () => {
    const invite = mintInvite(nodeCrypto, secret, 'anna', now - 1);
    assert.equal(errorOf(await dial(network(invites), { invite })), 'inviteExpired');
    const good = await dial(network(invites), { invite: mintInvite(nodeCrypto, secret, 'anna', now + day) });
    assert.equal(good.supervisor.state.kind, 'connected');
  });

  it('is told that the relay is not at this address: proofRefused', async () => {
    assert.equal(errorOf(await dial(network({ origins: ['https://relay.example'] }))), 'proofRefused');
  });

  it('is told of another installation with its key: duplicateDevice', async () => {
    const relay = network();
    const first = await dial(relay);
    assert.equal(errorOf(await dial(relay)), 'duplicateDevice');
    assert.equal(first.supervisor.state.kind, 'connected');
  });

  it('is told that a newer one has taken over: replaced', async () => {
    const relay = network();
    const first = await dial(relay);
    const newer = await dial(relay, { epoch: 2 });
    assert.deepEqual([errorOf(first), newer.supervisor.state.kind], ['replaced', 'connected']);
  });

  it('is told that the relay restarts, and tries again: relayDraining', async () => {
    const relay = network();
    void relay.relay?.drain();
    const device = await dial(relay);
    assert.deepEqual([device.supervisor.state.kind, errorOf(device)], ['reconnecting', 'relayDraining']);
  });

  it('tries again where nobody answers: relayUnreachable', async () => {
    const relay = network();
    relay.killRelay();
    const device = await dial(relay);
    assert.deepEqual([device.supervisor.state.kind, errorOf(device)], ['reconnecting', 'relayUnreachable']);
  });
});

describe('a client that its device keeps out', () => {
  for (const [word, kind] of [
    ['revoked', 'error'],
    ['paused', 'reconnecting'],
  ] as const)
    it(`hears ${word} from the device itself, and is ${kind}`, async () => {
      const world = new TunnelWorld();
      world.lastWord = word;
      world.device.supervisor.start();
      world.client.supervisor.start();
      await world.clock.advance(100);
      const { state } = world.client.supervisor;
      assert.deepEqual([state.kind, 'error' in state && state.error], [kind, word]);
      world.dispose();
      assert.equal(world.clock.pendingTimers, 0);
    });
});
