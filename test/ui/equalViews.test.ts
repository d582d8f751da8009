import assert from 'node:assert/strict';
import { EqualViews, type ViewEvent } from './equalViews.ts';

const EVENTS = 200;
const SEEDS = [1, 2, 3, 4] as const;
const NEEDED: readonly ViewEvent[] = [
  ...(['ask', 'stop', 'regenerate', 'edit', 'choose', 'rename', 'delete', 'undo', 'switch', 'newChat'] as const),
  ...(['hide', 'show', 'drop', 'reconnect'] as const),
];

describe('a panel and a page over one hub', () => {
  it('show the same text, order, siblings and titles after 200 random events, and what is stored', async function () {
    this.timeout(60_000);
    const done = new Map<ViewEvent, number>();
    let siblings = 0;
    for (const seed of SEEDS) {
      const views = new EqualViews(seed);
      try {
        await views.live(EVENTS);
      } catch (error) {
        throw new Error(`seed ${String(seed)}`, { cause: error });
      } finally {
        views.dispose();
      }
      assert.equal(views.world.clock.pendingTimers, 0, 'timers left behind');
      assert.ok(views.chats >= 2 && views.messages >= 10, `seed ${String(seed)} has hardly anything to compare`);
      siblings += views.siblings;
      for (const [kind, count] of views.done) done.set(kind, (done.get(kind) ?? 0) + count);
    }
    assert.ok(siblings >= 10, `${String(siblings)} siblings`);
    // Everything happened, and was possible when it did.
    assert.deepEqual(
      NEEDED.filter((kind) => !done.has(kind)),
      [],
    );
  });
});
