import assert from 'node:assert/strict';
import type { ChatReply } from '../../src/protocol/chat.ts';
import { announce, answerTrouble, type Announcement } from '../../src/ui/announcements.ts';
import { emptyModel } from '../../src/ui/chatModel.ts';
import { reduceChat, type ChatAction } from '../../src/ui/reduceChat.ts';
import { answer, chat, chunk, idOf, question, snapshot, state, turn } from './talk.ts';

/** What is said while `actions` happen one by one. */
function heard(...actions: (ChatAction | ChatReply)[]): (Announcement | undefined)[] {
  let model = emptyModel(chat, { state: 'connected' });
  return actions.map((action) => {
    const before = model;
    const isReply = 'conversationId' in action ? action.type !== 'open' : ['models', 'refused', 'accepted'].includes(action.type);
    model = reduceChat(model, isReply ? { type: 'reply', reply: action as ChatReply, now: 0 } : (action as ChatAction)).model;
    return announce(before, model);
  });
}

describe('announcements', () => {
  it('tell of begin and end of an answer, not of its text', () => {
    const said = heard(snapshot(0), turn(1, '1'), chunk(2, '1', 0, 'one two'), chunk(3, '1', 1, ' three'), state(4, '1', 'done'));
    assert.deepEqual(said, [
      undefined,
      undefined,
      { kind: 'status', text: 'Answer started' },
      undefined,
      { kind: 'status', text: 'Answer finished, 3 words' },
    ]);
  });

  it('tell of a stop when it is asked for and when it has come', () => {
    const said = heard(
      snapshot(0),
      turn(1, '1'),
      chunk(2, '1', 0, 'one'),
      { type: 'stop', requestId: idOf('s') },
      state(3, '1', 'stopped'),
    );
    assert.deepEqual(said.slice(3), [
      { kind: 'status', text: 'Stopping' },
      { kind: 'status', text: 'Answer stopped, 1 word' },
    ]);
  });

  it('alert to an answer that broke off and to a question that was refused', () => {
    assert.equal(heard(snapshot(0), turn(1, '1'), state(2, '1', 'interrupted')).at(-1)?.kind, 'alert');
    const refused = heard(
      { type: 'models', items: [{ name: 'm' }] },
      snapshot(0),
      { type: 'draft', text: 'x' },
      { type: 'send', requestId: idOf('r') },
      { type: 'refused', requestId: idOf('r'), error: 'busy' },
    );
    assert.deepEqual(refused.at(-1), {
      kind: 'alert',
      text: 'Not sent. An answer is already being written in this chat. Wait for it, or stop it.',
    });
  });

  it('say nothing of what was there before', () => {
    const past = snapshot(4, [question('q1'), answer('a1', 'error', '', { error: 'ollamaBusy' })]);
    assert.deepEqual(heard(past), [undefined]);
    assert.equal(answerTrouble(answer('a1', 'error', '', { error: 'ollamaBusy' })), 'Ollama is busy. Try again in a moment.');
    assert.equal(answerTrouble(answer('a1', 'done')), undefined);
  });
});
