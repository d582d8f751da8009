import assert from 'node:assert/strict';
import type { ChatReply } from '../../src/protocol/chat.ts';
import { draftOf, othersHere } from '../../src/ui/chatModel.ts';
import { models, View } from './modelView.ts';
import { answer, chat, chunk, epoch, idOf, question, snapshot, state, turn } from './talk.ts';

const viewers = (...names: string[]): ChatReply => ({ type: 'viewers', conversationId: chat, names });
const other = idOf('other');

describe('others in the same chat', () => {
  it('are named while the line is up, in the chat that they look at', () => {
    const view = new View().hear(models, snapshot(0), viewers('Phone'));
    assert.deepEqual(othersHere(view.model), ['Phone']);
    view.do({ type: 'status', status: { state: 'reconnecting', error: 'deviceOffline' } });
    assert.deepEqual(othersHere(view.model), []);
    view.do({ type: 'status', status: { state: 'connected' } });
    assert.deepEqual(othersHere(view.model), ['Phone']);
    view.do({ type: 'open', conversationId: other }).do({ type: 'open', conversationId: chat });
    assert.deepEqual(othersHere(view.model), []);
    view.hear(viewers('Phone'), { type: 'welcome', version: 1, hubEpoch: epoch, deviceName: 'Desk', scope: 'chat' });
    assert.deepEqual(othersHere(view.model), []);
  });
});

describe('what is typed here', () => {
  it('stays as it is whatever comes from elsewhere, in the composer and in a question that is edited', () => {
    const view = new View().hear(models, snapshot(2, [question('q1'), answer('a1', 'done')]));
    view.do({ type: 'draft', text: 'half a thought' }).do({ type: 'editing', questionId: idOf('q1') });
    view.do({ type: 'editDraft', questionId: idOf('q1'), text: 'another wording' });
    const edited = (): string | undefined => view.model.drafts[idOf('q1')];
    const item = { id: chat, title: 'Renamed', createdAt: 1, updatedAt: 2, running: true };
    const fromElsewhere: ChatReply[] = [
      viewers('Phone'),
      turn(3, '2', 'half a thought'),
      chunk(4, '2', 0, 'half'),
      { type: 'event', conversationId: chat, sequence: 5, event: { type: 'title', title: 'Renamed' } },
      { type: 'event', conversationId: chat, sequence: 6, event: { type: 'settings', settings: { temperature: 1 } } },
      { type: 'conversations', items: [item] },
      state(7, '2', 'interrupted'),
      { type: 'refused', requestId: idOf('somebody'), error: 'busy' },
      { type: 'accepted', requestId: idOf('somebody'), answerId: idOf('a9') },
      { type: 'welcome', version: 1, hubEpoch: idOf('next'), deviceName: 'Desk', scope: 'chat' },
      snapshot(1, [question('q1'), answer('a3', 'streaming')], { hubEpoch: idOf('next') }),
      snapshot(2, [], { hubEpoch: idOf('next') }),
      { type: 'conversations', items: [] },
    ];
    for (const reply of fromElsewhere) {
      view.hear(reply);
      assert.deepEqual([draftOf(view.model), edited()], ['half a thought', 'another wording'], JSON.stringify(reply));
    }
    view.do({ type: 'status', status: { state: 'error', error: 'revoked' } });
    assert.equal(draftOf(view.model), 'half a thought');
  });
});
