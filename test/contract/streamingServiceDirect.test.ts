import assert from 'node:assert/strict';
import { nullLogger } from '../../src/base/log.ts';
import { directStreamingService } from '../../src/conversation/directStreamingService.ts';
import { Hub } from '../../src/conversation/hub.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { FakeModelClient } from '../fakes/fakeModelClient.ts';
import { MemoryStore } from '../fakes/memoryStore.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { streamingServiceConformance } from './streamingServiceConformance.ts';

streamingServiceConformance('direct', (answer) => {
  const clock = new FakeClock();
  const random = new SeededRandom(1);
  const models = new FakeModelClient({
    clock,
    gate: 'manual',
    models: [{ name: 'm:1' }],
    answer: (request) => answer(request.messages.at(-1)?.content ?? ''),
  });
  const hub = new Hub({ clock, random, store: new MemoryStore(), models, deviceName: 'Desk', log: nullLogger });
  let lines = 0;
  const connect = hub.connect.bind(hub);
  hub.connect = (...args) => {
    lines++;
    return connect(...args);
  };
  return {
    service: directStreamingService({ hub, clock, random, peer: { owner: 'owner', scope: 'local' } }),
    models,
    linesOpened: () => lines,
    async until(condition) {
      for (let n = 0; n < 1000 && !condition(); n++) await clock.advance(1);
      assert.ok(condition(), 'it did not come to pass');
    },
    cleanUp() {
      hub.dispose();
      models.dispose();
      assert.equal(clock.pendingTimers, 0);
    },
  };
});
