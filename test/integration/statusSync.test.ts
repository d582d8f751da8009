import assert from 'node:assert/strict';
import type { JsonProcess } from './support/childProcess.ts';
import { AnswerView } from './support/answerView.ts';
import { newId, Stack, until, type StackClient } from './support/stack.ts';

/** By when each end shows what is, ms. */
const SYNC_MS = 2_000;
/** A relay or a device that is back is found by a waiting end within this, ms. */
const BACK_MS = 7_000;

/** What device, client and client's view of Ollama say, each in a word. */
interface Shown {
  readonly device: string;
  readonly client: string;
  readonly ollama: string;
}

describe('status sync accuracy', function () {
  this.timeout(60_000);
  let stack: Stack;
  let client: StackClient;
  before(async () => {
    stack = await Stack.start({ ollama: { gate: 'manual', script: 'a b c' } });
    client = await stack.client();
  });
  after(() => stack.stop());

  const deviceStates = (agent: JsonProcess): string[] =>
    agent.events.filter(({ event }) => event === 'state').map(({ state }) => String(state));

  function shown(): Shown {
    const ollama = client.replies.findLast((reply) => reply.type === 'ollama');
    return {
      device: deviceStates(stack.agent).at(-1) ?? 'none',
      client: client.port.status.state,
      ollama: ollama?.type === 'ollama' ? ollama.status.state : 'none',
    };
  }

  async function becomes(what: string, expected: Partial<Shown>, limitMs = SYNC_MS): Promise<void> {
    const holds = (): boolean => Object.entries(expected).every(([name, value]) => shown()[name as keyof Shown] === value);
    await until(what, holds, limitMs).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(shown())}`);
    });
  }

  it('shows on both ends what is, as answers, Ollama, relay and device come and go, and is never green without proof', async () => {
    await becomes('all is well', { device: 'connected', client: 'connected', ollama: 'ok' });

    const view = new AnswerView(client.port, newId());
    const { conversationId } = view;
    client.port.send({ type: 'open', conversationId });
    client.port.send({ type: 'send', requestId: newId(), conversationId, text: 'x', model: 'stand-in:latest' });
    await becomes('an answer is written', { device: 'streaming', client: 'streaming' });
    stack.ollama.release(3);
    await until('its end', () => view.state === 'done');
    await becomes('it is written', { device: 'connected', client: 'connected' });

    await stack.ollama.set({ refuse: true });
    client.port.send({ type: 'send', requestId: newId(), conversationId, text: 'y', model: 'stand-in:latest' });
    // Which of the two depends on whether this machine has one installed.
    await until('Ollama is away', () => ['notRunning', 'notInstalled'].includes(shown().ollama), SYNC_MS);
    assert.equal(shown().client, 'connected');
    await stack.ollama.set({ refuse: false, gate: 'open' });
    await becomes('Ollama is back', { ollama: 'ok' }, 35_000);

    await stack.killRelay();
    await becomes('the relay is away', { device: 'reconnecting', client: 'reconnecting' });
    assert.equal(client.port.status.error, 'relayUnreachable');
    assert.equal(client.tunnel.metrics.quality, 'unknown');
    await stack.startRelay();
    await becomes('the relay is back', { device: 'connected', client: 'connected' }, BACK_MS);

    await stack.agent.stop('SIGKILL');
    await becomes('the device is away', { client: 'reconnecting' });
    assert.equal(client.port.status.error, 'deviceOffline');
    await stack.restartAgent();
    await becomes('the device is back', { device: 'connected', client: 'connected', ollama: 'ok' });
    view.dispose();
  });
});
