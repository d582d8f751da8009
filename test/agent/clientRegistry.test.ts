import assert from 'node:assert/strict';
import { ClientRegistry } from '../../src/agent/clientRegistry.ts';
import type { StoredClient } from '../../src/agent/deviceStore.ts';
import { MACHINE_OWNER } from '../../src/conversation/ports.ts';
import { MAX_TOKENS_PER_DEVICE, PAIRING_PENDING_LIFETIME_MS } from '../../src/protocol/limits.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { MemoryDeviceStore } from '../fakes/memoryDeviceStore.ts';

describe('the paired clients', () => {
  const hash = new Uint8Array(32).fill(7);
  const clock = new FakeClock();
  let registry: ClientRegistry;

  beforeEach(() => {
    registry = new ClientRegistry(new MemoryDeviceStore(), clock);
    registry.save(client());
  });
  afterEach(() => {
    registry.dispose();
    assert.equal(clock.pendingTimers, 0, 'timers left behind');
  });

  function client(): StoredClient {
    const bytes = new Uint8Array(32);
    const who = { id: 'one', name: 'Page', kind: 'page', scope: 'chat', owner: MACHINE_OWNER } as const;
    return { ...who, publicKey: bytes, psk: bytes, dialHash: hash, state: 'pending', pairedAt: clock.now() };
  }

  it('are active after their first record', () => {
    const match = registry.match(hash);
    assert.equal(match?.lastWord, undefined);
    match?.onAuthenticated();
    assert.equal(registry.get('one')?.state, 'active');
  });

  it('are told that they were revoked, even between JOINED and their first record, and stay revoked', () => {
    const match = registry.match(hash);
    registry.revoke('one');
    match?.onAuthenticated();
    assert.equal(match?.lastWord, 'revoked');
    assert.equal(registry.get('one')?.state, 'revoked');
    assert.equal(registry.match(hash)?.lastWord, 'revoked', 'and dialable, to be told');
    assert.deepEqual(registry.paired, []);
  });

  it('give the relay no more hashes than it takes, and the revoked ones last', () => {
    registry.revoke('one');
    for (let i = 0; i < MAX_TOKENS_PER_DEVICE; i++)
      registry.save({ ...client(), id: `c${String(i)}`, state: 'active', dialHash: Uint8Array.of(i >> 8, i & 255), pairedAt: i });
    assert.equal(registry.hashes.length, MAX_TOKENS_PER_DEVICE - 1);
    assert.ok(!registry.hashes.includes(hash));
    assert.deepEqual(registry.hashes[0], Uint8Array.of((MAX_TOKENS_PER_DEVICE - 1) >> 8, (MAX_TOKENS_PER_DEVICE - 1) & 255));
  });

  it('are out when they never came, and are told so for 30 days, should they come after all', async () => {
    const store = new MemoryDeviceStore();
    registry.dispose();
    registry = new ClientRegistry(store, clock);
    registry.save(client());
    const match = registry.match(hash);
    await clock.advance(PAIRING_PENDING_LIFETIME_MS - 1);
    assert.equal(match?.lastWord, undefined);
    await clock.advance(2);
    assert.equal(match?.lastWord, 'pairingUnused', 'also one that was on its way');
    assert.deepEqual(registry.paired, []);
    assert.deepEqual(registry.hashes, [hash], 'it is still dialable');
    registry.match(hash)?.onAuthenticated();
    assert.equal(registry.get('one')?.state, 'expired', 'and does not come in by coming');
    registry.dispose();
    clock.jumpWallClock(30 * 24 * 3_600_000);
    registry = new ClientRegistry(store, clock);
    assert.deepEqual([registry.match(hash), store.clients()], [undefined, []]);
  });

  it('that are keys end at their time, to the millisecond and whatever the timer does, and are told so', async () => {
    const day = 24 * 3_600_000;
    const store = new MemoryDeviceStore();
    registry.dispose();
    registry = new ClientRegistry(store, clock);
    const ended: string[] = [];
    registry.onDidExpire(({ id }) => ended.push(id));
    const key = { ...client(), kind: 'key' as const, scope: 'api' as const, state: 'active' as const };
    registry.save({ ...key, expiresAt: clock.now() + 40 * day });
    registry.save({ ...key, id: 'two', dialHash: Uint8Array.of(2), expiresAt: clock.now() + 90 * day });
    registry.save({ ...key, id: 'endless', dialHash: Uint8Array.of(3) });
    const match = registry.match(hash);
    await clock.advance(40 * day - 1);
    assert.deepEqual([match?.lastWord, ended], [undefined, []]);
    await clock.advance(1);
    assert.deepEqual([match?.lastWord, ended, registry.get('one')?.state], ['keyExpired', ['one'], 'expired']);
    assert.deepEqual(registry.paired.map(({ id }) => id).sort(), ['endless', 'two']);
    match?.onAuthenticated();
    assert.equal(registry.get('one')?.state, 'expired', 'and does not come in by coming');
    // the machine sleeps: the clock on the wall goes on, no timer does
    clock.jumpWallClock(60 * day);
    assert.equal(registry.get('two')?.state, 'expired');
    assert.equal(registry.match(Uint8Array.of(2))?.lastWord, 'keyExpired');
    assert.deepEqual(
      registry.paired.map(({ id }) => id),
      ['endless'],
    );
    await clock.advance(day);
    assert.deepEqual([ended, store.clients().filter(({ state }) => state === 'expired').length], [['one', 'two'], 2]);
    assert.equal(clock.pendingTimers, 0, 'nobody else has an end');
  });

  it('are out as well when the program did not run as their time ended', async () => {
    const store = new MemoryDeviceStore();
    store.saveClient(client());
    clock.jumpWallClock(PAIRING_PENDING_LIFETIME_MS);
    const later = new ClientRegistry(store, clock);
    await clock.advance(0);
    assert.equal(later.match(hash)?.lastWord, 'pairingUnused');
    assert.equal(store.clients()[0]?.state, 'expired');
    later.dispose();
    registry.dispose();
    await clock.advance(PAIRING_PENDING_LIFETIME_MS);
  });
});
