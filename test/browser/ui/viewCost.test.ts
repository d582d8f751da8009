import assert from 'node:assert/strict';
import { answers } from '../../bench/view/answers.ts';
import { streamAnswer } from '../../bench/view/streamAnswer.ts';
import { DemoPages } from './demoPage.ts';

/** The short form of `npm run bench -- chatView`: a quarter of its answers, and three times its bound, since the machine has other work. */
const CHARACTERS = 20_000;
const MAX_SECONDS = (3 * 2 * CHARACTERS) / 80_000;

describe('what the chat view costs, in Chromium', () => {
  const pages = DemoPages.ofSuite('timed');

  for (const kind of ['prose', 'fence', 'table'] as const) {
    it(`stays within three times its bound while an answer streams: ${kind}`, async function () {
      this.timeout(60_000);
      const demo = await pages.open('/', { viewport: { width: 420, height: 800 } });
      await demo.start({ isNew: true });
      await demo.ask('Write');
      const { workSeconds } = await streamAnswer(demo, answers[kind].slice(0, CHARACTERS), 16, 'own');
      assert.ok(workSeconds > 0 && workSeconds <= MAX_SECONDS, `${workSeconds.toFixed(2)} s of ${String(MAX_SECONDS)}`);
      assert.deepEqual(demo.faults, []);
      await demo.close();
    });
  }
});
