import assert from 'node:assert/strict';
import { TunnelError } from '../../src/protocol/errors.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { FakeModelClient, type FakeModelClientOptions } from '../fakes/fakeModelClient.ts';
import { describeModelClient, type ModelClientHarness } from './modelClientConformance.ts';

function makeHarness(options: Partial<FakeModelClientOptions>): ModelClientHarness {
  const clock = new FakeClock();
  const client = new FakeModelClient({ clock, ...options });
  return {
    client,
    model: 'fake:latest',
    failureCode: 'ollamaFailed',
    plan({ pieces, end = 'done' }) {
      client.answer = () => ({ pieces, end: end === 'failure' ? new TunnelError('ollamaFailed') : end });
    },
    hold() {
      client.gate = 'manual';
    },
    release(count) {
      client.release(count);
    },
    get seen() {
      return client.requests.map(({ request, state }) => ({ ...request, aborted: state === 'stopped' }));
    },
    async until(condition) {
      for (let i = 0; !condition(); i++) {
        if (i > 1000) throw new Error('the condition never held');
        await clock.advance(1);
      }
    },
    stopServer() {
      client.setStatus({ state: 'notRunning', url: 'http://127.0.0.1:11434' });
      return Promise.resolve();
    },
    async end() {
      client.dispose();
      await clock.settle();
      assert.equal(client.running, 0);
      assert.equal(clock.pendingTimers, 0);
    },
  };
}

describeModelClient('in memory', () => Promise.resolve(makeHarness({})));
describeModelClient('in memory, without delays', () => Promise.resolve(makeHarness({ firstMs: 0, pieceMs: 0 })));
