import assert from 'node:assert/strict';
import { join } from 'node:path';
import { defaultKnobs } from '../standin/knobs.ts';
import { root } from '../harness/paths.ts';
import { defaultKnobs as ourKnobs, sameCases } from './clients/cases.ts';
import { exceptions } from './clients/exceptions.ts';
import { collect, officialClients, type Clients, type Mount } from './clients/officialClients.ts';
import { comparable, outcomeOf } from './clients/outcome.ts';
import { JsonProcess } from './support/childProcess.ts';
import { Stack, until } from './support/stack.ts';

const cli = join(root, 'dist', 'cli.mjs');
const model = 'stand-in:latest';
const messages = [{ role: 'user', content: 'hello' }];

/** A streamed request of each client that can be aborted at any time, and the first pieces of its answer. */
const abortable: Readonly<Record<string, (clients: Clients, signal: AbortSignal) => Promise<unknown>>> = {
  'openai chat': ({ openai }, signal) => openai.chat.completions.create({ model, messages, stream: true }, { signal }),
  'openai responses': ({ openai }, signal) => openai.responses.create({ model, input: 'x', stream: true }, { signal }),
  '@anthropic-ai/sdk': ({ anthropic }, signal) => anthropic.messages.create({ model, max_tokens: 99, messages, stream: true }, { signal }),
};

describe('the official npm clients', function () {
  this.timeout(60_000);
  let stack: Stack;
  let proxy: JsonProcess;
  const mounts = {} as Record<'direct' | 'proxy' | 'relay', Mount>;
  before(async () => {
    const smart = { name: 'smart', capabilities: ['completion', 'tools', 'thinking'] };
    stack = await Stack.start({ relayArgs: ['--gateway'], ollama: { models: [model, smart], numParallel: 64 } });
    stack.agent.say('k test');
    const key = String((await stack.agent.first('key'))['key']);
    const args = ['--disable-warning=ExperimentalWarning', join(root, 'dist', 'cli.mjs'), 'proxy', '--json', '--port', '0'];
    proxy = new JsonProcess(process.execPath, [...args, '--relay', stack.relayUrl], { env: { ...process.env, C2L_KEY: key } });
    mounts.direct = { url: stack.ollama.url, key: 'none' };
    mounts.proxy = { url: String((await proxy.first('listening'))['url']), key: 'none' };
    mounts.relay = { url: stack.relayUrl, key };
  });
  after(async () => {
    assert.equal(await proxy.stop(), 0);
    await stack.stop();
  });
  const turn = (knobs: object = {}): Promise<void> => stack.ollama.set({ ...defaultKnobs, numParallel: 64, ...ourKnobs, ...knobs });
  afterEach(() => turn());

  for (const name of ['proxy', 'relay'] as const) {
    for (const [client, cases] of Object.entries(sameCases))
      it(`find the same through the ${name} as directly: ${client} streams, lists, embeds, uses tools and gets errors`, async () => {
        const direct = await officialClients(mounts.direct);
        const ours = await officialClients(mounts[name]);
        for (const one of cases) {
          await turn(one.knobs);
          const expected = comparable(await outcomeOf(one, direct, stack.ollama));
          assert.deepEqual(comparable(await outcomeOf(one, ours, stack.ollama)), expected, `${client} ${one.name}`);
        }
      });

    it(`find through the ${name} only those differences that the table names`, async () => {
      const direct = await officialClients(mounts.direct);
      const ours = await officialClients(mounts[name]);
      for (const one of exceptions) {
        await turn(one.knobs);
        const expected = await outcomeOf(one, direct, stack.ollama);
        const got = await outcomeOf(one, ours, stack.ollama);
        assert.notDeepEqual(comparable(got), comparable(expected), `${one.name}: no exception any more`);
        one.check(expected, got);
      }
    });

    it(`stop the model within a second when they abort through the ${name}, before the first token and after`, async () => {
      const clients = await officialClients(mounts[name]);
      await turn({ gate: 'manual' });
      /** Asks, aborts, and waits until Ollama has seen it. */
      const abort = async (what: string, ask: () => Promise<unknown>, stop: () => void, isBegun: boolean): Promise<void> => {
        const before = stack.ollama.asked.length;
        const asked = ask().then((stream) => (stream as AsyncIterable<unknown>)[Symbol.asyncIterator]());
        asked.catch(() => undefined);
        await until(`the request of ${what}`, () => stack.ollama.asked.length > before && stack.ollama.heldBack > 0);
        const reading: Promise<unknown>[] = [];
        if (isBegun) {
          stack.ollama.release();
          const stream = await asked;
          assert.equal((await stream.next()).done, false);
          reading.push(stream.next());
        }
        for (const each of reading) each.catch(() => undefined);
        const record = stack.ollama.asked.at(-1);
        stop();
        await until(`the end of the request of ${what}`, () => record?.cancelledAt !== undefined, 1_000);
      };
      for (const [what, ask] of Object.entries(abortable))
        for (const isBegun of [false, true]) {
          const controller = new AbortController();
          await abort(what, () => ask(clients, controller.signal), () => { controller.abort(); }, isBegun); // prettier-ignore
        }
      // of Ollama's own the abort works once the head has come
      await abort('ollama', () => clients.ollama.chat({ model, messages, stream: true }), () => { clients.ollama.abort(); }, true); // prettier-ignore
    });
  }

  it('lose within a second what a key has open at proxy and gateway when the command line revokes it beside the running agent', async () => {
    const keys = (...args: string[]): JsonProcess =>
      new JsonProcess(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', cli, 'agent', 'keys', ...args, '--json', '--state', join(stack.folder, 'state')],
        {
          secrets: stack.secrets,
        },
      );
    const made = await keys('create', 'Short-lived').first('key');
    const env = { ...process.env, C2L_KEY: String(made['key']) };
    const own = new JsonProcess(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', cli, 'proxy', '--json', '--port', '0', '--relay', stack.relayUrl],
      { env },
    );
    await turn({ gate: 'manual' });
    const begun = stack.ollama.asked.length;
    const mountsOfKey = [
      { url: String((await own.first('listening'))['url']), key: 'none' },
      { url: stack.relayUrl, key: String(made['key']) },
    ];
    const asked = await Promise.all(mountsOfKey.map(async (mount) => (await officialClients(mount)).openai));
    const runs = asked.map((openai) => openai.chat.completions.create({ model, messages, stream: true }).then(collect));
    for (const run of runs) run.catch(() => undefined);
    await until('the requests', () => stack.ollama.asked.length === begun + 2);
    await keys('revoke', 'Short-lived').first('revoked');
    await until(
      'the end of both requests',
      () => stack.ollama.asked.slice(begun).every(({ cancelledAt }) => cancelledAt !== undefined),
      1_000,
    );
    for (const run of runs) await assert.rejects(run);
    await assert.rejects(asked[1]?.models.list() ?? Promise.resolve(), { status: 401 });
    await own.stop();
  });

  it('get what a model says after a silence of more than ten seconds, and an error that comes then in the stream', async () => {
    const streams: Readonly<Record<string, (clients: Clients) => Promise<unknown>>> = {
      ollama: ({ ollama }) => ollama.chat({ model, messages, stream: true }),
      completions: ({ openai }) => openai.chat.completions.create({ model, messages, stream: true }),
      responses: ({ openai }) => openai.responses.create({ model, input: 'hello', stream: true }),
      messages: ({ anthropic }) => anthropic.messages.create({ model, max_tokens: 99, messages, stream: true }),
    };
    const late = 'llama-server process has terminated: signal: killed';
    const runs: { what: string; clients: Clients; run: Promise<unknown>; isError: boolean }[] = [];
    const silent = { ttftMs: 11_000, script: ['All ', 'is ', 'well.'] };
    for (const isError of [false, true]) {
      await turn(isError ? { ...silent, errorAfter: 0, errorText: late } : silent);
      const before = stack.ollama.asked.length;
      for (const name of ['proxy', 'relay'] as const)
        for (const [what, ask] of Object.entries(streams)) {
          const clients = await officialClients(mounts[name]);
          const run = ask(clients).then(collect);
          run.catch(() => undefined);
          runs.push({ what: `${what} at the ${name}`, clients, run, isError });
        }
      await until('the requests', () => stack.ollama.asked.length === before + 8);
    }
    for (const { what, clients, run, isError } of runs) {
      if (isError) await assert.rejects(run, (error: Error) => error.message.includes('llama-server process has terminated'), what);
      else assert.match(JSON.stringify(await run), /well\./, what);
      const [{ status, body } = assert.fail(what)] = clients.wire;
      assert.equal(status, 200);
      assert.match(await body, /^(?: |: still waiting\n\n)(?:data|event|\{)/, what);
    }
  });
});
