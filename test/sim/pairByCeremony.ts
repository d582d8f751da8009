import assert from 'node:assert/strict';
import { parsePairingLink } from '../../src/secure/pairingLink.ts';
import { deriveClient } from '../../src/secure/pairingSecret.ts';
import { pairClient, type PairingResult } from '../../src/tunnel/pairingClient.ts';
import type { SimDevice } from './simDevice.ts';
import type { SimPairing } from './simPage.ts';
import type { SimWorld } from './simWorld.ts';

/** Pairs as people do: offer, link, question, answer, while lines may be cut. */
export async function pairByCeremony(world: SimWorld, device: SimDevice): Promise<SimPairing> {
  const agent = device.agent;
  assert.ok(agent);
  await world.time.run(world.time.now + 5_000, () => agent.tunnel.state === 'connected');
  const offer = await within(world, 5_000, agent.createOffer());
  const process = world.newProcess('pairing');
  const staticKey = world.crypto.importKey(world.entropy.bytes(32));
  const questions = agent.onPairingQuestion((question) => {
    world.note('device', `is asked about a pairing: ${question.words.join(' ')}`);
    world.in(world.between(100, 3_000), () => {
      question.answer(true);
    });
  });
  for (let left = world.chance.int(3); left > 0; left--) {
    world.in(world.chance.int(3_000), () => {
      const line = world.pick(world.network.live);
      if (line) world.network.cut(line);
    });
  }
  const pairing = pairClient(
    {
      dial: world.network.dialFor(process),
      clock: process,
      random: world.entropy,
      crypto: world.crypto,
      staticKey,
      link: parsePairingLink(offer.link),
      name: 'Firefox',
      kind: 'page',
      scope: 'chat',
    },
    // A question that is answered while the line is down never shows its words: the answer is all that comes then.
    { onWaiting: () => undefined, onAsked: () => undefined },
  );
  const { root } = await within<PairingResult>(world, 60_000, pairing);
  questions.dispose();
  assert.equal(process.pendingTimers, 0, 'pairing leaves timers behind');
  process.kill();
  const { psk, dialHash } = deriveClient(world.crypto, root);
  world.note('pairing', 'is done');
  return { deviceKey: device.identity.publicKey, staticKey, psk, dialHash };
}

/** Lets time pass until the promise is settled. */
async function within<T>(world: SimWorld, ms: number, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = (): void => {
    isSettled = true;
  };
  promise.then(settle, settle);
  await world.time.run(world.time.now + ms, () => isSettled);
  assert.ok(isSettled, `not settled within ${String(ms)} ms`);
  return promise;
}
