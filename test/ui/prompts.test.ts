import assert from 'node:assert/strict';
import { calledPrompts } from '../../src/ui/prompts.ts';
import { models, View } from './modelView.ts';
import { answer, chat, idOf, question, snapshot } from './talk.ts';

const prompt = (name: string) => ({ id: idOf(name), name, text: `text of ${name}` });
const kept = ['explain', 'Review', 'preview', 'test'].map(prompt);
const called = (draft: string): string[] | undefined => calledPrompts(draft, kept)?.map(({ name }) => name);

describe('saved prompts in a view', () => {
  it('are called up by a slash at the beginning, those that begin so first', () => {
    assert.deepEqual(called('/'), ['explain', 'Review', 'preview', 'test']);
    assert.deepEqual(called('/re'), ['Review', 'preview']);
    assert.deepEqual(called('/EX'), ['explain']);
    assert.equal(called('/etc/hosts'), undefined);
    assert.equal(called('/re view'), undefined);
    assert.equal(called('see /re'), undefined);
    assert.equal(called(''), undefined);
    assert.deepEqual(calledPrompts('/', []), []);
    assert.equal(calledPrompts('/', undefined), undefined);
  });

  it('are asked for with the first slash, and again on a new line to the hub', () => {
    const view = new View().do({ type: 'draft', text: 'x' });
    assert.deepEqual(view.last, []);
    view.do({ type: 'draft', text: '/' });
    assert.deepEqual(view.last, [{ type: 'listPrompts' }]);
    view.hear({ type: 'prompts', items: kept }).do({ type: 'draft', text: '/r' });
    assert.deepEqual(view.last, []);
    const welcome = { type: 'welcome', version: 1, hubEpoch: idOf('e'), deviceName: 'Desk', scope: 'local' } as const;
    view.hear(welcome, { ...welcome, hubEpoch: idOf('f') });
    assert.deepEqual(
      view.last.map(({ type }) => type),
      ['listModels', 'listConversations', 'listPrompts'],
    );
  });

  it('go at once when deleted, and come back under the same id', () => {
    const view = new View().hear({ type: 'prompts', items: kept });
    view.do({ type: 'prompts', action: { type: 'delete', requestId: idOf('r1'), promptId: idOf('Review') } });
    assert.deepEqual(view.last, [{ type: 'deletePrompt', requestId: idOf('r1'), promptId: idOf('Review') }]);
    assert.equal(view.model.prompts?.length, 3);
    view.do({ type: 'prompts', action: { type: 'restore', requestId: idOf('r2') } });
    assert.deepEqual(view.last, [
      { type: 'savePrompt', requestId: idOf('r2'), promptId: idOf('Review'), name: 'Review', text: 'text of Review' },
    ]);
    assert.equal(view.model.promptUndo, undefined);
    view.do({ type: 'prompts', action: { type: 'restore', requestId: idOf('r3') } });
    assert.deepEqual(view.last, []);
  });
});

describe('an answer that is gone on with', () => {
  const ended = (state: 'done' | 'stopped' | 'interrupted' | 'error', text: string, reason = 'stop'): View => {
    const stats = { totalMs: 1, loadMs: 0, promptTokens: 1, promptMs: 1, answerTokens: 1, answerMs: 1, reason };
    return new View().hear(models, snapshot(0, [question('q1'), answer('a1', state, text, state === 'done' ? { stats } : {})]));
  };
  const goOn = (view: View) => view.do({ type: 'continue', requestId: idOf('r1'), answerId: idOf('a1') }).last;

  it('is asked for once, when it came to its limit or broke off, and holds text', () => {
    const wanted = [{ type: 'continue', requestId: idOf('r1'), conversationId: chat, answerId: idOf('a1') }];
    const view = ended('done', 'half', 'length');
    assert.deepEqual(goOn(view), wanted);
    assert.deepEqual(goOn(view), []);
    view.hear({ type: 'accepted', requestId: idOf('r1'), answerId: idOf('a1') });
    assert.equal(view.model.asked, undefined);
    for (const state of ['stopped', 'interrupted'] as const) assert.deepEqual(goOn(ended(state, 'half')), wanted);
    assert.deepEqual(goOn(ended('done', 'whole')), []);
    assert.deepEqual(goOn(ended('interrupted', '')), []);
  });

  it('must be the last one', () => {
    const view = ended('stopped', 'half');
    view.hear(snapshot(1, [question('q1'), answer('a1', 'stopped', 'half'), question('q2'), answer('a2', 'done', 'whole')]));
    assert.deepEqual(goOn(view), []);
  });
});

describe('settings of a chat in a view', () => {
  it('are asked of the hub, and shown as the hub says them', () => {
    const view = new View().hear(snapshot(0));
    view.do({ type: 'configure', requestId: idOf('r1'), settings: { temperature: 1 } });
    assert.deepEqual(view.last, [{ type: 'configure', requestId: idOf('r1'), conversationId: chat, settings: { temperature: 1 } }]);
    assert.equal(view.model.conversation.settings, undefined);
    view.hear({ type: 'event', conversationId: chat, sequence: 1, event: { type: 'settings', settings: { temperature: 0.5 } } });
    assert.deepEqual(view.model.conversation.settings, { temperature: 0.5 });
  });
});
