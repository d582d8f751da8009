import assert from 'node:assert/strict';
import type { Disposable } from '../../src/base/disposable.ts';
import type { GenerationRequest } from '../../src/conversation/ports.ts';
import type { ErrorCode } from '../../src/protocol/errors.ts';
import { describeModelClientBasics, settle, type ModelClientSubject } from './modelClientBasics.ts';
import { RecordingSink } from './recordingSink.ts';

/** How the model server is to answer from now on. */
export interface PlannedAnswer {
  readonly pieces: readonly string[];
  /** Default `done`. */
  readonly end?: 'done' | 'early' | 'failure';
}

/** A request as the model server saw it. */
export interface SeenRequest {
  readonly model: string;
  readonly messages: GenerationRequest['messages'];
  /** The client went away before the answer's end. */
  readonly aborted: boolean;
}

/** An implementation, and a server behind it that does as it is told. */
export interface ModelClientHarness extends ModelClientSubject {
  /** For {@link PlannedAnswer} `failure`. */
  readonly failureCode: ErrorCode;
  plan(answer: PlannedAnswer): void;
  /** From now on pieces wait for {@link release}. */
  hold(): void;
  release(count: number): void;
  readonly seen: readonly SeenRequest[];
  /** Stops the model server; connections to it are refused. */
  stopServer(): Promise<void>;
}

/** Registers the suite that every {@link ModelClient} passes. */
export function describeModelClient(name: string, makeHarness: () => Promise<ModelClientHarness>): void {
  describeModelClientBasics(name, makeHarness);

  describe(`model client: ${name}`, () => {
    let harness: ModelClientHarness;
    let sink: RecordingSink;

    beforeEach(async () => {
      harness = await makeHarness();
      sink = new RecordingSink();
    });

    afterEach(async () => {
      await harness.end();
    });

    const ask = (text = 'why?'): Disposable =>
      harness.client.generate({ model: harness.model, messages: [{ role: 'user', content: text }] }, sink);
    const over = (): Promise<void> => harness.until(() => sink.isOver);

    it('hands the text on in order and whole', async () => {
      const pieces = ['Grüße, ', '世界', ' 🎉', '\n```ts\n', 'if (a < b && c > d)', ' {}\n```', ' "quoted" \\ ', '\u2028', ' end'];
      harness.plan({ pieces });
      ask();
      await over();
      assert.equal(sink.error, undefined);
      assert.deepEqual(sink.pieces, pieces);
    });

    it('says loading once, then text, then the end, and nothing after', async () => {
      harness.plan({ pieces: ['a', 'b'] });
      ask();
      await over();
      await settle(harness);
      assert.deepEqual(
        sink.heard.map((one) => (one === 'loading' ? one : Object.keys(one)[0])),
        ['loading', 'text', 'text', 'end'],
      );
    });

    it('counts what the answer took', async () => {
      harness.plan({ pieces: ['a', 'b', 'c'] });
      ask();
      await over();
      assert.equal(sink.end?.reason, 'stop');
      assert.equal(sink.end.answerTokens, 3);
      assert.ok(sink.end.totalMs >= 0 && sink.end.totalMs < 60_000, String(sink.end.totalMs));
    });

    it('sends the messages as they are, each once', async () => {
      const messages = [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'first' },
        { role: 'assistant', content: 'yes' },
        { role: 'user', content: 'second <&>' },
      ] as const;
      harness.client.generate({ model: harness.model, messages }, sink);
      await over();
      assert.deepEqual(
        harness.seen.map((one) => ({ model: one.model, messages: one.messages })),
        [{ model: harness.model, messages }],
      );
    });

    it('hands each piece on before the next one exists', async () => {
      const pieces = Array.from({ length: 20 }, (_, i) => `${String(i)} `);
      harness.plan({ pieces });
      harness.hold();
      ask();
      for (let i = 1; i <= pieces.length; i++) {
        harness.release(1);
        await harness.until(() => sink.pieces.length === i);
      }
      await over();
      assert.equal(sink.text, pieces.join(''));
    });

    it('stops the model when disposed, and the sink hears nothing more', async () => {
      harness.plan({ pieces: ['a', 'b', 'c'] });
      harness.hold();
      const generation = ask();
      harness.release(1);
      await harness.until(() => sink.text === 'a');
      generation.dispose();
      const heard = sink.heard.length;
      await harness.until(() => harness.seen[0]?.aborted === true);
      harness.release(2);
      await settle(harness);
      assert.equal(sink.heard.length, heard);
      generation.dispose();
    });

    it('stops a model that has not begun to answer', async () => {
      harness.hold();
      const generation = ask();
      await harness.until(() => sink.heard.length === 1 && harness.seen.length === 1);
      generation.dispose();
      await harness.until(() => harness.seen[0]?.aborted === true);
      assert.deepEqual(sink.heard, ['loading']);
    });

    it('can be stopped from inside a callback', async () => {
      harness.plan({ pieces: ['a', 'b', 'c', 'd'] });
      const generation = ask();
      sink.onNext = () => {
        if (sink.pieces.length === 2) generation.dispose();
      };
      await harness.until(() => sink.pieces.length === 2);
      await settle(harness);
      assert.equal(sink.text, 'ab');
      assert.ok(!sink.isOver);
    });

    it('keeps generations apart', async () => {
      harness.plan({ pieces: ['x', 'y'] });
      const other = new RecordingSink();
      const first = ask('one');
      harness.client.generate({ model: harness.model, messages: [{ role: 'user', content: 'two' }] }, other);
      first.dispose();
      await harness.until(() => other.isOver);
      assert.equal(other.text, 'xy');
      assert.ok(!sink.isOver);
    });

    it('keeps the text before an error in mid-stream', async () => {
      harness.plan({ pieces: ['a', 'b'], end: 'failure' });
      ask();
      await over();
      assert.equal(sink.text, 'ab');
      assert.equal(sink.error?.code, harness.failureCode);
    });

    it('calls an end without done what it is', async () => {
      harness.plan({ pieces: ['a', 'b'], end: 'early' });
      ask();
      await over();
      assert.equal(sink.text, 'ab');
      assert.equal(sink.error?.code, 'ollamaEndedEarly');
    });

    it('asks once, however it ends', async () => {
      harness.plan({ pieces: ['a'], end: 'early' });
      ask();
      await over();
      await settle(harness);
      assert.equal(harness.seen.length, 1);
    });

    it('lists the models', async () => {
      const models = await harness.client.listModels();
      assert.deepEqual(
        models.map((model) => model.name),
        [harness.model],
      );
      assert.deepEqual(models[0]?.capabilities, ['completion']);
    });

    it('tells of a server that has stopped, and fails by name', async () => {
      await harness.client.check();
      const states: string[] = [];
      harness.client.onDidChangeStatus((status) => states.push(status.state));
      await harness.stopServer();
      ask();
      await over();
      assert.equal(sink.error?.code, 'ollamaNotRunning');
      await harness.until(() => states.length > 0);
      assert.deepEqual(states, ['notRunning']);
      await assert.rejects(harness.client.listModels(), { code: 'ollamaNotRunning' });
    });

    it('breaks an answer off when the server stops', async () => {
      harness.plan({ pieces: ['a', 'b'] });
      harness.hold();
      ask();
      harness.release(1);
      await harness.until(() => sink.text === 'a');
      await harness.stopServer();
      await over();
      assert.equal(sink.error?.code, 'ollamaEndedEarly');
    });

    it('ends its generations when it is disposed', async () => {
      harness.hold();
      ask();
      await harness.until(() => harness.seen.length === 1);
      harness.client.dispose();
      await harness.until(() => harness.seen[0]?.aborted === true);
      assert.ok(!sink.isOver);
      harness.client.generate({ model: harness.model, messages: [] }, sink).dispose();
    });
  });
}
