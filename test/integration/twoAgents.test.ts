import assert from 'node:assert/strict';
import { join } from 'node:path';
import { root } from '../harness/paths.ts';
import { AnswerView } from './support/answerView.ts';
import { JsonProcess } from './support/childProcess.ts';
import { newId, Stack, until } from './support/stack.ts';

describe('two agents of one OS user', function () {
  this.timeout(60_000);

  it('lets the second go with a reason while the first answers on, and one start at once after a SIGKILL', async () => {
    const stack = await Stack.start({ ollama: { tokensPerSec: 50 } });
    const state = ['--state', join(stack.folder, 'state'), '--relay', stack.relayUrl, '--ollama', stack.ollama.url];
    const startAnother = (): JsonProcess =>
      new JsonProcess(process.execPath, [
        '--disable-warning=ExperimentalWarning',
        join(root, 'dist', 'cli.mjs'),
        'agent',
        '--json',
        ...state,
      ]);
    const client = await stack.client();
    const view = new AnswerView(client.port, newId());
    try {
      client.port.send({ type: 'open', conversationId: view.conversationId });
      const text = 'one two three four five six seven eight nine ten '.repeat(4).trim();
      const send = { type: 'send', requestId: newId(), conversationId: view.conversationId, text, model: 'stand-in:latest' } as const;
      client.port.send(send);
      await until('the first words', () => view.text.length > 10);
      const second = startAnother();
      assert.notEqual(await second.ended, 0);
      assert.match(second.output, /anotherLeads|another|Another/);
      await until('the end', () => view.isOver);
      assert.deepEqual([view.state, view.text.endsWith('nine ten')], ['done', true]);
      await stack.agent.stop('SIGKILL');
      const third = startAnother();
      await third.first('state');
      await until('its connection', () => third.events.some((event) => event['state'] === 'connected'));
      await third.stop();
    } finally {
      view.dispose();
      await stack.stop();
    }
  });
});
