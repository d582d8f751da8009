import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { newId, shownAnswer, Stack, until, type StackClient } from './support/stack.ts';

/** Asks and returns the conversation; the answer's events arrive in `client.replies`. */
function ask(client: StackClient, text: string): string {
  const conversationId = newId();
  client.port.send({ type: 'open', conversationId });
  client.port.send({ type: 'send', requestId: newId(), conversationId, text, model: 'stand-in:latest' });
  return conversationId;
}

function isDone(client: StackClient): boolean {
  return client.replies.some((reply) => reply.type === 'event' && reply.event.type === 'answerState' && reply.event.state === 'done');
}

describe('the whole way, with real processes', () => {
  let stack: Stack;
  beforeEach(async () => {
    stack = await Stack.start({
      ollama: { gate: 'manual', script: ({ prompt }) => Array.from({ length: 10 }, (_, i) => ` ${String(i)}:${prompt}`) },
    });
  });
  afterEach(() => stack.stop());

  it('brings the model’s own bytes to the client, each piece before the next is sent', async () => {
    const client = await stack.client();
    const nonce = randomUUID();
    ask(client, nonce);
    for (let i = 0; i < 10; i++) {
      await until('a piece waits', () => stack.ollama.heldBack > 0);
      assert.ok(!shownAnswer(client.replies).includes(`${String(i)}:`));
      stack.ollama.release();
      await until(`piece ${String(i)}`, () => shownAnswer(client.replies).endsWith(` ${String(i)}:${nonce}`));
    }
    await until('the end', () => isDone(client));
    assert.equal(stack.ollama.asked.length, 1);
  });

  it('shows the exact text after the relay was killed and started again in mid-answer, and asks once', async () => {
    const client = await stack.client();
    ask(client, 'x');
    stack.ollama.release(3);
    await until('three pieces', () => shownAnswer(client.replies) === ' 0:x 1:x 2:x');
    await stack.killRelay();
    stack.ollama.release(4);
    await stack.startRelay();
    await until('seven pieces', () => shownAnswer(client.replies) === ' 0:x 1:x 2:x 3:x 4:x 5:x 6:x', 20_000);
    stack.ollama.release(3);
    await until('the end', () => isDone(client));
    assert.equal(shownAnswer(client.replies), ' 0:x 1:x 2:x 3:x 4:x 5:x 6:x 7:x 8:x 9:x');
    assert.equal(stack.ollama.asked.length, 1);
  });

  it('ends the request to the model within a second of Stop', async () => {
    const client = await stack.client();
    const conversationId = ask(client, 'x');
    stack.ollama.release(2);
    await until('two pieces', () => shownAnswer(client.replies) === ' 0:x 1:x');
    client.port.send({ type: 'stop', requestId: newId(), conversationId });
    await until('closed by the client', () => stack.ollama.asked[0]?.closedBy === 'client', 1000);
  });

  it('goes on with the answer when the client leaves, and shows it whole to one that comes back', async () => {
    const client = await stack.client();
    const conversationId = ask(client, 'x');
    stack.ollama.release(2);
    await until('two pieces', () => shownAnswer(client.replies) === ' 0:x 1:x');
    client.dispose();
    stack.ollama.release(8);
    await until('the model is done', () => stack.ollama.asked[0]?.closedBy === 'server');
    const later = await stack.client();
    later.port.send({ type: 'open', conversationId });
    await until('the whole answer', () => shownAnswer(later.replies) === ' 0:x 1:x 2:x 3:x 4:x 5:x 6:x 7:x 8:x 9:x');
  });

  it('calls an answer interrupted that the model ended without saying done, and keeps its text', async () => {
    await stack.ollama.set({ gate: 'open', endWithoutDone: 3 });
    const client = await stack.client();
    ask(client, 'x');
    const end = (): unknown =>
      client.replies.flatMap((reply) => (reply.type === 'event' && reply.event.type === 'answerState' ? [reply.event] : [])).at(-1);
    await until('the end', () => (end() as { state?: string } | undefined)?.state === 'interrupted');
    assert.equal((end() as { error?: string }).error, 'ollamaEndedEarly');
    assert.equal(shownAnswer(client.replies), ' 0:x 1:x 2:x');
    assert.equal(stack.ollama.asked.length, 1);
  });

  it('marks the answer interrupted when the agent was killed, keeps its text, and never asks again', async () => {
    const client = await stack.client();
    ask(client, 'x');
    stack.ollama.release(2);
    await until('two pieces', () => shownAnswer(client.replies) === ' 0:x 1:x');
    await new Promise((resolve) => setTimeout(resolve, 600)); // past the checkpoint
    await stack.restartAgent();
    const answer = () =>
      client.replies.findLast((reply) => reply.type === 'snapshot')?.messages.findLast(({ role }) => role === 'assistant');
    await until('interrupted', () => answer()?.state === 'interrupted', 20_000);
    assert.equal(answer()?.text, ' 0:x 1:x');
    assert.equal(stack.ollama.asked.length, 1);
  });
});
