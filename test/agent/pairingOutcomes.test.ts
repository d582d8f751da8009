import assert from 'node:assert/strict';
import { PAIRING_QUESTION_LIFETIME_MS } from '../../src/protocol/limits.ts';
import { TunnelError, type ErrorCode } from '../../src/protocol/errors.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { parsePairing, parsePairingLink } from '../../src/secure/pairingLink.ts';
import { pairClient } from '../../src/tunnel/pairingClient.ts';
import { AgentWorld } from '../fakes/agentWorld.ts';
import { MEMORY_RELAY_ORIGIN } from '../fakes/memoryNetwork.ts';

/** How the ceremony can end without a pairing, as the client is told. */
describe('a pairing that comes to nothing', () => {
  let world: AgentWorld;
  beforeEach(async () => {
    world = new AgentWorld();
    await world.start();
  });
  afterEach(() => {
    world.dispose();
    assert.equal(world.clock.pendingTimers, 0, 'timers left behind');
  });

  /** Begins with a key of its own; resolves to why it ended. */
  function tryWith(entered: string): Promise<ErrorCode | 'paired'> {
    const pairing = pairClient(
      {
        dial: world.network.dial,
        clock: world.clock,
        random: world.random,
        crypto: nodeCrypto,
        staticKey: nodeCrypto.importKey(world.random.bytes(32)),
        link: parsePairing(entered, MEMORY_RELAY_ORIGIN),
        name: 'Test',
        kind: 'cli',
        scope: 'chat',
      },
      { onWaiting: () => undefined, onAsked: () => undefined },
    );
    return pairing.then(
      () => 'paired',
      (error: unknown) => TunnelError.from(error).code,
    );
  }

  async function offer(): Promise<string> {
    const made = world.agent.createOffer();
    await world.clock.advance(10);
    return (await made).link;
  }

  it('is told that nobody answered in time: pairingTimeout', async () => {
    const ended = tryWith(await offer());
    await world.clock.advance(PAIRING_QUESTION_LIFETIME_MS + 1_000);
    assert.equal(await ended, 'pairingTimeout');
  });

  it('is told that the offer has been used up by tries without its key: offerUsed', async () => {
    const link = await offer();
    const first = tryWith(link);
    await world.clock.advance(100);
    for (let bad = 0; bad < 3; bad++) {
      const other = tryWith(link);
      await world.clock.advance(2_000);
      assert.equal(await other, 'handshakeFailed');
    }
    assert.equal(await first, 'offerUsed');
  });

  it('pairs by the code alone, and not with another device that a relay puts in its place', async () => {
    const made = world.agent.createOffer();
    await world.clock.advance(10);
    const { code } = await made;
    const impostor = nodeCrypto.importKey(world.random.bytes(32)).publicKey;
    world.network.joinedAs = impostor;
    const misled = tryWith(code);
    await world.clock.advance(2_000);
    assert.equal(await misled, 'handshakeFailed');
    world.network.joinedAs = undefined;
    const asked = world.agent.onPairingQuestion((question) => {
      question.answer(true);
    });
    const honest = tryWith(code.toLowerCase().replaceAll('-', ' '));
    await world.clock.advance(2_000);
    assert.equal(await honest, 'paired');
    asked.dispose();
  });

  it('does not begin with half a link: badPairingLink', async () => {
    const link = await offer();
    for (const broken of [link.slice(0, -4), link.replace('#', '?'), '', 'https://relay.example'])
      assert.throws(() => parsePairingLink(broken), { code: 'badPairingLink' });
  });
});
