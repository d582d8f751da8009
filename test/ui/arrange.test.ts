import assert from 'node:assert/strict';
import type { SearchHit } from '../../src/protocol/chat.ts';
import { announce } from '../../src/ui/announcements.ts';
import { isBusy, mayBranch } from '../../src/ui/chatModel.ts';
import { transcriptRows } from '../../src/ui/components/transcriptRows.ts';
import { readViewState, viewStateOf } from '../../src/ui/viewStorage.ts';
import { models, View } from './modelView.ts';
import { answer, chat, idOf, question, snapshot, turn } from './talk.ts';

const [q1, a1, a2, r1, r2, other] = ['q1', 'a1', 'a2', 'r1', 'r2', 'other'].map(idOf) as [string, string, string, string, string, string];
const asked = (): View => new View().hear(models, snapshot(5, [question('q1', 'Why?'), answer('a1', 'done', 'So.')]));

describe('another answer', () => {
  it('is asked of the chosen model, once, and nothing else is asked until it is there', () => {
    const view = asked().do({ type: 'chooseModel', model: 'gemma3:4b' }).do({ type: 'regenerate', requestId: r1, answerId: a1 });
    assert.deepEqual(view.last, [{ type: 'regenerate', requestId: r1, conversationId: chat, answerId: a1, model: 'gemma3:4b' }]);
    assert.deepEqual(view.do({ type: 'regenerate', requestId: r2, answerId: a1 }).last, []);
    view.hear({ type: 'accepted', requestId: r1, answerId: a2 });
    assert.equal(isBusy(view.model), true);
    view.hear(snapshot(6, [question('q1', 'Why?'), answer('a2', 'waiting', '', { siblings: { position: 2, count: 2, previous: a1 } })]));
    assert.equal(view.model.asked, undefined);
    assert.equal(mayBranch(view.model), false);
  });

  it('can be asked for again after a refusal, which is said', () => {
    const view = asked().do({ type: 'regenerate', requestId: r1, answerId: a1 });
    view.hear({ type: 'refused', requestId: r1, error: 'busy' });
    assert.equal(view.model.refusal?.error, 'busy');
    assert.equal(mayBranch(view.model), true);
  });

  it('is not offered while one is being written', () => {
    const view = asked().hear(turn(6, '2'));
    assert.deepEqual(view.do({ type: 'regenerate', requestId: r1, answerId: a1 }).last, []);
    assert.ok(transcriptRows(view.model, 0).every(({ mayBranch: offered }) => !offered));
  });

  it('is shown in the place of its sibling, and said by its number, not as a new answer', () => {
    const view = asked().do({ type: 'choose', requestId: r1, messageId: a2 });
    assert.deepEqual(view.last, [{ type: 'choose', requestId: r1, conversationId: chat, messageId: a2 }]);
    const before = view.hear({ type: 'accepted', requestId: r1 }).model;
    view.hear(snapshot(6, [question('q1'), answer('a2', 'done', 'Thus.', { siblings: { position: 2, count: 3 } })]));
    assert.deepEqual(announce(before, view.model), { kind: 'status', text: 'Answer 2 of 3' });
  });
});

describe('a question that is edited', () => {
  const editing = (): View => asked().do({ type: 'editing', questionId: q1 });

  it('begins as it was, keeps what was typed when it is left, and takes it up again', () => {
    const view = editing();
    assert.equal(transcriptRows(view.model, 0)[0]?.editDraft, 'Why?');
    view.do({ type: 'editDraft', questionId: q1, text: 'Why not?' }).do({ type: 'editing', questionId: undefined });
    assert.equal(transcriptRows(view.model, 0)[0]?.editDraft, undefined);
    assert.equal(transcriptRows(view.do({ type: 'editing', questionId: q1 }).model, 0)[0]?.editDraft, 'Why not?');
  });

  it('is sent in its place, with what went with it, and its draft goes when it is accepted', () => {
    const fenced = 'Why?\n\nFrom `a.ts`:\n\n```ts\nx\n```';
    const view = new View().hear(models, snapshot(5, [question('q1', fenced), answer('a1', 'done', 'So.')]));
    view.do({ type: 'editing', questionId: q1 }).do({ type: 'editDraft', questionId: q1, text: ' How? ' });
    view.do({ type: 'edit', requestId: r1, questionId: q1 });
    const text = fenced.replace('Why', 'How');
    assert.deepEqual(view.last, [{ type: 'edit', requestId: r1, conversationId: chat, questionId: q1, text, model: 'qwen3:8b' }]);
    assert.equal(view.model.editing, undefined);
    assert.equal(view.hear({ type: 'accepted', requestId: r1, answerId: a2 }).model.drafts[q1], undefined);
  });

  it('is edited on when it is refused', () => {
    const view = editing().do({ type: 'editDraft', questionId: q1, text: 'How?' }).do({ type: 'edit', requestId: r1, questionId: q1 });
    view.hear({ type: 'refused', requestId: r1, error: 'storeFailed' });
    assert.equal(view.model.editing, q1);
    assert.equal(view.model.drafts[q1], 'How?');
  });

  it('is not sent empty, and is edited on after a reload', () => {
    const view = editing().do({ type: 'editDraft', questionId: q1, text: '  ' });
    assert.deepEqual(view.do({ type: 'edit', requestId: r1, questionId: q1 }).last, []);
    assert.equal(readViewState(structuredClone(viewStateOf(view.model))).editing, q1);
  });
});

describe('a chat that is arranged', () => {
  const items = [
    { id: chat, title: 'One', createdAt: 1, updatedAt: 2, running: false },
    { id: other, title: 'Two', createdAt: 1, updatedAt: 1, running: false },
  ];

  it('has its new title at once, trimmed, and no empty one', () => {
    const view = asked().hear({ type: 'conversations', items });
    view.do({ type: 'rename', requestId: r1, conversationId: chat, title: ' New ' });
    assert.deepEqual(view.last, [{ type: 'rename', requestId: r1, conversationId: chat, title: 'New' }]);
    assert.equal(view.model.conversation.title, 'New');
    assert.equal(view.model.conversations?.[0]?.title, 'New');
    assert.deepEqual(view.do({ type: 'rename', requestId: r2, conversationId: chat, title: ' ' }).last, []);
  });

  it('is gone at once when it is deleted, and is not kept as it was; Undo brings it back', () => {
    const view = asked().hear({ type: 'conversations', items }).do({ type: 'delete', requestId: r1, conversationId: chat });
    assert.deepEqual(view.last, [{ type: 'deleteConversation', requestId: r1, conversationId: chat }]);
    assert.deepEqual(view.model.undo, { conversationId: chat, title: 'One' });
    assert.deepEqual(
      view.model.conversations?.map(({ id }) => id),
      [other],
    );
    view.do({ type: 'open', conversationId: other });
    assert.deepEqual(view.model.kept, []);
    view.do({ type: 'restore', requestId: r2, conversationId: chat });
    assert.deepEqual(view.last, [{ type: 'restoreConversation', requestId: r2, conversationId: chat }]);
    assert.equal(view.model.undo, undefined);
  });

  it('is asked for in the bin again whenever the chats change, while the bin is looked at', () => {
    const view = asked().do({ type: 'bin', isOpen: true });
    assert.deepEqual(view.last, [{ type: 'listDeleted' }]);
    assert.deepEqual(view.hear({ type: 'conversations', items }).last, [{ type: 'listDeleted' }]);
    view.hear({ type: 'deleted', items }).do({ type: 'bin', isOpen: false });
    assert.deepEqual(view.hear({ type: 'conversations', items }).last, []);
  });
});

describe('a search', () => {
  const hit = (messageId: string, conversationId = chat): SearchHit => {
    return { conversationId, title: 'One', messageId, role: 'user', createdAt: 1, excerpt: 'Why?', marks: [[0, 3]] };
  };

  it('takes the answer to its own words alone, and keeps the last finds until that is there', () => {
    const view = asked().do({ type: 'search', query: ' why ' });
    assert.deepEqual(view.last, [{ type: 'search', query: 'why' }]);
    view.hear({ type: 'found', query: 'why', items: [hit(q1)] }).do({ type: 'search', query: 'whys' });
    view.hear({ type: 'found', query: 'why', items: [] });
    assert.deepEqual(view.model.search, { query: 'whys', items: [hit(q1)] });
    assert.equal(view.do({ type: 'search', query: '' }).model.search, undefined);
  });

  it('asks for earlier pages until the message is there', () => {
    const view = new View().hear(models, snapshot(5, [question('q9')], { more: true }));
    view.do({ type: 'goal', requestId: r1, conversationId: chat, messageId: q1 });
    assert.deepEqual(view.last, [{ type: 'page', conversationId: chat, before: idOf('q9') }]);
    view.hear({ type: 'page', conversationId: chat, messages: [question('q8')], more: true });
    assert.deepEqual(view.last, [{ type: 'page', conversationId: chat, before: idOf('q8') }]);
    view.hear({ type: 'page', conversationId: chat, messages: [question('q1')], more: true });
    assert.deepEqual(view.last, []);
    assert.equal(view.model.goal?.messageId, q1);
    assert.equal(view.do({ type: 'arrived' }).model.goal, undefined);
  });

  it('chooses the branch of the message when it is on none of the pages, once, and gives up then', () => {
    const view = asked().do({ type: 'goal', requestId: r1, conversationId: chat, messageId: a2 });
    assert.deepEqual(view.last, [{ type: 'choose', requestId: r1, conversationId: chat, messageId: a2 }]);
    view.hear(snapshot(6, [question('q1')]));
    assert.deepEqual(view.last, []);
    assert.equal(view.model.goal, undefined);
  });

  it('stays where it is when the branch cannot be shown now', () => {
    const view = asked().do({ type: 'goal', requestId: r1, conversationId: chat, messageId: a2 });
    view.hear({ type: 'refused', requestId: r1, error: 'busy' });
    assert.equal(view.model.goal, undefined);
    assert.equal(view.model.refusal, undefined);
  });
});
