import assert from 'node:assert/strict';
import { DecodeError } from '../../src/base/bytes.ts';
import type { HubReply } from '../../src/protocol/chat.ts';
import type { ChatMessage } from '../../src/protocol/chatMessage.ts';
import { MAX_TEXT_AHEAD_UNITS } from '../../src/protocol/limits.ts';
import { TextJoiner } from '../../src/protocol/textJoiner.ts';
import { idOf } from './sampleTurns.ts';

const conversationId = idOf('c');
const piece = (offset: number, text: string, messageId = idOf('m')): HubReply => ({
  type: 'text',
  conversationId,
  messageId,
  offset,
  text,
});
const message = (text: string, textOffset?: number): ChatMessage => {
  return { id: idOf('m'), role: 'assistant', text, createdAt: 1, ...(textOffset === undefined ? {} : { textOffset }) };
};
const page = (...messages: ChatMessage[]): HubReply => ({ type: 'page', conversationId, messages, more: false });

describe('text joiner', () => {
  it('makes a message whole from what came ahead of it, in snapshots, pages and turns', () => {
    const joiner = new TextJoiner();
    for (const make of [
      page,
      (held: ChatMessage): HubReply => ({
        type: 'snapshot',
        conversationId,
        hubEpoch: idOf('e'),
        sequence: 1,
        title: '',
        messages: [held],
        more: false,
      }),
      (held: ChatMessage): HubReply => ({
        type: 'event',
        conversationId,
        sequence: 1,
        event: { type: 'turn', question: held, answer: message('') },
      }),
    ]) {
      assert.equal(joiner.take(piece(0, 'one ')), undefined);
      assert.equal(joiner.take(piece(4, 'two ')), undefined);
      assert.deepEqual(joiner.take(make(message('three', 8))), make(message('one two three')));
    }
  });

  it('begins a text anew at offset 0', () => {
    const joiner = new TextJoiner();
    joiner.take(piece(0, 'given up'));
    joiner.take(piece(0, 'again '));
    assert.deepEqual(joiner.take(page(message('whole', 6))), page(message('again whole')));
  });

  it('lets everything else through as it is', () => {
    const reply: HubReply = { type: 'accepted', requestId: idOf('r') };
    assert.equal(new TextJoiner().take(reply), reply);
    assert.deepEqual(new TextJoiner().take(page(message('short'))), page(message('short')));
  });

  it('refuses a gap, a repetition, a message whose beginning is missing, and more than it may hold', () => {
    const joiner = new TextJoiner();
    joiner.take(piece(0, 'one'));
    assert.throws(() => joiner.take(piece(4, 'x')), DecodeError);
    assert.throws(() => joiner.take(piece(2, 'x')), DecodeError);
    assert.throws(() => joiner.take(page(message('x', 9))), DecodeError);
    const half = 'x'.repeat(MAX_TEXT_AHEAD_UNITS / 2);
    joiner.take(piece(0, half));
    joiner.take(piece(0, half, idOf('n')));
    assert.throws(() => joiner.take(piece(0, 'x', idOf('o'))), DecodeError);
  });
});
