import assert from 'node:assert/strict';
import { nullLogger } from '../../src/base/log.ts';
import { Retention } from '../../src/conversation/retention.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { HubWorld } from './hubWorld.ts';
import { idOf } from './sampleTurns.ts';

describe('retention', () => {
  it('purges a minute after its start and then every hour, one small step at a time, and survives a store that fails', async () => {
    const clock = new FakeClock();
    const answers = [true, true, false, 'fail', false] as const;
    const calls: number[] = [];
    const purge = (): boolean => {
      const answer = answers[calls.length] ?? false;
      calls.push(clock.now());
      if (answer === 'fail') throw new TunnelError('storeFailed');
      return answer;
    };
    const start = clock.now();
    const retention = new Retention({ clock, store: { purge }, log: nullLogger, days: () => 0, retire: () => assert.fail() });
    await clock.advance(2 * 3_600_000 + 120_000);
    assert.deepEqual(
      calls.map((at) => at - start),
      [60_000, 60_050, 60_100, 3_660_100, 7_260_100],
    );
    retention.dispose();
    await clock.advance(3_600_000);
    assert.equal(calls.length, 5);
    assert.equal(clock.pendingTimers, 0);
  });

  it('bins chats after as many days as are set, ahead of what it purges, and none for 0', async () => {
    const clock = new FakeClock();
    const retired: number[] = [];
    let days = 7;
    const retire = (before: number): boolean => retired.push((clock.now() - before) / 86_400_000) < 2;
    const retention = new Retention({ clock, store: { purge: () => false }, log: nullLogger, days: () => days, retire });
    await clock.advance(61_000);
    assert.deepEqual(retired, [7, 7]);
    days = 0;
    await clock.advance(3_600_000);
    days = 1;
    await clock.advance(3_600_000);
    assert.deepEqual(retired, [7, 7, 1]);
    retention.dispose();
    assert.equal(clock.pendingTimers, 0);
  });

  it('bins chats that nobody has written in, a few at once, tells their views, and leaves those that somebody looks at', async () => {
    const world = new HubWorld();
    const view = world.view();
    const names = Array.from({ length: 30 }, (_, n) => `old ${String(n)}`);
    for (const conversation of names) world.ask(view, 'question', { conversation });
    await world.clock.advance(1_000);
    const limit = world.clock.now();
    world.ask(view, 'question', { conversation: 'new' });
    await world.clock.advance(1_000);
    view.send({ type: 'listConversations' });
    view.send({ type: 'open', conversationId: idOf('old 7') });
    assert.deepEqual([world.hub.retire(limit), world.hub.retire(limit), world.hub.retire(limit)], [true, false, false]);
    await world.clock.advance(0);
    const left = view
      .of('conversations')
      .at(-1)
      ?.items.map(({ id }) => id);
    assert.deepEqual(left, [idOf('new'), idOf('old 7')]);
    view.send({ type: 'restoreConversation', requestId: idOf('restore'), conversationId: idOf('old 0') });
    assert.equal(view.of('refused').length, 0);
  });
});
