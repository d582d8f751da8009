import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DecodeError, utf8 } from '../../src/base/bytes.ts';
import {
  decodeJson,
  encodeChat,
  isMutating,
  parseChatReply,
  parseChatRequest,
  parseHubReply,
  type ChatRequest,
} from '../../src/protocol/chat.ts';
import { MAX_PROMPT_BYTES } from '../../src/protocol/limits.ts';
import { TextJoiner } from '../../src/protocol/textJoiner.ts';

const id = 'AAAAAAAAAAAAAAAAAAAAAA';
const send: ChatRequest = { type: 'send', requestId: id, conversationId: id, text: 'héllo 🎉', model: 'm:latest' };

describe('the chat contract', () => {
  it('carries a request as JSON and reads it back, dropping what it does not know', () => {
    assert.deepEqual(parseChatRequest(decodeJson(encodeChat(send))), send);
    assert.deepEqual(parseChatRequest({ ...send, extra: { nested: true } }), send);
    assert.ok(isMutating(send));
  });

  it('refuses what does not follow it', () => {
    const bad: unknown[] = [
      null,
      1,
      [],
      {},
      { type: 'sned' },
      { ...send, requestId: 'short' },
      { ...send, text: 5 },
      { ...send, model: '' },
      { type: 'ack', conversationId: id, sequence: -1 },
    ];
    for (const value of bad) assert.throws(() => parseChatRequest(value), DecodeError);
    assert.throws(() => parseChatReply({ type: 'event', conversationId: id, sequence: 1, event: { type: 'unknown' } }), DecodeError);
    assert.throws(() => decodeJson(utf8('{')), DecodeError);
    assert.throws(() => decodeJson(Uint8Array.of(0xff)), DecodeError);
  });

  it('takes a prompt of the largest size in bytes, and not one more', () => {
    const sized = (bytes: number): unknown => ({ ...send, text: 'é'.repeat(bytes / 2) });
    assert.equal(parseChatRequest(sized(MAX_PROMPT_BYTES)).type, 'send');
    assert.throws(() => parseChatRequest(sized(MAX_PROMPT_BYTES + 2)), DecodeError);
  });

  it('reads an error code from a later version as internal', () => {
    assert.deepEqual(parseChatReply({ type: 'refused', error: 'fromTheFuture' }), { type: 'refused', error: 'internal' });
  });

  it('survives any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const parse of [parseChatRequest, parseChatReply, parseHubReply]) {
          try {
            parse(value);
          } catch (error) {
            if (!(error instanceof DecodeError)) throw error;
          }
        }
      }),
    );
  });

  it('joins the pieces of a long message ahead of the snapshot that holds it, and notices a gap', () => {
    const joiner = new TextJoiner();
    const piece = (offset: number, text: string) => joiner.take({ type: 'text', conversationId: id, messageId: id, offset, text });
    assert.equal(piece(0, 'one '), undefined);
    assert.equal(piece(4, 'two '), undefined);
    const snapshot = joiner.take({
      type: 'snapshot',
      conversationId: id,
      hubEpoch: id,
      sequence: 0,
      title: '',
      messages: [{ id, role: 'assistant', text: 'three', textOffset: 8, createdAt: 0 }],
      more: false,
    });
    assert.equal(snapshot?.type === 'snapshot' && snapshot.messages[0]?.text, 'one two three');
    assert.throws(() => piece(3, 'late'), DecodeError);
  });
});
