import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { newId, pairedClient, shownAnswer, Stack, until, type StackClient } from './support/stack.ts';

const CANARY = 'canary7f3';

describe('another person at the headless agent', function () {
  this.timeout(60_000);
  let stack: Stack;
  const clients: StackClient[] = [];
  before(async () => {
    stack = await Stack.start({ allow: false });
  });
  after(async () => {
    for (const client of clients) client.dispose();
    await stack.stop();
  });

  /** Pairs, with this answer typed at the agent's terminal. */
  async function letIn(answer: 'y' | 'g'): Promise<StackClient> {
    const { agent } = stack;
    const from = agent.events.length;
    const pairing = pairedClient(stack.link);
    await agent.first('request', from);
    agent.say(answer);
    const client = await pairing;
    clients.push(client);
    await agent.first('offer', from);
    return client;
  }

  const titles = async ({ port, replies }: StackClient): Promise<string[]> => {
    const from = replies.length;
    port.send({ type: 'listConversations' });
    await until('the list', () => replies.slice(from).some(({ type }) => type === 'conversations'));
    const list = replies.slice(from).find((reply) => reply.type === 'conversations');
    return list?.type === 'conversations' ? list.items.map(({ title }) => title) : [];
  };

  it('is let in with g, never sees the owner’s chats, and the audit tells of both without their words', async () => {
    const own = await letIn('y');
    const guest = await letIn('g');
    const conversationId = newId();
    for (const { port } of [own, guest]) port.send({ type: 'open', conversationId });
    own.port.send({ type: 'send', requestId: newId(), conversationId, text: `say ${CANARY}`, model: 'stand-in:latest' });
    await until('the answer', () => shownAnswer(own.replies).includes(CANARY));
    assert.deepEqual(await titles(own), [`say ${CANARY}`]);
    assert.deepEqual(await titles(guest), []);
    assert.ok(!JSON.stringify(guest.replies).includes(CANARY));
    const told = (client: StackClient): unknown => client.replies.find((reply) => reply.type === 'welcome')?.guest;
    assert.deepEqual([told(own), told(guest)], [undefined, true]);
    const file = join(stack.folder, 'state', 'audit.jsonl');
    const audit = readFileSync(file, 'utf8');
    const lines = audit
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      lines.filter(({ what }) => what === 'paired').map(({ kind, scope, guest: isGuest }) => ({ kind, scope, isGuest })),
      [
        { kind: 'cli', scope: 'chat', isGuest: undefined },
        { kind: 'cli', scope: 'chat', isGuest: true },
      ],
    );
    const question = lines.find(({ what }) => what === 'question');
    assert.deepEqual([question?.['model'], question?.['bytes'], question?.['outcome']], ['stand-in:latest', 13, 'ok']);
    assert.ok(!audit.includes(CANARY));
    if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600);
  });
});
