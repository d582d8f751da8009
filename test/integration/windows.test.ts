import assert from 'node:assert/strict';
import { newId, until } from './support/stack.ts';
import { question, reply, takeOver, Windows, type Takeover } from './windows/windows.ts';

describe('windows of one OS user, as processes', function () {
  this.timeout(120_000);
  let world: Windows;

  beforeEach(async () => {
    world = await Windows.start();
  });
  afterEach(async () => {
    await world.stop();
  });

  it('are one device at the relay, and one takes over within 2 s when the one that leads is killed, ten times', async () => {
    await world.open();
    await world.connect();
    await world.open();
    await world.open();
    const shower = world.windows[2] ?? world.leader;
    const client = await world.pair(shower);
    const askedIn = world.windows.filter(({ process: { events } }) => events.some(({ event }) => event === 'request'));
    assert.deepEqual(askedIn, [shower], 'asked in the window that showed the link');
    const takeovers: Takeover[] = [];
    try {
      for (let kill = 0; kill < 10; kill++) {
        takeovers.push(await takeOver(world, Math.random));
        await world.open();
        await until('the connection', () => world.windows.every(({ status }) => status === 'connected' || status === 'streaming'), 20_000);
        await until('the same browser again', () => client.tunnel.supervisor.state.kind === 'connected', 20_000);
      }
      assert.deepEqual(
        takeovers.flatMap(({ faults }) => faults),
        [],
      );
      assert.ok(Math.max(...takeovers.map(({ ms }) => ms)) <= 2_000, JSON.stringify(takeovers));
      const ids = await Promise.all(world.windows.map((window) => window.order({ do: 'facts' })));
      assert.equal(new Set(ids.map(({ deviceId }) => deviceId)).size, 1);
      assert.ok(ids.every(({ online }) => online === 1));
    } finally {
      client.dispose();
    }
  });

  it('follow the headless agent, and one leads when it is killed', async () => {
    const agent = world.startAgent();
    await until('its connection', () => agent.events.some(({ state }) => state === 'connected'));
    const window = await world.open();
    const other = await world.open();
    assert.deepEqual([window.seat?.kind, window.seat?.role], ['follows', 'agent']);
    await until('its status', () => window.status === 'connected');
    const conversationId = newId();
    await other.chat({ type: 'open', conversationId });
    await window.chat({ type: 'send', requestId: newId(), conversationId, text: question, model: 'stand-in:latest' });
    await until('the answer', () => other.answer(conversationId).state === 'done');
    assert.equal(other.answer(conversationId).text, reply);
    const killedAt = Date.now();
    await agent.stop('SIGKILL');
    await until('a leader', () => world.leaders.length === 1);
    assert.ok((world.leader.seat?.at ?? Infinity) - killedAt <= 2_000);
    await until('its connection', () => world.windows.every(({ status }) => status === 'connected'), 20_000);
  });

  it('name a paused leader within some seconds and show the chats to be read, then go on with it where it stood', async () => {
    const leader = await world.open('Editor, garden');
    const window = await world.open();
    const conversationId = newId();
    await window.chat({ type: 'open', conversationId });
    await window.chat({ type: 'send', requestId: newId(), conversationId, text: question, model: 'stand-in:latest' });
    await until('words that are written down', () => window.answer(conversationId).text.length > 150);
    leader.process.child.kill('SIGSTOP');
    try {
      const { words } = await window.process.first('stuckWords');
      assert.match(String(words), new RegExp(`does not answer: Editor, garden, process ${String(leader.pid)}`));
      assert.equal(window.seat?.kind, 'stuck');
      const refused = await window.order({
        do: 'chat',
        request: { type: 'send', requestId: newId(), conversationId, text: 'lost?', model: 'stand-in:latest' },
      });
      assert.deepEqual([refused['event'], refused['error']], ['failed', 'leaderStuck']);
      await until('what was written', () => window.answer(conversationId).text.length > 20);
    } finally {
      leader.process.child.kill('SIGCONT');
    }
    await until('following again', () => window.seat?.kind === 'follows');
    await until('the end', () => window.answer(conversationId).state === 'done', 20_000);
    assert.equal(window.answer(conversationId).text, reply);
    assert.equal(world.ollama.asked.length, 1);
    leader.process.child.kill('SIGSTOP');
    await world.kill(leader);
    await until('a leader', () => world.leaders.length === 1, 3_000);
  });
});
