import assert from 'node:assert/strict';
import { join } from 'node:path';
import { root } from '../../harness/paths.ts';
import { AnswerView } from '../support/answerView.ts';
import { JsonProcess } from '../support/childProcess.ts';
import { newId, Stack, until, type StackClient, type StackOptions } from '../support/stack.ts';

const PIECES = 12;
const pieces = (prompt: string): string[] => Array.from({ length: PIECES }, (_, i) => ` ${String(i)}:${prompt}`);
const text = (count: number): string => pieces('x').slice(0, count).join('');
/** By now what was shown is on the device's disk: a checkpoint is due every quarter of a second. */
const CHECKPOINT_MS = 600;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function ask(client: StackClient, question = 'x'): AnswerView {
  const view = new AnswerView(client.port, newId());
  client.port.send({ type: 'open', conversationId: view.conversationId });
  client.port.send({ type: 'send', requestId: newId(), conversationId: view.conversationId, text: question, model: 'stand-in:latest' });
  return view;
}

/** What the client's port says of the way, e.g. `reconnecting: deviceOffline`. */
function condition({ port }: StackClient): string {
  const { state, error } = port.status;
  return error === undefined ? state : `${state}: ${error}`;
}

describe('each hop killed in the middle of an answer', function () {
  this.timeout(60_000);
  let stack: Stack;
  let client: StackClient;
  let view: AnswerView;

  /** An answer of which four pieces are shown. */
  async function begin(options: StackOptions = {}): Promise<void> {
    stack = await Stack.start({ ollama: { gate: 'manual', script: ({ prompt }) => pieces(prompt) }, ...options });
    client = await stack.client();
    if (options.ollamaUrl !== undefined) return;
    view = ask(client);
    stack.ollama.release(4);
    await until('four pieces', () => view.text === text(4));
  }
  /** All of it, asked for once, and the request to the model has ended. */
  async function goesOnExactly(): Promise<void> {
    stack.ollama.release(PIECES);
    await until('the end', () => view.isOver);
    assert.deepEqual([view.state, view.text], ['done', text(PIECES)]);
    assert.equal(stack.ollama.asked.length, 1);
    await until('the end of the request', () => stack.ollama.asked[0]?.closedBy === 'server', 2_000);
  }
  afterEach(async () => {
    view.dispose();
    await stack.stop();
  });

  it('relay: the text stands, both ends know within 2 s, and the answer goes on exactly at the next relay', async () => {
    await begin();
    await stack.killRelay();
    await until('the client knows', () => condition(client) === 'reconnecting: relayUnreachable', 2_000);
    await until('the device knows', () => lastState(stack.agent) === 'reconnecting: relayUnreachable', 2_000);
    assert.deepEqual([view.state, view.text], ['streaming', text(4)]);
    stack.ollama.release(2);
    await stack.startRelay();
    await until('six pieces', () => view.text === text(6), 7_000);
    assert.match(condition(client), /^(connected|streaming)$/);
    await goesOnExactly();
  });

  it('relay stopped for 12 s and let go: the text stands, and the answer goes on exactly', async () => {
    await begin();
    stack.relay.child.kill('SIGSTOP');
    stack.ollama.release(2);
    await pause(12_000);
    assert.deepEqual([view.state, view.text], ['streaming', text(4)]);
    stack.relay.child.kill('SIGCONT');
    await until('six pieces', () => view.text === text(6), 7_000);
    await goesOnExactly();
  });

  it('device: the client waits for it within 2 s, no request is left at the model, and the answer is interrupted within 2 s of its return', async () => {
    await begin();
    await pause(CHECKPOINT_MS);
    await stack.agent.stop('SIGKILL');
    await until('the client waits for the device', () => condition(client) === 'reconnecting: deviceOffline', 2_000);
    await until('the request is over', () => stack.ollama.asked[0]?.closedBy === 'client', 2_000);
    assert.deepEqual([view.state, view.text], ['streaming', text(4)]);
    await stack.restartAgent();
    await until('interrupted', () => view.state === 'interrupted', 2_000);
    assert.equal(view.text, text(4));
    assert.equal(stack.ollama.asked.length, 1);
  });

  it('device stopped for 3 s and let go: the text stands, and the answer goes on exactly', async () => {
    await begin();
    stack.agent.child.kill('SIGSTOP');
    stack.ollama.release(2);
    await pause(3_000);
    assert.deepEqual([view.state, view.text], ['streaming', text(4)]);
    stack.agent.child.kill('SIGCONT');
    await until('six pieces', () => view.text === text(6), 5_000);
    await goesOnExactly();
  });

  it('client: the answer is written to its end and stored whole, and the request to the model has ended', async () => {
    await begin();
    await goesOnExactly();
    const before = stack.agent.events.length;
    const script = join(root, 'scripts/ask.ts');
    const other = new JsonProcess(process.execPath, [
      '--disable-warning=ExperimentalWarning',
      script,
      '--link',
      stack.link,
      '--question',
      'y',
    ]);
    try {
      let shown = '';
      other.child.stdout?.on('data', (bytes: Buffer) => (shown += bytes.toString()));
      await until('its question', () => stack.ollama.heldBack > 0);
      stack.ollama.release(3);
      await until('three pieces there', () => shown.includes(' 2:y'));
    } finally {
      await other.stop('SIGKILL');
    }
    await stack.agent.first('offer', before);
    assert.equal(stack.ollama.asked[1]?.closedBy, undefined, 'the answer is still being written');
    stack.ollama.release(PIECES);
    await until('the end of the request', () => stack.ollama.asked[1]?.closedBy === 'server', 5_000);
    client.port.send({ type: 'listConversations' });
    const found = (): string | undefined =>
      client.replies.flatMap((reply) => (reply.type === 'conversations' ? reply.items : [])).find(({ id }) => id !== view.conversationId)
        ?.id;
    await until('the list', () => found() !== undefined);
    const later = new AnswerView(client.port, found() ?? '');
    client.port.send({ type: 'open', conversationId: later.conversationId });
    await until('the whole answer', () => later.text === pieces('y').join(''));
    assert.equal(later.state, 'done');
    later.dispose();
  });

  it('Ollama: the text stands as interrupted within 2 s, with its cause, and nothing is asked again', async () => {
    const ollama = await RealOllama.start();
    try {
      await begin({ ollamaUrl: ollama.url });
      view = ask(client, longQuestion);
      await until('some words', () => view.text.length > 30);
      await ollama.process.stop('SIGKILL');
      await until('interrupted', () => view.state === 'interrupted', 2_000);
      assert.equal(view.error, 'ollamaEndedEarly');
      assert.ok(view.text.length > 30 && longAnswer.startsWith(view.text), view.text);
      await ollama.startAgain();
      await pause(1_000);
      assert.equal((await ollama.state()).asked, 0);
      assert.match(condition(client), /^(connected|streaming)$/);
    } finally {
      await ollama.process.stop('SIGKILL');
    }
  });

  it('Ollama stopped for 3 s and let go: the answer goes on exactly', async () => {
    const ollama = await RealOllama.start();
    try {
      await begin({ ollamaUrl: ollama.url });
      view = ask(client, longQuestion);
      await until('some words', () => view.text.length > 30);
      ollama.process.child.kill('SIGSTOP');
      await pause(3_000);
      assert.equal(view.state, 'streaming');
      ollama.process.child.kill('SIGCONT');
      await until('the end', () => view.isOver, 20_000);
      assert.deepEqual([view.state, view.text], ['done', longAnswer]);
      assert.equal((await ollama.state()).asked, 1);
    } finally {
      await ollama.process.stop('SIGKILL');
    }
  });
});

function lastState(agent: JsonProcess): string {
  const last = agent.events.findLast(({ event }) => event === 'state');
  return [last?.['state'], last?.['error']].filter((word) => typeof word === 'string').join(': ');
}

const longQuestion = Array.from({ length: 150 }, (_, i) => `word${String(i)}`).join(' ');
const longAnswer = `I am the stand-in for Ollama, not a model. You asked: ${longQuestion}`;

/** The stand-in as a process of its own, so that it can be killed. */
class RealOllama {
  process: JsonProcess;
  readonly url: string;

  private constructor(process: JsonProcess, url: string) {
    this.process = process;
    this.url = url;
  }

  static async start(): Promise<RealOllama> {
    const process = RealOllama.#run('0');
    const { url } = await process.first('listening');
    return new RealOllama(process, String(url));
  }

  static #run(port: string): JsonProcess {
    const main = join(root, 'test/standin/main.ts');
    return new JsonProcess(globalThis.process.execPath, ['--disable-warning=ExperimentalWarning', main, '--json', '--port', port]);
  }

  async startAgain(): Promise<void> {
    this.process = RealOllama.#run(new URL(this.url).port);
    await this.process.first('listening');
  }

  async state(): Promise<{ readonly asked: number }> {
    const response = await fetch(`${this.url}/_standin/state`, { headers: { connection: 'close' } });
    return (await response.json()) as { asked: number };
  }
}
