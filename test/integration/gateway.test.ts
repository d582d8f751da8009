import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { root } from '../harness/paths.ts';
import { JsonProcess } from './support/childProcess.ts';
import { Stack, until } from './support/stack.ts';

/** A way to the device's Ollama, as an HTTP client sees it. */
interface Mount {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const okModel = 'stand-in:latest';
const ask = (text: string, stream = true): string =>
  JSON.stringify({ model: okModel, stream, messages: [{ role: 'user', content: text }] });

/** Sends one request and resolves with its answer's head. */
async function send({ url, headers }: Mount, method: string, path: string, body?: string): Promise<IncomingMessage> {
  const outgoing = request(`${url}${path}`, { method, headers: { ...headers, 'content-type': 'application/json' }, agent: false });
  outgoing.end(body);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  answer.on('error', () => undefined);
  return answer;
}

async function whole(answer: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of answer) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}

/** What differs between two answers of the same model: times and ids. */
function comparable(text: string): string {
  return text
    .replace(/"created_at":"[^"]*"/g, '"created_at"')
    .replace(/"created":\d+/g, '"created"')
    .replace(/chatcmpl-\d+/g, 'chatcmpl')
    .replace(/_duration":\d+/g, '_duration"');
}

describe('the API through a tunnel', () => {
  let stack: Stack;
  let proxy: JsonProcess;
  let key: string;
  const mounts: Record<'relay' | 'proxy', Mount> = { relay: { url: '', headers: {} }, proxy: { url: '', headers: {} } };
  before(async () => {
    stack = await Stack.start({ relayArgs: ['--gateway'] });
    stack.agent.say('k test');
    key = String((await stack.agent.first('key'))['key']);
    proxy = startProxy(stack.relayUrl, key);
    mounts.relay = { url: stack.relayUrl, headers: { authorization: `Bearer ${key}` } };
    mounts.proxy = { url: String((await proxy.first('listening'))['url']), headers: {} };
  });
  after(async () => {
    assert.equal(await proxy.stop(), 0);
    await stack.stop();
  });
  afterEach(async () => {
    await stack.ollama.set({ gate: 'open', lineSize: 0, script: defaultScript });
  });
  const defaultScript = ({ prompt }: { readonly prompt: string }): string =>
    `You said: ${prompt} – ünïcode ✓ and then some more words to stream.`;

  for (const name of ['relay', 'proxy'] as const) {
    describe(`at the ${name}`, () => {
      let mount: Mount;
      let direct: Mount;
      before(async () => {
        mount = mounts[name];
        direct = { url: stack.ollama.url, headers: {} };
        await stack.ollama.set({ script: defaultScript });
      });

      it('streams NDJSON and SSE byte for byte as Ollama sends them', async () => {
        for (const path of ['/api/chat', '/v1/chat/completions']) {
          const [ours, theirs] = [await send(mount, 'POST', path, ask('hello')), await send(direct, 'POST', path, ask('hello'))];
          assert.deepEqual([ours.statusCode, ours.headers['content-type']], [200, theirs.headers['content-type']]);
          assert.equal(comparable(await whole(ours)), comparable(await whole(theirs)));
        }
        const [list, theirList] = [await send(mount, 'GET', '/api/tags'), await send(direct, 'GET', '/api/tags')];
        assert.deepEqual(JSON.parse(await whole(list)), JSON.parse(await whole(theirList)));
      });

      it('sends each piece when it comes, with headers that forbid to hold it back', async () => {
        await stack.ollama.set({ gate: 'manual' });
        const asked = send(mount, 'POST', '/api/chat', ask('slowly'));
        await until('the first piece', () => stack.ollama.heldBack > 0);
        stack.ollama.release();
        const answer = await asked;
        assert.equal(answer.headers['x-accel-buffering'], 'no');
        assert.match(String(answer.headers['cache-control']), /no-transform/);
        let lines = 0;
        answer.setEncoding('utf8').on('data', (text: string) => (lines += text.split('\n').length - 1));
        for (let expected = 1; expected <= 4; expected++) {
          await until(`line ${String(expected)}`, () => lines === expected, 2_000);
          if (expected < 4) stack.ollama.release();
        }
        await stack.ollama.set({ gate: 'open' });
        await once(answer, 'end');
      });

      it('stops the model within a second of the caller’s leaving', async () => {
        await stack.ollama.set({ gate: 'manual' });
        const asked = send(mount, 'POST', '/api/chat', ask('leave'));
        await until('the first piece', () => stack.ollama.heldBack > 0);
        stack.ollama.release();
        const answer = await asked;
        const record = stack.ollama.asked.at(-1);
        assert.ok(record && record.cancelledAt === undefined);
        answer.destroy();
        await until('the end of the request', () => record.cancelledAt !== undefined, 1_000);
        await stack.ollama.set({ gate: 'open' });
      });

      it('stops the model too when the caller leaves before the first byte', async () => {
        await stack.ollama.set({ gate: 'manual' });
        const before = stack.ollama.asked.length;
        const outgoing = request(`${mount.url}/api/chat`, { method: 'POST', headers: mount.headers, agent: false });
        outgoing.on('error', () => undefined);
        outgoing.end(ask('leave early'));
        await until('the request', () => stack.ollama.asked.length > before && stack.ollama.heldBack > 0);
        outgoing.destroy();
        const record = stack.ollama.asked.at(-1);
        await until('the end of the request', () => record?.cancelledAt !== undefined, 1_000);
        await stack.ollama.set({ gate: 'open' });
      });

      it('carries a prompt of a megabyte there and an answer line of four back', async () => {
        const prompt = 'lorem ipsum '.repeat(87_000);
        await stack.ollama.set({ script: 'fine', lineSize: 4 * 1024 * 1024 });
        const answer = await send(mount, 'POST', '/api/chat', ask(prompt));
        const text = await whole(answer);
        assert.ok(text.length > 4 * 1024 * 1024);
        for (const line of text.trimEnd().split('\n')) JSON.parse(line);
        const { messages } = JSON.parse(stack.ollama.asked.at(-1)?.body ?? '') as { messages: { content: string }[] };
        assert.equal(messages.at(-1)?.content, prompt);
      });

      it('slows Ollama down for a reader that stands still, and goes on with it', async () => {
        const words = `${'w'.repeat(4_000)} `.repeat(8_000); // more than all socket buffers on the way hold
        await stack.ollama.set({ script: words });
        const answer = await send(mount, 'POST', '/api/chat', ask('much'));
        const record = stack.ollama.asked.at(-1);
        let pieces = -1;
        await until('a standstill', () => {
          const stands = record?.pieces === pieces;
          pieces = record?.pieces ?? 0;
          return stands;
        });
        assert.ok(pieces < 6_000, `${String(pieces)} pieces`);
        const text = (await whole(answer)).trimEnd().split('\n');
        const said = text.map((line) => (JSON.parse(line) as { message: { content: string } }).message.content).join('');
        assert.ok(said.trim() === words.trim(), 'the answer is another one'); // too long to be shown
      });

      it('answers as Ollama does to what the device refuses or does not have', async () => {
        const missing = await send(mount, 'POST', '/api/chat', JSON.stringify({ model: 'nobody', messages: [] }));
        assert.deepEqual([missing.statusCode, JSON.parse(await whole(missing))], [404, { error: "model 'nobody' not found" }]);
        const forbidden = await send(mount, 'DELETE', '/api/delete', JSON.stringify({ model: okModel }));
        assert.ok((forbidden.statusCode ?? 0) >= 400);
        await whole(forbidden);
        assert.ok(!stack.ollama.requests.some(({ method }) => method === 'DELETE'));
      });
    });
  }

  it('answers 401 at the relay without a key, with none that is one, and with one that the device does not know', async () => {
    const status = async (headers: Record<string, string>): Promise<number | undefined> => {
      const answer = await send({ url: stack.relayUrl, headers }, 'POST', '/v1/chat/completions', ask('x'));
      assert.equal(typeof (JSON.parse(await whole(answer)) as { error: { message: string } }).error.message, 'string');
      return answer.statusCode;
    };
    const strange = `${key.slice(0, -6)}AAAAAA`.slice(0, -1) + 'A';
    assert.deepEqual(
      [await status({}), await status({ authorization: 'Bearer sk-x' }), await status({ authorization: `Bearer ${strange}` })],
      [401, 401, 401],
    );
  });

  it('lets no page of another origin, and no other host name, use the proxy', async () => {
    for (const [headers, expected] of [
      [{ origin: 'https://evil.example' }, 403],
      [{ origin: 'null' }, 403],
      [{ host: 'evil.example' }, 421],
      [{ origin: 'http://localhost:3000' }, 200],
    ] as const) {
      const answer = await send({ url: mounts.proxy.url, headers }, 'GET', '/api/version');
      await whole(answer);
      assert.equal(answer.statusCode, expected, JSON.stringify(headers));
    }
  });

  it('answers 503 with Retry-After at both while the device is away, and goes on when it is back', async () => {
    await stack.agent.stop();
    for (const mount of Object.values(mounts)) {
      const answer = await send(mount, 'GET', '/api/version');
      await whole(answer);
      assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [503, '2']);
    }
    await stack.restartAgent();
    for (const mount of Object.values(mounts)) {
      const answer = await send(mount, 'GET', '/api/version');
      await whole(answer);
      assert.equal(answer.statusCode, 200);
    }
  });

  it('says at its start that the relay’s process reads what passes, and not otherwise', async () => {
    assert.equal((await stack.relay.first('listening'))['gateway'], true);
    assert.match(stack.relay.output, /"gateway":"on, this relay reads what passes through it"/);
  });
});

function startProxy(relay: string, key: string): JsonProcess {
  const args = ['--disable-warning=ExperimentalWarning', join(root, 'dist', 'cli.mjs'), 'proxy', '--json', '--port', '0', '--relay', relay];
  return new JsonProcess(process.execPath, args, { env: { ...process.env, C2L_KEY: key } });
}
