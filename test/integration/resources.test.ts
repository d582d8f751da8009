import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import type { ChatReply } from '../../src/protocol/chat.ts';
import { AnswerView } from './support/answerView.ts';
import type { JsonProcess } from './support/childProcess.ts';
import { newId, Stack, until, type StackClient } from './support/stack.ts';

const MiB = 1024 * 1024;

/** Resident memory of a process. Linux alone. */
function residentBytes({ child }: JsonProcess): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(child.pid)}/status`, 'utf8'))?.[1];
  return Number(kib) * 1024;
}

function openFiles({ child }: JsonProcess): number {
  return readdirSync(`/proc/${String(child.pid)}/fd`).length;
}

async function answer(client: StackClient, question: string): Promise<AnswerView> {
  const view = new AnswerView(client.port, newId());
  const { conversationId } = view;
  client.port.send({ type: 'open', conversationId });
  client.port.send({ type: 'send', requestId: newId(), conversationId, text: question, model: 'stand-in:latest' });
  await until('the answer', () => view.isOver, 30_000);
  client.port.send({ type: 'close', conversationId });
  view.dispose();
  return view;
}

// Figures of their own are made by the benchmark; here stand bounds that a busy machine keeps too.
describe('latency, throughput and resources', function () {
  this.timeout(60_000);
  let stack: Stack;
  let client: StackClient;
  before(async () => {
    stack = await Stack.start({
      ollama: { script: ({ prompt }) => Array.from({ length: Number(prompt) }, (_, i) => ` token${String(i)}`) },
    });
    client = await stack.client();
  });
  after(() => stack.stop());

  it('adds little to each piece of an answer at 50 tokens a second', async () => {
    await stack.ollama.set({ tokensPerSec: 50 });
    const added: number[] = [];
    const subscription = client.port.onReply((reply: ChatReply) => {
      if (reply.type === 'event' && reply.event.type === 'chunk') added.push(Date.now() - reply.event.message.timestamp);
    });
    assert.equal((await answer(client, '100')).state, 'done');
    subscription.dispose();
    added.sort((a, b) => a - b);
    const p95 = added[Math.floor(added.length * 0.95)] ?? Infinity;
    assert.ok(added.length >= 90, `${String(added.length)} pieces: they come one by one`);
    assert.ok(p95 < 60, `p95 ${String(p95)} ms`);
  });

  it('carries an answer of 20,000 tokens as fast as the model writes it', async () => {
    await stack.ollama.set({ tokensPerSec: 0 });
    const startedAt = performance.now();
    const { state, text } = await answer(client, '20000');
    const seconds = (performance.now() - startedAt) / 1000;
    assert.deepEqual([state, text.endsWith(' token19999')], ['done', true]);
    assert.ok(20_000 / seconds > 1_000, `${(20_000 / seconds).toFixed(0)} tokens/s`);
  });

  it('keeps relay and device as small after 30 answers as after 10', async function () {
    if (process.platform !== 'linux') this.skip();
    const several = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) assert.equal((await answer(client, '1000')).state, 'done');
    };
    await several(10);
    const before = [stack.relay, stack.agent].map(residentBytes);
    const files = [stack.relay, stack.agent].map(openFiles);
    await several(20);
    for (const [index, one] of [stack.relay, stack.agent].entries()) {
      const grown = residentBytes(one) - (before[index] ?? 0);
      assert.ok(grown < 48 * MiB, `${['relay', 'agent'][index] ?? ''} grew ${String(Math.round(grown / MiB))} MiB`);
      assert.ok(openFiles(one) <= (files[index] ?? 0));
    }
    assert.ok(stack.ollama.openSockets <= 2, 'no connection to Ollama but those that are kept for reuse');
  });
});
