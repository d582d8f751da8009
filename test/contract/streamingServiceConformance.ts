import assert from 'node:assert/strict';
import { TunnelError, type ErrorCode } from '../../src/protocol/errors.ts';
import type { StreamingMessage, StreamingService } from '../../src/protocol/status.ts';
import type { FakeAnswer, FakeModelClient } from '../fakes/fakeModelClient.ts';

export interface StreamingServiceUnderTest {
  readonly service: StreamingService;
  /** What answers at the far end: made with a manual gate, the model `m:1`, and the answer asked for. */
  readonly models: FakeModelClient;
  /** Lines opened so far. */
  readonly linesOpened: () => number;
  /** Moves time on until `condition` holds; fails when it does not within a second or so of that time. */
  readonly until: (condition: () => boolean) => Promise<void>;
  readonly cleanUp: () => Promise<void> | void;
}

const model = 'm:1';

/** What every `StreamingService` does, however it reaches the model. */
export function streamingServiceConformance(
  name: string,
  make: (answer: (question: string) => FakeAnswer) => Promise<StreamingServiceUnderTest> | StreamingServiceUnderTest,
): void {
  describe(`StreamingService: ${name}`, () => {
    let under: StreamingServiceUnderTest;
    const begin = async (answer: (question: string) => FakeAnswer = () => ({ pieces: ['One ', 'two ', 'three.'] })): Promise<void> => {
      under = await make(answer);
    };
    afterEach(async () => {
      await under.cleanUp();
    });

    /** Waits for a promise while time moves. */
    const settled = async <T>(promise: Promise<T>): Promise<T> => {
      let done = false;
      const mark = (): void => {
        done = true;
      };
      promise.then(mark, mark);
      await under.until(() => done);
      return promise;
    };
    const connect = (): Promise<void> => settled(under.service.establishConnection());
    const collect = async (pieces: AsyncIterable<StreamingMessage>, into: StreamingMessage[] = []): Promise<StreamingMessage[]> => {
      for await (const piece of pieces) into.push(piece);
      return into;
    };
    const code = (expected: ErrorCode) => (error: unknown) => error instanceof TunnelError && error.code === expected;
    const textOf = (pieces: readonly StreamingMessage[]): string => pieces.map(({ chunk }) => chunk).join('');

    it('is disconnected at first, connects once for all who ask, and is disconnected after closing', async () => {
      await begin();
      assert.equal(under.service.status, 'disconnected');
      await settled(Promise.all([under.service.establishConnection(), under.service.establishConnection()]));
      await connect();
      assert.equal(under.service.status, 'connected');
      assert.equal(under.linesOpened(), 1);
      await settled(under.service.closeConnection());
      assert.equal(under.service.status, 'disconnected');
      await settled(under.service.closeConnection());
    });

    it('connects again after it was closed', async () => {
      await begin();
      await connect();
      await settled(under.service.closeConnection());
      under.models.release(99);
      assert.equal(textOf(await settled(collect(under.service.streamResponse('hi', model)))), 'One two three.');
      assert.equal(under.linesOpened(), 2);
    });

    it('hands on each piece before the model makes the next', async () => {
      await begin();
      await connect();
      const pieces: StreamingMessage[] = [];
      const whole = collect(under.service.streamResponse('hi', model), pieces);
      for (const text of ['One ', 'One two ', 'One two three.']) {
        under.models.release(1);
        await under.until(() => textOf(pieces) === text);
        if (under.models.running > 0) assert.equal(under.service.status, 'streaming');
      }
      await settled(whole);
      assert.equal(under.service.status, 'connected');
    });

    it('numbers pieces from 0 without a gap, ends with the one complete piece, and names one answer', async () => {
      await begin();
      under.models.release(99);
      const pieces = await settled(collect(under.service.streamResponse('hi', model)));
      assert.deepEqual(
        pieces.map(({ sequence }) => sequence),
        pieces.map((_, index) => index),
      );
      assert.deepEqual(
        pieces.map(({ isComplete }) => isComplete),
        pieces.map((_, index) => index === pieces.length - 1),
      );
      assert.equal(new Set(pieces.map(({ id, conversationId }) => `${id} ${conversationId}`)).size, 1);
      assert.ok(pieces.every(({ timestamp }, index) => timestamp >= (pieces[index - 1]?.timestamp ?? 0)));
      assert.equal(textOf(pieces), 'One two three.');
    });

    it('asks the model once, with the prompt as its only message', async () => {
      await begin();
      under.models.release(99);
      await settled(collect(under.service.streamResponse('What is 1 + 1?', model)));
      assert.deepEqual(
        under.models.requests.map(({ request }) => request),
        [{ model, messages: [{ role: 'user', content: 'What is 1 + 1?' }] }],
      );
    });

    it('hands on an answer of 300 KB exactly', async () => {
      const text = Array.from({ length: 30_000 }, (_, n) => `${String(n)} 語😀`).join('');
      const pieces = text.match(/[^]{1,5000}/g) ?? [];
      await begin(() => ({ pieces }));
      under.models.release(pieces.length);
      assert.equal(textOf(await settled(collect(under.service.streamResponse('hi', model)))), text);
    });

    it('keeps answers asked for at the same time apart', async () => {
      await begin((question) => ({ pieces: question.split('').map((letter) => letter.toUpperCase()) }));
      const questions = ['abcdefgh', 'ijklmnop', 'qrstuvwx'];
      const all = Promise.all(questions.map((question) => collect(under.service.streamResponse(question, model))));
      under.models.release(99);
      const answers = await settled(all);
      assert.deepEqual(answers.map(textOf), ['ABCDEFGH', 'IJKLMNOP', 'QRSTUVWX']);
    });

    it('throws after the pieces that came, when the answer breaks off', async () => {
      await begin(() => ({ pieces: ['Half an '], end: 'early' }));
      under.models.release(99);
      const pieces: StreamingMessage[] = [];
      await assert.rejects(settled(collect(under.service.streamResponse('hi', model), pieces)), code('ollamaEndedEarly'));
      assert.equal(textOf(pieces), 'Half an ');
      assert.equal(under.service.status, 'connected');
    });

    it('throws what the model or the hub refuses', async () => {
      await begin();
      await assert.rejects(settled(collect(under.service.streamResponse('hi', 'missing'))), code('ollamaModelMissing'));
      await assert.rejects(settled(collect(under.service.streamResponse('  ', model))), code('badMessage'));
      await assert.rejects(settled(collect(under.service.streamResponse('x'.repeat(60_000), model))), code('messageTooLong'));
    });

    it('stops the model when the loop is left', async () => {
      await begin(() => ({ pieces: ['One ', 'two '], end: 'hang' }));
      under.models.release(99);
      const first = async (): Promise<void> => {
        for await (const piece of under.service.streamResponse('hi', model)) if (piece.chunk !== '') return;
      };
      await settled(first());
      await under.until(() => under.models.running === 0);
      assert.equal(under.models.requests[0]?.state, 'stopped');
    });

    it('stops the model and throws cancelled when the signal says so', async () => {
      await begin(() => ({ pieces: ['One '], end: 'hang' }));
      under.models.release(99);
      const controller = new AbortController();
      const pieces: StreamingMessage[] = [];
      const whole = collect(under.service.streamResponse('hi', model, { signal: controller.signal }), pieces);
      whole.catch(() => undefined);
      await under.until(() => pieces.length > 0);
      controller.abort();
      await assert.rejects(settled(whole), code('cancelled'));
      await under.until(() => under.models.running === 0);
      assert.equal(under.service.status, 'connected');
      await assert.rejects(settled(under.service.establishConnection({ signal: controller.signal })), code('cancelled'));
    });

    it('ends running streams when it is closed, and leaves the model at work: leaving is no stop', async () => {
      await begin(() => ({ pieces: ['One '], end: 'hang' }));
      under.models.release(99);
      const pieces: StreamingMessage[] = [];
      const whole = collect(under.service.streamResponse('hi', model), pieces);
      whole.catch(() => undefined);
      await under.until(() => pieces.length > 0);
      await settled(under.service.closeConnection());
      await assert.rejects(settled(whole), code('closed'));
      assert.equal(under.models.running, 1);
    });
  });
}
