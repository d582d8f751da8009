import assert from 'node:assert/strict';
import type { ChatReply } from '../../src/protocol/chat.ts';
import { AnswerView } from './support/answerView.ts';
import { newId, Stack, until, type StackClient } from './support/stack.ts';

type Reply<T extends ChatReply['type']> = Extract<ChatReply, { type: T }>;

function last<T extends ChatReply['type']>(client: StackClient, type: T): Reply<T> | undefined {
  return client.replies.findLast((reply): reply is Reply<T> => reply.type === type);
}

describe('full flow', () => {
  let stack: Stack;
  before(async () => {
    stack = await Stack.start({ ollama: { models: ['stand-in:latest', 'other:7b'], script: ({ prompt }) => `You said ${prompt}.` } });
  });
  after(() => stack.stop());

  it('pairs two clients, lists models, answers, shows it live to both, lists the chat, stops, and deletes', async () => {
    const [one, two] = [await stack.client(), await stack.client()];
    one.port.send({ type: 'listModels' });
    await until('models', () => last(one, 'models')?.items.length === 2);
    assert.equal(last(one, 'ollama')?.status.state, 'ok');

    const conversationId = newId();
    const views = [new AnswerView(one.port, conversationId), new AnswerView(two.port, conversationId)];
    for (const { port } of [one, two]) {
      port.send({ type: 'listConversations' });
      port.send({ type: 'open', conversationId });
    }
    one.port.send({ type: 'send', requestId: newId(), conversationId, text: 'hello there', model: 'stand-in:latest' });
    await until('both have all of it', () => views.every(({ state }) => state === 'done'));
    for (const { text } of views) assert.equal(text, 'You said hello there.');
    await until('the list', () => last(two, 'conversations')?.items.some(({ id, running }) => id === conversationId && !running) === true);

    await stack.ollama.set({ gate: 'manual' });
    two.port.send({ type: 'send', requestId: newId(), conversationId, text: 'and again', model: 'other:7b' });
    await until('a piece waits', () => stack.ollama.heldBack > 0);
    stack.ollama.release();
    await until('a piece', () => views.every(({ text }) => text === 'You'));
    one.port.send({ type: 'stop', requestId: newId(), conversationId });
    await until('stopped', () => views.every(({ state }) => state === 'stopped'), 1_000);
    assert.equal(stack.ollama.asked.length, 2);
    assert.equal((JSON.parse(stack.ollama.asked[1]?.body ?? '{}') as { messages: unknown[] }).messages.length, 3);

    one.port.send({ type: 'deleteConversation', requestId: newId(), conversationId });
    await until('gone from the list', () => last(two, 'conversations')?.items.every(({ id }) => id !== conversationId) === true);
    for (const view of views) view.dispose();
  });
});
