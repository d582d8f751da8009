import assert from 'node:assert/strict';
import type { Hello, Mux } from '../../src/mux/mux.ts';
import { MuxTable } from '../../src/mux/muxTable.ts';
import { DETACHED_MUX_LIFETIME_MS, MAX_DETACHED_MUXES_PER_CLIENT } from '../../src/protocol/limits.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';

describe('the muxes of a client at the device', () => {
  const clock = new FakeClock();
  let table: MuxTable;
  let made: Mux[];

  beforeEach(() => {
    made = [];
    table = new MuxTable(clock, new SeededRandom(2), (mux) => made.push(mux));
  });
  afterEach(() => {
    table.dispose();
    assert.equal(table.size, 0);
    assert.equal(clock.pendingTimers, 0, 'timers left behind');
  });

  function hello(tab: number, attempt: number): Hello {
    const muxId = new Uint8Array(16).fill(tab);
    return { type: 'hello', muxId, attempt, incarnation: new Uint8Array(8), highestOpened: 0, streams: [] };
  }

  /** As a circuit does: takes the mux, carries it, reads the HELLO. */
  function attach(tab: number, attempt: number): Mux {
    const message = hello(tab, attempt);
    const mux = table.take(message);
    mux.attach({ wake: () => undefined, onSilent: () => undefined });
    mux.receive([message]);
    return mux;
  }

  it('are found again by a newer HELLO', () => {
    const mux = attach(1, 1);
    table.release(mux);
    assert.equal(attach(1, 2), mux);
    assert.equal(made.length, 1);
  });

  it('are not made, and not kept from expiring, by a HELLO that is not newer', async () => {
    assert.throws(() => table.take(hello(1, 0)), /replaced/);
    assert.equal(table.size, 0);
    const mux = attach(2, 3);
    table.release(mux);
    assert.throws(() => table.take(hello(2, 3)), /replaced/);
    await clock.advance(DETACHED_MUX_LIFETIME_MS - 1);
    assert.equal(table.size, 1);
    await clock.advance(1);
    assert.equal(table.size, 0);
  });

  it('are kept, detached, four at most, the oldest going first', () => {
    const muxes = Array.from({ length: MAX_DETACHED_MUXES_PER_CLIENT + 1 }, (_, tab) => attach(tab + 1, 1));
    for (const mux of muxes) table.release(mux);
    assert.equal(table.size, MAX_DETACHED_MUXES_PER_CLIENT);
    assert.notEqual(attach(1, 2), muxes[0]);
    assert.equal(attach(3, 2), muxes[2]);
  });
});
