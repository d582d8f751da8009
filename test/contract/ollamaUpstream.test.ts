import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock.ts';
import { nullLogger } from '../../src/base/log.ts';
import { OllamaClient } from '../../src/ollama/node/ollamaClient.ts';
import type { FakeOllamaKnobs } from '../standin/knobs.ts';
import { startFakeOllama } from '../standin/startFakeOllama.ts';
import { until } from '../standin/until.ts';
import { describeUpstream, type UpstreamHarness } from './upstreamConformance.ts';

async function makeHarness(knobs: Partial<FakeOllamaKnobs>): Promise<UpstreamHarness> {
  const server = await startFakeOllama(knobs);
  const client = new OllamaClient({
    clock: systemClock,
    log: nullLogger,
    settings: () => ({ url: server.url }),
    hasBinary: () => Promise.resolve(true),
  });
  await client.check();
  return {
    upstream: client,
    plan({ pieces, end = 'done' }) {
      void server.set({ script: pieces, resetAfter: end === 'reset' ? pieces.length : null });
    },
    hold() {
      void server.set({ gate: 'manual' });
    },
    release(count) {
      server.release(count);
    },
    get seen() {
      return server.asked
        .filter(({ body }) => body !== '')
        .map(({ path, body, cancelledAt }) => ({ path, body, aborted: cancelledAt !== undefined }));
    },
    until,
    async end() {
      client.dispose();
      await until(() => server.openSockets === 0);
      await server.close();
      assert.equal(server.openSockets, 0);
    },
  };
}

describeUpstream('a connection to Ollama', () => makeHarness({}));
describeUpstream('a connection to Ollama, bytes in pieces of 31', () => makeHarness({ chunking: 'bytes:31' }));
describeUpstream('a connection to Ollama, with chunk extensions', () => makeHarness({ httpChunking: 'chunkExtensions' }));
