import assert from 'node:assert/strict';
import type { ChatReply } from '../../src/protocol/chat.ts';

/** What one view is told, held against the contract: nothing twice, nothing out of order, each request answered at most once. */
export class ReplyWatch {
  /** Answers to requests, by their id. */
  readonly answered = new Map<string, Extract<ChatReply, { type: 'accepted' | 'refused' }>>();
  readonly #conversationId: string;
  #sequence: number | undefined;
  /** By answer: the sequence of its next piece. */
  readonly #next = new Map<string, number>();
  readonly #complete = new Set<string>();

  constructor(conversationId: string) {
    this.#conversationId = conversationId;
  }

  take(reply: ChatReply): void {
    if (reply.type === 'accepted' || reply.type === 'refused') this.#takeAnswer(reply);
    if (!('conversationId' in reply) || reply.conversationId !== this.#conversationId) return;
    if (reply.type === 'snapshot') this.#takeSnapshot(reply);
    else if (reply.type === 'event') this.#takeEvent(reply);
  }

  #takeAnswer(reply: Extract<ChatReply, { type: 'accepted' | 'refused' }>): void {
    assert.ok(reply.requestId !== undefined, `refused: ${JSON.stringify(reply)}`);
    assert.ok(!this.answered.has(reply.requestId), 'a request is answered twice');
    this.answered.set(reply.requestId, reply);
  }

  #takeSnapshot({ sequence, messages }: Extract<ChatReply, { type: 'snapshot' }>): void {
    this.#sequence = sequence;
    this.#next.clear();
    for (const { id, nextSequence } of messages) if (nextSequence !== undefined) this.#next.set(id, nextSequence);
  }

  #takeEvent({ sequence, event }: Extract<ChatReply, { type: 'event' }>): void {
    assert.ok(this.#sequence !== undefined, 'an event before the snapshot');
    assert.equal(sequence, this.#sequence + 1, 'an event out of order');
    this.#sequence = sequence;
    if (event.type === 'turn') this.#next.set(event.answer.id, 0);
    if (event.type !== 'chunk') return;
    const { id, sequence: piece, isComplete } = event.message;
    assert.equal(piece, this.#next.get(id), 'a piece of an answer out of order');
    assert.ok(!this.#complete.has(id), 'a piece after the last');
    if (isComplete) this.#complete.add(id);
    this.#next.set(id, piece + 1);
  }
}
