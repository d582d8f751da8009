import assert from 'node:assert/strict';
import { formWords, QUIET_MS, type AnswerForm } from '../../src/policy/answerForms.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import type { FakeFlow } from '../fakes/fakeUpstream.ts';
import type { HttpCaller } from '../fakes/httpCaller.ts';
import { fakeModel as model, HttpServerWorld } from '../fakes/httpServerWorld.ts';

const messages = [{ role: 'user', content: 'Hello' }];
const asked: Readonly<Record<Exclude<AnswerForm, 'whole'>, readonly [path: string, body: object, event: string, last: string]>> = {
  lines: ['/api/chat', { model, messages }, '{"done":false}\n', '{"done":true}\n'],
  completionEvents: ['/v1/chat/completions', { model, messages, stream: true }, 'data: {"choices":[]}\n\n', 'data: [DONE]\n\n'],
  responseEvents: [
    '/v1/responses',
    { model, input: 'Hello', stream: true },
    'event: response.created\ndata: {}\n\n',
    'event: response.completed\ndata: {}\n\n',
  ],
  messageEvents: [
    '/v1/messages',
    { model, max_tokens: 9, messages, stream: true },
    'event: message_start\ndata: {}\n\n',
    'event: message_stop\ndata: {}\n\n',
  ],
};
const forms = Object.keys(asked) as (keyof typeof asked)[];
const late = 'llama-server process has terminated: signal 9';

describe('an answer of a silent model', () => {
  let world: HttpServerWorld;
  beforeEach(() => {
    world = new HttpServerWorld();
  });
  afterEach(() => {
    world.dispose();
  });

  const ask = async (form: keyof typeof asked): Promise<{ caller: HttpCaller; flow: FakeFlow }> => {
    const [path, body] = asked[form];
    const caller = await world.ask('POST', path, body);
    return { caller, flow: world.upstream.last };
  };
  /** Nobody says anything for so long. */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 1_000) {
      await world.clock.advance(Math.min(1_000, left));
      world.pair.flush();
    }
  };
  const beatOf = (form: AnswerForm): string => Buffer.from(formWords[form].beat).toString();

  for (const form of forms) {
    const [path, , event, last] = asked[form];
    it(`at ${path} begins after ten seconds, says every ten that it is still coming, and goes on byte for byte`, async () => {
      const { caller, flow } = await ask(form);
      await pass(QUIET_MS - 1_000);
      assert.equal(caller.head, undefined, 'an error can still have its status');
      await pass(1_000);
      assert.deepEqual(caller.head, { status: 200, contentType: formWords[form].contentType });
      await pass(2 * QUIET_MS);
      assert.equal(caller.text, beatOf(form).repeat(3));
      flow.head({ status: 200, contentType: formWords[form].contentType });
      flow.body(event);
      await pass(QUIET_MS);
      flow.body(last);
      await pass(3 * QUIET_MS);
      flow.end();
      await world.settle();
      assert.equal(caller.text, `${beatOf(form).repeat(3)}${event}${beatOf(form)}${last}${form === 'lines' ? beatOf(form).repeat(3) : ''}`);
      assert.ok(caller.isEnded);
    });

    it(`at ${path} is left alone in the middle of a line or an event`, async () => {
      const { caller, flow } = await ask(form);
      flow.head({ status: 200, contentType: formWords[form].contentType });
      const half = event.slice(0, -1 - Number(form !== 'lines'));
      flow.body(half);
      await pass(3 * QUIET_MS);
      assert.equal(caller.text, half);
    });

    it(`at ${path} carries an error that comes later than ten seconds in the words of its API`, async () => {
      const { caller, flow } = await ask(form);
      await pass(QUIET_MS);
      flow.answer(500, { error: late });
      await world.settle();
      const rest = caller.text.slice(beatOf(form).length);
      const error = JSON.parse(rest.replace(/^event: error\n/, '').replace(/^data: /, '')) as unknown;
      const openAi = { message: late, type: 'api_error', param: null, code: null };
      const expected = {
        lines: { error: late },
        completionEvents: { error: openAi },
        responseEvents: { type: 'error', code: 'server_error', message: late, param: null, sequence_number: 0 },
        messageEvents: { type: 'error', error: { type: 'api_error', message: late } },
      };
      assert.deepEqual(error, expected[form]);
      assert.equal(rest.startsWith('event: error\n'), form === 'responseEvents' || form === 'messageEvents');
      assert.ok(rest.endsWith('\n') && caller.isEnded);
      assert.equal(world.lines.at(-1)?.['status'], 500, 'the audit names the status that it would have had');
    });
  }

  it('carries a failure to reach Ollama at all the same way', async () => {
    const { caller, flow } = await ask('lines');
    await pass(QUIET_MS);
    flow.fail(new TunnelError('ollamaFirstTokenTimeout'));
    await world.settle();
    assert.deepEqual(caller.json, { error: new TunnelError('ollamaFirstTokenTimeout').words });
    assert.ok(caller.isEnded);
  });

  it('that is one value keeps its status for forty seconds, then begins with white space', async () => {
    const caller = await world.ask('POST', '/v1/embeddings', { model, input: 'x' });
    await pass(formWords.whole.patienceMs - 1_000);
    assert.equal(caller.head, undefined);
    await pass(1_000 + QUIET_MS);
    world.upstream.last.answer(200, { data: [] });
    await world.settle();
    assert.deepEqual([caller.head, caller.text], [{ status: 200, contentType: 'application/json' }, '  {"data":[]}']);
    assert.ok(caller.isEnded);
  });

  it('that is one value is broken off behind an error that comes too late, so that nobody takes it for what was asked', async () => {
    const caller = await world.ask('POST', '/v1/chat/completions', { model, messages });
    await pass(formWords.whole.patienceMs);
    world.upstream.last.answer(500, { error: late });
    await world.settle();
    assert.deepEqual(caller.json, { error: { message: late, type: 'api_error', param: null, code: null } });
    assert.equal(caller.isEnded, false);
    assert.deepEqual(caller.outcome, { kind: 'reset', code: 'ollamaFailed' });
  });

  it('is not written to a caller who does not read', async () => {
    const { caller, flow } = await ask('lines');
    flow.head({ status: 200 });
    caller.hold();
    for (let i = 0; i < 1_000 && !flow.isPaused; i++) {
      flow.body(`${'x'.repeat(1_000)}\n`);
      world.pair.flush();
    }
    assert.ok(flow.isPaused);
    await pass(3 * QUIET_MS);
    caller.release();
    world.pair.flush();
    assert.ok(!caller.text.includes(' '));
  });

  it('says nothing where no model is asked, and nothing once it is over', async () => {
    const list = await world.ask('GET', '/api/ps');
    await pass(6 * QUIET_MS);
    assert.equal(list.head, undefined);
    const { caller, flow } = await ask('completionEvents');
    caller.stream.reset('cancelled');
    world.pair.flush();
    assert.ok(flow.isDisposed);
    await pass(3 * QUIET_MS);
    assert.equal(caller.head, undefined);
  });
});

describe('a stream of events that Ollama ends without its last one', () => {
  let world: HttpServerWorld;
  beforeEach(() => {
    world = new HttpServerWorld();
  });
  afterEach(() => {
    world.dispose();
  });

  for (const form of forms.filter((one) => one !== 'lines')) {
    const [path, body, event, last] = asked[form];
    /** What the caller gets of these pieces of an answer. */
    const answer = async (...pieces: string[]): Promise<string> => {
      const caller = await world.ask('POST', path, body);
      const flow = world.upstream.last;
      flow.head({ status: 200, contentType: 'text/event-stream' });
      for (const piece of pieces) flow.body(piece);
      flow.end();
      await world.settle();
      assert.ok(caller.isEnded);
      return caller.text;
    };
    it(`at ${path} gets the error that was swallowed`, async () => {
      const { words } = new TunnelError('ollamaEndedEarly');
      const text = await answer(event);
      assert.ok(text.startsWith(event));
      assert.ok(text.slice(event.length).includes(`"message":"${words}"`), text);
      assert.equal(world.lines.at(-1)?.['error'], 'ollamaEndedEarly');
      assert.match(await answer(event, event.slice(0, -2)), /\n\n(?:event: error\n)?data: [^\n]*broke off[^\n]*\n\n$/);
    });

    it(`at ${path} is left as it is when it ends well, in whatever pieces, or with an error of Ollama’s own`, async () => {
      assert.equal(await answer(event, last), event + last);
      assert.equal(await answer(...Array.from(event + last)), event + last);
      const own = form === 'completionEvents' ? 'data: {"error":{"message":"x"}}\n\n' : 'event: error\ndata: {}\n\n';
      assert.equal(await answer(event, own), event + own);
      const quoted = event.replace('{', `{"text":"${last.trim().replaceAll('\n', '\\n')}",`);
      assert.notEqual(await answer(quoted), quoted, 'what the model says is not the end');
    });
  }
});
