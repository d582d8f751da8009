import assert from 'node:assert/strict';
import type { ChatRequest } from '../../src/protocol/chat.ts';
import { attachmentsOf, canSend, draftOf, MAX_QUEUED } from '../../src/ui/chatModel.ts';
import { transcriptRows } from '../../src/ui/components/transcriptRows.ts';
import { isHeld } from '../../src/ui/sending.ts';
import { readViewState, restoredModel, viewStateOf } from '../../src/ui/viewStorage.ts';
import { models, View } from './modelView.ts';
import { answer, chat, idOf, question, snapshot, state, turn } from './talk.ts';

const other = idOf('other');
const ask = (view: View, name: string, text = name): View => view.do({ type: 'draft', text }).do({ type: 'send', requestId: idOf(name) });
const sent = ({ last }: View): string[] =>
  last.filter((one): one is Extract<ChatRequest, { type: 'send' }> => one.type === 'send').map(({ text }) => text);
const busy = (): View => new View().hear(models, snapshot(0), turn(1, '1'));

describe('questions that wait for an answer to end', () => {
  it('go one at a time, in their order, each when the answer before it has ended', () => {
    const view = ask(ask(busy(), 'first'), 'second');
    assert.deepEqual(sent(view), []);
    assert.equal(draftOf(view.model), '');
    assert.deepEqual(sent(view.hear(state(2, '1', 'done'))), ['first']);
    view.hear({ type: 'accepted', requestId: idOf('first'), answerId: idOf('a2') });
    assert.deepEqual(sent(view), []);
    view.hear(turn(3, '2', 'first'));
    assert.deepEqual(sent(view), []);
    assert.deepEqual(sent(view.hear(state(4, '2', 'stopped'))), ['second']);
  });

  it('are shown behind the answer as queued', () => {
    const row = transcriptRows(ask(busy(), 'next').model, 0).at(-1);
    assert.deepEqual([row?.message.text, row?.note, row?.queued], ['next', 'Queued', 'queued']);
  });

  it('are held when the answer broke off, and go when they are told to', () => {
    const view = ask(busy(), 'next').hear(state(2, '1', 'interrupted'));
    assert.deepEqual(sent(view), []);
    assert.equal(isHeld(view.model, idOf('next')), true);
    assert.equal(transcriptRows(view.model, 0).at(-1)?.queued, 'held');
    assert.deepEqual(sent(view.do({ type: 'sendNow', requestId: idOf('next') })), ['next']);
    assert.deepEqual(sent(view.do({ type: 'sendNow', requestId: idOf('next') })), []);
  });

  it('cannot be told to go while an answer is being written', () => {
    assert.deepEqual(sent(ask(busy(), 'next').do({ type: 'sendNow', requestId: idOf('next') })), []);
  });

  it('can be taken back into the composer, in front of what is there, or dropped', () => {
    const view = ask(ask(busy(), 'one'), 'two').do({ type: 'draft', text: 'typed' });
    view.do({ type: 'dismiss', requestId: idOf('one'), edit: true });
    assert.equal(draftOf(view.model), 'one\n\ntyped');
    view.do({ type: 'dismiss', requestId: idOf('two') });
    assert.deepEqual(view.model.pending, []);
    assert.deepEqual(sent(view.hear(state(2, '1', 'done'))), []);
  });

  it('of another chat go when the list says that it has ended, to the model they were written for', () => {
    const view = ask(busy().do({ type: 'chooseModel', model: 'gemma3:4b' }), 'later').do({ type: 'open', conversationId: other });
    view.do({ type: 'chooseModel', model: 'qwen3:8b' });
    const item = { id: chat, title: 'T', createdAt: 1, updatedAt: 1 };
    assert.deepEqual(sent(view.hear({ type: 'conversations', items: [{ ...item, running: true }] })), []);
    view.hear({ type: 'conversations', items: [{ ...item, running: false }] });
    assert.deepEqual(view.last, [{ type: 'send', requestId: idOf('later'), conversationId: chat, text: 'later', model: 'gemma3:4b' }]);
  });

  it('are no more than can be kept in mind', () => {
    const view = busy();
    for (let i = 0; i < MAX_QUEUED; i++) ask(view, `q${String(i)}`);
    view.do({ type: 'draft', text: 'one more' });
    assert.equal(canSend(view.model), false);
  });

  it('come back with a reload under their own ids, and go then', () => {
    const kept = readViewState(structuredClone(viewStateOf(ask(busy(), 'next').model)));
    const view = new View();
    view.model = { ...view.model, ...restoredModel(kept) };
    assert.deepEqual(sent(view.hear(models)), []);
    view.hear(snapshot(2, [question('q1'), answer('a1', 'done')]));
    assert.deepEqual(view.last, [{ type: 'send', requestId: idOf('next'), conversationId: chat, text: 'next', model: 'qwen3:8b' }]);
  });
});

describe('questions that wait for the computer', () => {
  const away = { type: 'status', status: { state: 'reconnecting', error: 'deviceOffline' } } as const;
  const back = { type: 'status', status: { state: 'connected' } } as const;
  const idle = (): View => new View().hear(models, snapshot(0));
  const reloaded = (view: View): View => {
    const next = new View();
    next.model = { ...next.model, ...restoredModel(readViewState(structuredClone(viewStateOf(view.model)))) };
    return next.do(away);
  };

  it('are kept back while it is away, can be taken back, and go in their order when it has returned', () => {
    const view = ask(ask(ask(idle().do(away), 'one'), 'two'), 'three');
    assert.deepEqual(sent(view), []);
    const rows = transcriptRows(view.model, 0);
    assert.deepEqual(
      rows.map(({ message, note, queued }) => [message.text, note, queued]),
      ['one', 'two', 'three'].map((text) => [text, 'Waits for the computer', 'queued']),
    );
    view.do({ type: 'dismiss', requestId: idOf('two') });
    assert.deepEqual(sent(view.do(back)), ['one']);
    assert.deepEqual(sent(view.do(back)), []);
    view.hear({ type: 'accepted', requestId: idOf('one'), answerId: idOf('a1') }, turn(1, '1', 'one'));
    assert.deepEqual(sent(view.hear(state(2, '1', 'done'))), ['three']);
  });

  it('come back with a reload while it is still away', () => {
    const view = reloaded(ask(ask(idle().do(away), 'one'), 'two'));
    assert.deepEqual(sent(view.hear(models, snapshot(0))), []);
    assert.deepEqual(sent(view.do(back)), ['one']);
  });

  it('go from a chat that was begun meanwhile and left, once the list of chats is there', () => {
    const view = ask(idle().do(away), 'left').do({ type: 'open', conversationId: other }).do(back);
    assert.deepEqual(sent(view), []);
    assert.deepEqual(sent(view.hear({ type: 'conversations', items: [] })), ['left']);
  });

  it('are sent under the same id by the next page when nobody knows whether they arrived', () => {
    const view = reloaded(ask(idle(), 'lost'));
    assert.deepEqual(sent(view.do(back).hear(snapshot(0))), []);
    view.hear(models);
    assert.deepEqual(view.last, [{ type: 'send', requestId: idOf('lost'), conversationId: chat, text: 'lost', model: 'qwen3:8b' }]);
    view.hear({ type: 'accepted', requestId: idOf('lost'), answerId: idOf('a1') }, snapshot(2, [question('q1', 'lost'), answer('a1')]));
    assert.deepEqual(view.model.pending, []);
  });
});

describe('files and lines that go with a question', () => {
  const file = { path: 'a.ts', language: 'typescript', text: 'let a;' };
  const lines = { ...file, lines: { first: 2, last: 3 } };

  it('are added once each, taken off again, and go behind the text', () => {
    const view = new View().hear(models, snapshot(0)).do({ type: 'attach', items: [file, lines] });
    view.do({ type: 'attach', items: [file] });
    assert.equal(attachmentsOf(view.model).length, 2);
    view.do({ type: 'detach', index: 0 });
    assert.deepEqual(attachmentsOf(view.model), [lines]);
    assert.deepEqual(sent(ask(view, 'why', 'Why?')), ['Why?\n\nFrom `a.ts`, lines 2–3:\n\n```typescript\nlet a;\n```']);
    assert.deepEqual(attachmentsOf(view.model), []);
  });

  it('come back as they were when the question is refused', () => {
    const view = ask(new View().hear(models, snapshot(0)).do({ type: 'attach', items: [lines] }), 'why', 'Why?');
    view.hear({ type: 'refused', requestId: idOf('why'), error: 'storeFailed' });
    assert.equal(draftOf(view.model), 'Why?');
    assert.deepEqual(attachmentsOf(view.model), [lines]);
  });

  it('stay with their chat over a reload; what does not decode is left out', () => {
    const view = new View().hear(snapshot(0)).do({ type: 'attach', items: [file] });
    assert.deepEqual(readViewState(structuredClone(viewStateOf(view.model))).attachments, { [chat]: [file] });
    assert.deepEqual(readViewState({ attachments: { [chat]: [{ path: 7 }] } }).attachments, { [chat]: [] });
  });
});
