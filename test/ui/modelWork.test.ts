import assert from 'node:assert/strict';
import type { ModelPull } from '../../src/protocol/chatModels.ts';
import { announce } from '../../src/ui/announcements.ts';
import { modelOf } from '../../src/ui/chatModel.ts';
import { missingModel, modelRights, workOf, type ModelAsk } from '../../src/ui/modelWork.ts';
import { models, View } from './modelView.ts';
import { answer, chat, epoch, idOf, question, snapshot, turn } from './talk.ts';

const name = 'qwen3:8b';
const pull = (more: Partial<ModelPull> = {}): ModelPull => ({ name, state: 'running', step: 'downloading', ...more });
const ask = (view: View, what: ModelAsk, id = 'r1'): View => view.do({ type: 'models', requestId: idOf(id), ask: what });

/** What is said while reports come, by seconds. */
function said(view: View, reports: readonly (readonly [number, ...ModelPull[]])[]): (string | undefined)[] {
  return reports.map(([seconds, ...items]) => {
    const before = view.model;
    view.now = seconds * 1000;
    view.hear({ type: 'pulls', items });
    return announce(before, view.model)?.text;
  });
}

describe('work on models', () => {
  it('is asked once, shown until it is done, and told then', () => {
    const view = ask(new View(), { kind: 'unload', model: name });
    assert.deepEqual(view.last, [{ type: 'unloadModel', requestId: idOf('r1'), model: name }]);
    assert.deepEqual(ask(view, { kind: 'unload', model: name }, 'r2').last, []);
    const before = view.model;
    view.hear({ type: 'accepted', requestId: idOf('r1') });
    assert.equal(workOf(view.model, name), undefined);
    assert.equal(announce(before, view.model)?.text, 'qwen3:8b is out of memory');
    ask(view, { kind: 'delete', model: name }, 'r3').hear({ type: 'accepted', requestId: idOf('r3') });
    assert.equal(view.model.modelNews?.text, 'qwen3:8b is deleted');
  });

  it('keeps a refusal at its model, where it can be asked again, and not above the composer', () => {
    const view = ask(new View(), { kind: 'pull', model: name });
    view.hear({ type: 'refused', requestId: idOf('r1'), error: 'tooManyStreams' });
    assert.equal(workOf(view.model, name)?.error, 'tooManyStreams');
    assert.equal(view.model.refusal, undefined);
    assert.equal(ask(view, { kind: 'pull', model: name }, 'r2').last.length, 1);
    assert.equal(workOf(view.model, name)?.error, undefined);
    assert.deepEqual(ask(view, { kind: 'forget', model: name }).model.modelWork, []);
  });

  it('follows which models there are and what is in memory', () => {
    assert.deepEqual(ask(new View(), { kind: 'watch' }).last, [{ type: 'listModels' }, { type: 'listLoaded' }]);
  });

  it('is for those whom the device lets', () => {
    const rights = (['local', 'models', 'chat', 'api'] as const).map((scope) => {
      const { model } = new View().hear({ type: 'welcome', version: 1, hubEpoch: epoch, deviceName: 'Desk', scope });
      const { mayPull, mayDelete, libraryOnly } = modelRights(model);
      return [mayPull, mayDelete, libraryOnly];
    });
    assert.deepEqual(rights, [
      [true, true, false],
      [true, false, true],
      [false, false, true],
      [false, false, true],
    ]);
    assert.equal(modelRights(new View().model).mayPull, false);
  });
});

describe('announcements of downloads', () => {
  it('are begin, progress at most each 10 s, and end', () => {
    const view = new View();
    const before = view.model;
    ask(view, { kind: 'pull', model: name });
    assert.equal(announce(before, view.model)?.text, 'Pulling qwen3:8b');
    const total = 1000;
    const spoken = said(view, [
      [0, pull({ step: 'manifest' })],
      ...Array.from({ length: 24 }, (_, i) => [i + 1, pull({ completed: (i + 1) * 10, total })] as const),
      [25, pull({ step: 'verifying', completed: total, total })],
      [26, pull({ state: 'done', step: 'finishing' })],
    ]);
    assert.deepEqual(
      spoken.flatMap((text, second) => (text === undefined ? [] : [[second, text]])),
      [
        [10, 'Pulling qwen3:8b, 10 %'],
        [20, 'Pulling qwen3:8b, 20 %'],
        [26, 'qwen3:8b is there'],
      ],
    );
  });

  it('say nothing of what was under way, or over, when the view came', () => {
    const other = pull({ name: 'old:1b', state: 'failed', error: 'ollamaOffline' });
    assert.deepEqual(said(new View(), [[0, pull({ completed: 5, total: 10 }), other]]), [undefined]);
  });

  it('say why one failed, and that a cancelled one is kept', () => {
    const running = pull({ completed: 1, total: 2 });
    const ends = [pull({ state: 'failed', error: 'ollamaDiskFull' }), pull({ state: 'cancelled' })];
    const spoken = ends.map(
      (end) =>
        said(new View(), [
          [0, running],
          [1, end],
        ])[1],
    );
    assert.match(spoken[0] ?? '', /^qwen3:8b was not pulled\. The disk of the computer is full\. Free some space/);
    assert.equal(spoken[1], 'Pulling qwen3:8b was cancelled; what has come is kept');
  });
});

describe('a chat whose model is gone', () => {
  const gone = (): View => new View().hear(snapshot(0, [question('q1'), answer('a1', 'done', 'Hi', { model: 'gone:7b' })]), models);

  it('names it until another is chosen, and keeps what is typed', () => {
    const view = gone().do({ type: 'draft', text: 'And then' });
    assert.equal(missingModel(view.model), 'gone:7b');
    assert.equal(modelOf(view.model), 'qwen3:8b');
    view.do({ type: 'chooseModel', model: 'gemma3:4b' });
    assert.equal(missingModel(view.model), undefined);
    assert.deepEqual(Object.values(view.model.drafts), ['And then']);
  });

  it('has it back when it was pulled again', () => {
    const view = gone().hear({ type: 'models', items: [{ name: 'gone:7b' }] });
    assert.equal(missingModel(view.model), undefined);
    assert.equal(modelOf(view.model), 'gone:7b');
  });

  it('asks for the models anew when an answer found it out', () => {
    const view = new View().hear(snapshot(0), models, turn(1, '1'));
    const event = { type: 'answerState', answerId: idOf('a1'), state: 'error', error: 'ollamaModelMissing' } as const;
    view.hear({ type: 'event', conversationId: chat, sequence: 2, event });
    assert.deepEqual(view.last, [{ type: 'listModels' }]);
  });
});
