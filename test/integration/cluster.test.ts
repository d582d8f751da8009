import assert from 'node:assert/strict';
import { connect } from '@nats-io/transport-node';
import { AnswerView } from './support/answerView.ts';
import { ClusterStack } from './support/clusterStack.ts';
import { hasNatsServer } from './support/natsServer.ts';
import { newId, until, type StackClient } from './support/stack.ts';

const PIECES = 12;
const pieces = (prompt: string): string[] => Array.from({ length: PIECES }, (_, i) => ` ${String(i)}:${prompt}`);
const text = (prompt: string, count: number): string => pieces(prompt).slice(0, count).join('');
/** Three times what a recovery takes in quiet. */
const RECOVERY_MS = 20_000;

if (hasNatsServer)
  describe('three relay nodes over NATS', function () {
    this.timeout(90_000);
    let stack: ClusterStack;
    let client: StackClient;
    let view: AnswerView;
    let question = 0;
    let asked = '';

    before(async () => {
      stack = await ClusterStack.start({ gate: 'manual', script: ({ prompt }) => pieces(prompt) });
      client = await stack.client();
    });
    after(async () => {
      await stack.stop();
    });
    afterEach(() => {
      view.dispose();
    });

    /** A new question of whose answer four pieces are shown, from a device at the first node to a page at the second. */
    async function begin(): Promise<void> {
      await stack.place(0, 1);
      asked = `canary-${String(++question)}`;
      view = new AnswerView(client.port, newId());
      client.port.send({ type: 'open', conversationId: view.conversationId });
      client.port.send({ type: 'send', requestId: newId(), conversationId: view.conversationId, text: asked, model: 'stand-in:latest' });
      stack.ollama.release(4);
      await until('four pieces', () => view.text === text(asked, 4), RECOVERY_MS);
    }

    /** Two more pieces came through after what happened. @returns after how many ms */
    async function goesOn(since: number): Promise<number> {
      stack.ollama.release(2);
      await until('six pieces', () => view.text === text(asked, 6), RECOVERY_MS);
      return Math.round(performance.now() - since);
    }

    async function endsExactly(): Promise<void> {
      stack.ollama.release(PIECES - 6);
      await until('the end', () => view.isOver, RECOVERY_MS);
      assert.deepEqual([view.state, view.text], ['done', text(asked, PIECES)]);
      assert.equal(stack.ollama.asked.length, question, 'the model was asked once for each question');
    }

    it('carry an answer from a device at one to a page at another, piece by piece', async () => {
      await begin();
      await goesOn(performance.now());
      await endsExactly();
    });

    it('say nothing over NATS that can be read, and name nothing but hashes and nodes', async () => {
      await begin();
      const heard: { subject: string; data: Buffer }[] = [];
      const spy = await connect({ servers: `127.0.0.1:${String(stack.nats.port)}` });
      spy.subscribe('>', {
        callback: (_error, { subject, data }) => void heard.push({ subject, data: Buffer.from(data) }),
      });
      await spy.flush();
      await stack.place(0, 1);
      await goesOn(performance.now());
      await endsExactly();
      await spy.close();
      const node = '[0-9a-f]{16}';
      const shapes = [/^c2l1\.[hwk]\.[\w-]{43}$/, new RegExp(`^c2l1\\.n\\.${node}\\.(d|a\\.\\d+)$`)];
      assert.deepEqual(
        heard.filter(({ subject }) => !shapes.some((shape) => shape.test(subject))).map(({ subject }) => subject),
        [],
      );
      const records = heard.filter(({ subject, data }) => subject.endsWith('.d') && data.length > 70);
      assert.ok(records.length >= 4, `only ${String(records.length)} were heard`);
      for (const { data } of heard) {
        for (const form of [asked, Buffer.from(asked).toString('hex')]) assert.equal(data.includes(form), false);
      }
    });

    it('go on exactly when the node of the device is killed in the middle of an answer', async () => {
      await begin();
      const since = performance.now();
      await stack.node(0).process.stop('SIGKILL');
      console.log(`      after ${String(await goesOn(since))} ms`);
      await endsExactly();
      await stack.node(0).startAgain();
    });

    it('go on exactly when the node of the page is killed in the middle of an answer', async () => {
      await begin();
      const since = performance.now();
      await stack.node(1).process.stop('SIGKILL');
      console.log(`      after ${String(await goesOn(since))} ms`);
      await endsExactly();
      await stack.node(1).startAgain();
    });

    it('keep the text while NATS is away, and go on exactly when it is back', async () => {
      await begin();
      await stack.nats.kill();
      await until('the page has lost its device', () => client.port.status.state === 'reconnecting', RECOVERY_MS);
      assert.deepEqual([view.state, view.text], ['streaming', text(asked, 4)]);
      for (const node of stack.nodes) {
        await until('the node says so', () => node.process.output.includes('NATS lost'), RECOVERY_MS);
        assert.equal((await node.status()).bus?.isUp, false);
      }
      await stack.nats.startAgain();
      console.log(`      after ${String(await goesOn(performance.now()))} ms`);
      await endsExactly();
    });

    it('are restarted one after the other under an answer that goes on exactly', async () => {
      await begin();
      const since = performance.now();
      for (const node of stack.nodes) {
        await node.process.stop('SIGTERM');
        await node.startAgain();
      }
      console.log(`      after ${String(await goesOn(since))} ms`);
      await endsExactly();
    });
  });
