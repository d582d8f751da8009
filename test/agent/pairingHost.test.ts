import assert from 'node:assert/strict';
import type { StoredClient } from '../../src/agent/deviceStore.ts';
import { PairingHost } from '../../src/agent/pairingHost.ts';
import type { PairingQuestion } from '../../src/protocol/agentControl.ts';
import { PAIRING_QUESTION_LIFETIME_MS } from '../../src/protocol/limits.ts';
import type { PairingFrame } from '../../src/protocol/pairingFrames.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

describe('the question of a pairing', () => {
  const clock = new FakeClock();
  const random = new SeededRandom(3);
  let host: PairingHost;
  let questions: PairingQuestion[];
  let saved: string[];
  let stored: StoredClient[];

  beforeEach(() => {
    questions = [];
    saved = [];
    stored = [];
    const options = {
      clock,
      random,
      crypto: nodeCrypto,
      deviceKey: random.bytes(32),
      deviceName: 'Desk',
      onDidChangeHashes: () => undefined,
    };
    host = new PairingHost({
      ...options,
      save: (client) => {
        saved.push(client.name);
        stored.push(client);
      },
    });
    host.onQuestion((question) => questions.push(question));
    host.createOffer();
  });
  afterEach(() => {
    host.dispose();
    assert.equal(clock.pendingTimers, 0, 'timers left behind');
  });

  function pair(name: string): PairingFrame[] {
    const sent: PairingFrame[] = [];
    const match = host.match(host.hashes[0] ?? new Uint8Array(32));
    assert.ok(match);
    const channel = match.onChannel({
      remoteStatic: random.bytes(32),
      chainingKey: random.bytes(32),
      send: (frame) => sent.push(frame),
      leave: () => undefined,
      dispose: () => undefined,
    });
    channel.onFrame({ type: 'pair', name, kind: 'page', scope: 'chat' });
    return sent;
  }

  for (const [name, shown] of [
    ['Firefox on Android', 'Firefox on Android'],
    ['', 'A client without a name'],
    ['\u3164 \u2800', 'A client without a name'],
    [`Firefox${'\u00A0'.repeat(40)}(verified)`, 'Firefox (verified)'],
  ] as const) {
    it(`names ${JSON.stringify(name)} as ${shown}`, () => {
      pair(name);
      const [question] = questions;
      assert.ok(question);
      assert.equal(question.name, shown);
      question.answer(true);
      assert.deepEqual(saved, [shown]);
    });
  }

  it('makes a client the owner’s, or a guest’s with chats under its own id', () => {
    const owners: (readonly [string, string])[] = [];
    for (const person of [undefined, 'owner', 'guest', 'guest'] as const) {
      host.createOffer();
      pair('Page');
      questions.at(-1)?.answer(true, person);
      const client = stored.at(-1);
      owners.push([client?.owner ?? '', client?.id ?? '']);
    }
    const [byDefault, own, first, second] = owners;
    assert.deepEqual([byDefault?.[0], own?.[0]], ['owner', 'owner']);
    assert.deepEqual([first?.[0], second?.[0]], [first?.[1], second?.[1]]);
    assert.notEqual(first?.[0], second?.[0]);
  });

  it('is told of each time that nobody was let in: by a no, in silence, and by three tries without the key', async () => {
    const refused: unknown[] = [];
    host.onDidRefuse((refusal) => refused.push(refusal));
    pair('Page');
    questions.at(-1)?.answer(false);
    host.createOffer();
    pair('Phone');
    await clock.advance(PAIRING_QUESTION_LIFETIME_MS);
    host.createOffer();
    const match = host.match(host.hashes[0] ?? new Uint8Array(32));
    for (let tries = 0; tries < 5; tries++) match?.onBadTry();
    assert.deepEqual(refused, [
      { name: 'Page', reason: 'pairingDenied' },
      { name: 'Phone', reason: 'pairingTimeout' },
      { name: '', reason: 'offerUsed' },
    ]);
  });

  it('is asked once, is over when the offer is withdrawn, and then answers nothing', () => {
    let ended = 0;
    assert.deepEqual(pair('Page'), [{ type: 'asked' }]);
    assert.deepEqual(pair('Page'), [{ type: 'asked' }], 'the same client, on a new line');
    assert.equal(questions.length, 1);
    questions[0]?.onDidEnd(() => ended++);
    host.cancelOffer();
    questions[0]?.answer(true);
    assert.deepEqual([ended, saved.length], [1, 0]);
  });
});
