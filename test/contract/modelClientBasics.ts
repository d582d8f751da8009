import assert from 'node:assert/strict';
import type { Disposable } from '../../src/base/disposable.ts';
import type { ModelClient } from '../../src/conversation/ports.ts';
import { RecordingSink } from './recordingSink.ts';

/** An implementation, and a model behind it whose answers nobody plans. */
export interface ModelClientSubject {
  readonly client: ModelClient;
  /** A model that is there. */
  readonly model: string;
  /** Lets time pass until the condition holds, or fails. */
  until(condition: () => boolean): Promise<void>;
  /** Ends the client, then asserts that no timer, socket or request is left. */
  end(): Promise<void>;
}

/** Registers what holds for every {@link ModelClient} whatever the model says, so also for a real Ollama. */
export function describeModelClientBasics(name: string, makeSubject: () => Promise<ModelClientSubject>): void {
  describe(`model client, basics: ${name}`, () => {
    let subject: ModelClientSubject;
    let sink: RecordingSink;

    beforeEach(async () => {
      subject = await makeSubject();
      sink = new RecordingSink();
    });

    afterEach(async () => {
      await subject.end();
    });

    const ask = (text = 'Count from one to ten, in words.'): Disposable =>
      subject.client.generate({ model: subject.model, messages: [{ role: 'user', content: text }] }, sink);
    const over = (): Promise<void> => subject.until(() => sink.isOver);

    it('says loading once, then text, then the end, and nothing after', async () => {
      ask();
      await over();
      await settle(subject);
      assert.equal(sink.error, undefined);
      const kinds = sink.heard.map((one) => (one === 'loading' ? one : Object.keys(one)[0]));
      // a real model may think first
      const said = kinds.filter((kind) => kind !== 'thought');
      assert.deepEqual(said, ['loading', ...sink.pieces.map(() => 'text'), 'end']);
      assert.ok(sink.pieces.length > 1);
      assert.ok(sink.pieces.every((piece) => piece !== ''));
    });

    it('counts what the answer took', async () => {
      ask();
      await over();
      assert.ok(sink.end && sink.end.answerTokens > 0 && sink.end.reason !== '');
      assert.ok(sink.end.totalMs >= sink.end.answerMs && sink.end.answerMs >= 0);
    });

    it('stops when disposed in mid-answer, and the sink hears nothing more', async () => {
      const generation = ask('Tell a long story about the sea.');
      sink.onNext = () => {
        if (sink.pieces.length === 2) generation.dispose();
      };
      await subject.until(() => sink.pieces.length === 2);
      await settle(subject);
      assert.equal(sink.pieces.length, 2);
      assert.ok(!sink.isOver);
    });

    it('lists the model', async () => {
      const models = await subject.client.listModels();
      assert.ok(models.some((model) => model.name === subject.model));
    });

    it('calls nothing before generate has returned', async () => {
      let returned = false;
      sink.onNext = () => {
        assert.ok(returned);
      };
      ask();
      returned = true;
      await over();
    });

    it('says nothing when disposed at once', async () => {
      ask().dispose();
      await settle(subject);
      assert.deepEqual(sink.heard, []);
    });

    it('names a model that is not there', async () => {
      subject.client.generate({ model: 'nobody:7b', messages: [{ role: 'user', content: 'hi' }] }, sink);
      await over();
      assert.equal(sink.error?.code, 'ollamaModelMissing');
    });

    it('knows how the server is', async () => {
      const status = await subject.client.check();
      assert.equal(status.state, 'ok');
      assert.ok(status.version !== undefined && status.url !== undefined);
      assert.equal(subject.client.status, status);
    });
  });
}

/** Long enough for what must not happen to happen. */
export async function settle(subject: ModelClientSubject): Promise<void> {
  let turns = 0;
  await subject.until(() => ++turns > 20);
}
