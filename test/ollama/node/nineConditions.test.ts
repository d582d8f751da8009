import assert from 'node:assert/strict';
import { nullLogger } from '../../../src/base/log.ts';
import { OllamaClient } from '../../../src/ollama/node/ollamaClient.ts';
import { OLLAMA_POLL_MS } from '../../../src/ollama/healthMonitor.ts';
import { wordsInTwo, type ErrorCode } from '../../../src/protocol/errors.ts';
import { ollamaErrors, type OllamaState } from '../../../src/protocol/status.ts';
import { ollamaTroubleOf } from '../../../src/status/ollamaTrouble.ts';
import type { StatusAction } from '../../../src/status/statusActions.ts';
import { ollamaTrouble } from '../../../src/ui/ollamaTrouble.ts';
import { RecordingSink } from '../../contract/recordingSink.ts';
import { FakeClock } from '../../fakes/fakeClock.ts';
import type { FakeOllamaKnobs } from '../../standin/knobs.ts';
import { startFakeOllama, type FakeOllama } from '../../standin/startFakeOllama.ts';
import { until } from '../../standin/until.ts';

/** What may be wrong before anything is asked, what is said of it, and what it takes to mend it. */
interface StandingTrouble {
  readonly name: string;
  readonly state: OllamaState;
  readonly code: ErrorCode;
  readonly happened: RegExp;
  readonly next: RegExp;
  readonly action: StatusAction;
  readonly knobs?: Partial<FakeOllamaKnobs>;
  readonly hasBinary?: boolean;
  readonly url?: string;
  readonly hasModels?: boolean;
}

const standing: readonly StandingTrouble[] = [
  {
    name: 'not installed',
    ...{ state: 'notInstalled', code: 'ollamaNotInstalled', knobs: { refuse: true }, hasBinary: false },
    ...{ happened: /not installed/, next: /Install it from ollama\.com/, action: 'checkOllama' },
  },
  {
    name: 'not running',
    ...{ state: 'notRunning', code: 'ollamaNotRunning', knobs: { refuse: true } },
    ...{ happened: /not running/, next: /Start it there/, action: 'startOllama' },
  },
  {
    name: 'wrong host',
    ...{ state: 'wrongHost', code: 'ollamaWrongHost', url: 'http://user:secret@' },
    ...{ happened: /cannot be reached/, next: /“Ollama: Url”, or OLLAMA_HOST/, action: 'checkOllama' },
  },
  {
    name: 'blocked by origin',
    ...{ state: 'blocked', code: 'ollamaBlocked', knobs: { forbid: 'host' } },
    ...{ happened: /refused/, next: /OLLAMA_ORIGINS/, action: 'checkOllama' },
  },
  {
    name: 'something else answering',
    ...{ state: 'foreign', code: 'ollamaForeign', knobs: { notOllama: 'html' } },
    ...{ happened: /other than Ollama/, next: /“Ollama: Url”/, action: 'checkOllama' },
  },
  {
    name: 'no models',
    ...{ state: 'noModels', code: 'ollamaNoModels', hasModels: false },
    ...{ happened: /no models/, next: /ollama pull/, action: 'pullModel' },
  },
];

describe('the nine conditions of Ollama', () => {
  let server: FakeOllama;
  let client: OllamaClient;
  let clock: FakeClock;
  let hasBinary = true;
  let url: string | undefined;

  beforeEach(async () => {
    server = await startFakeOllama();
    clock = new FakeClock();
    hasBinary = true;
    url = undefined;
  });
  afterEach(async () => {
    client.dispose();
    await until(() => server.openSockets === 0);
    await server.close();
  });

  function start(): void {
    client = new OllamaClient({
      ...{ clock, log: nullLogger, settings: () => ({ url: url ?? server.url }), hasBinary: () => Promise.resolve(hasBinary) },
    });
  }
  async function ask(): Promise<RecordingSink> {
    const sink = new RecordingSink();
    client.generate({ model: 'stand-in', messages: [{ role: 'user', content: 'hi' }] }, sink);
    await until(() => sink.isOver);
    return sink;
  }

  for (const trouble of standing)
    it(`tells ${trouble.name}, names cause and remedy, and recovers by itself`, async () => {
      const { state, code, happened, next, action, knobs = {}, hasModels = true } = trouble;
      await server.set(knobs);
      hasBinary = trouble.hasBinary ?? true;
      url = trouble.url;
      if (!hasModels) server.setModels([]);
      start();
      await until(() => client.status.state !== 'unknown');
      assert.equal(client.status.state, state);
      assert.equal(ollamaErrors[state], code);
      const shown = ollamaTroubleOf(state) ?? assert.fail();
      assert.match(shown.words, happened);
      assert.ok(shown.text.split(' ').length <= 3 && shown.actions[0] === action, JSON.stringify(shown));
      const card = ollamaTrouble(client.status) ?? assert.fail();
      assert.match(card.title, happened);
      assert.match(card.text, next);
      assert.ok(!JSON.stringify([client.status, card]).includes('secret'));
      if (hasModels) assert.equal((await ask()).error?.code, code);

      // mended elsewhere: nobody presses anything
      await server.set({ refuse: false, forbid: null, notOllama: null });
      url = undefined;
      if (!hasModels) server.setModels(['stand-in']);
      // a look that the question caused may still be under way, and sees what was
      for (let polls = 0; polls < 20 && client.status.state !== 'ok'; polls++) {
        await clock.advance(OLLAMA_POLL_MS);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await until(() => client.status.state === 'ok');
      assert.equal((await ask()).end?.reason, 'stop');
    });

  it('says loading while the model is being loaded, and needs nothing', async () => {
    await server.set({ gate: 'manual' });
    start();
    const sink = new RecordingSink();
    client.generate({ model: 'stand-in', messages: [{ role: 'user', content: 'hi' }] }, sink);
    await until(() => server.heldBack > 0 && sink.heard.length > 0);
    assert.deepEqual(sink.heard, ['loading']);
    await server.set({ gate: 'open' });
    await until(() => sink.isOver);
    assert.equal(sink.end?.reason, 'stop');
  });

  const passing: readonly (readonly [string, Partial<FakeOllamaKnobs>, ErrorCode, RegExp, RegExp])[] = [
    ['busy', { queueFull: true }, 'ollamaBusy', /busy/, /Try again/],
    [
      'out of memory',
      { errorBefore: { status: 500, text: 'llama-server reported out-of-memory during startup: cudaMalloc failed' } },
      ...(['ollamaOutOfMemory', /does not fit into memory/, /Choose a smaller one/] as const),
    ],
  ];
  for (const [name, knobs, code, happened, next] of passing)
    it(`tells ${name} of one answer, names cause and remedy, and asks the next one as if nothing had been`, async () => {
      await server.set(knobs);
      start();
      const { error } = await ask();
      assert.equal(error?.code, code);
      assert.match(wordsInTwo(code).happened, happened);
      assert.match(wordsInTwo(code).next, next);
      assert.equal(client.status.state, 'ok');
      await server.set({ queueFull: false, errorBefore: null });
      assert.equal((await ask()).end?.reason, 'stop');
    });
});
