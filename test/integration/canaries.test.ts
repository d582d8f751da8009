import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../harness/paths.ts';
import { SecretWatch, secretForms } from '../harness/secretWatch.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { JsonProcess } from './support/childProcess.ts';
import { LinkEnd, refusalOf } from './linkEnd.ts';
import { freePort, newId, shownAnswer, Stack, until } from './support/stack.ts';
import { TcpTap } from './support/tcpTap.ts';

const COUNT = 50;

/** ASCII text, turned round. */
function mirror(text: string): string {
  return Buffer.from(text).reverse().toString();
}

function found(haystack: Buffer, canaries: readonly string[]): string[] {
  return canaries.filter((canary) => secretForms(canary).some((form) => haystack.includes(form)));
}

describe('what the relay can read', () => {
  let tap: TcpTap;
  let stack: Stack;
  before(async () => {
    tap = await TcpTap.start();
    const relayPort = await freePort();
    tap.targetPort = relayPort;
    const dialled = `http://127.0.0.1:${String(tap.port)}`;
    stack = await Stack.start({
      dialled,
      relayPort,
      relayArgs: ['--public-url', dialled],
      relayNodeFlags: ['--heapsnapshot-signal=SIGUSR2'],
      // The answer holds canaries of its own: those of the prompt, turned round.
      ollama: { script: ({ prompt }) => `${prompt} ${mirror(prompt)}` },
    });
  });
  after(async () => {
    await stack.stop();
    await tap.stop();
  });

  it('holds none of 50 canary strings in prompts and answers: not on the wire, not in logs, not in memory', async () => {
    const asked = Array.from({ length: COUNT / 2 }, () => `canary${randomBytes(9).toString('hex')}`);
    const answered = asked.map((canary) => mirror(canary));
    const canaries = [...asked, ...answered];
    assert.equal(canaries.length, COUNT);
    const client = await stack.client();
    const conversationId = newId();
    client.port.send({ type: 'open', conversationId });
    for (const canary of asked) {
      client.port.send({ type: 'send', requestId: newId(), conversationId, text: `say ${canary}`, model: 'stand-in:latest' });
      const mirrored = mirror(canary);
      await until('the answer', () => shownAnswer(client.replies).includes(mirrored));
      await until('its end', () => isIdle());
    }
    function isIdle(): boolean {
      const last = client.replies.findLast((reply) => reply.type === 'event' && reply.event.type === 'answerState');
      return last?.type === 'event' && last.event.type === 'answerState' && last.event.state === 'done';
    }

    await assertNothingReadable(canaries);
  });

  it('holds none of what goes through a proxy on another machine, nor the API key', async () => {
    stack.agent.say('k canary');
    const key = String((await stack.agent.first('key'))['key']);
    const args = ['--disable-warning=ExperimentalWarning', join(root, 'dist', 'cli.mjs'), 'proxy', '--json', '--port', '0'];
    const proxy = new JsonProcess(process.execPath, args, { env: { ...process.env, C2L_KEY: key, C2L_RELAY: stack.relayUrl } });
    const url = String((await proxy.first('listening'))['url']);
    const asked = Array.from({ length: COUNT / 2 }, () => `canary${randomBytes(9).toString('hex')}`);
    for (const canary of asked) {
      const body = JSON.stringify({ model: 'stand-in:latest', messages: [{ role: 'user', content: `say ${canary}` }] });
      const said = await (await fetch(`${url}/api/chat`, { method: 'POST', body })).text();
      assert.ok(said.includes(mirror(canary)), 'the answer has come');
    }
    await proxy.stop();
    await assertNothingReadable([...asked, ...asked.map(mirror), key.slice(-43)]);
  });

  /** Neither on the wire nor in the relay's output nor in its memory. */
  async function assertNothingReadable(canaries: readonly string[]): Promise<void> {
    const snapshots = (): string[] => readdirSync(stack.folder).filter((name) => name.endsWith('.heapsnapshot'));
    const earlier = snapshots();
    const latest = (): string | undefined => snapshots().find((name) => !earlier.includes(name));
    stack.relay.child.kill('SIGUSR2');
    const written = (): Buffer => readFileSync(join(stack.folder, latest() ?? ''));
    await until(
      'the snapshot of the relay’s memory',
      () => latest() !== undefined && /\]\s*\}\s*$/.test(written().subarray(-8).toString()),
      25_000,
    );
    const memory = written();
    assert.ok(memory.includes('RelayCore'), 'the snapshot holds the relay');
    assert.ok(tap.seen.length > 10_000, 'the tap saw the traffic');
    assert.ok(tap.seen.includes('c2l.v1'), 'the tap reads what is readable');
    assert.deepEqual(found(tap.seen, canaries), []);
    assert.deepEqual(found(Buffer.from(stack.relay.output), canaries), []);
    assert.deepEqual(found(memory, canaries), []);
  }

  it('finds a canary when it is there', () => {
    const canary = 'canary0123456789abcdef';
    for (const text of [canary, Buffer.from(canary).toString('hex'), Buffer.from(`.${canary}..`).toString('base64')])
      assert.deepEqual(found(Buffer.from(`before ${text} after`), [canary]), [canary]);
  });
});

describe('what is written down', () => {
  /** Sixteen letters, so that they pass every name and every encoding. */
  const canariesOf = (seed: number, count: number): string[] => {
    const random = new SeededRandom(seed);
    return Array.from({ length: count }, () => `canary${Buffer.from(random.bytes(8)).toString('hex')}`);
  };

  it('holds no pairing secret, dial token, key, invite or message text: not in logs, output or files, whatever goes wrong', async () => {
    const stack = await Stack.start({
      relayLogLevel: 'debug',
      relayArgs: ['--gateway'],
      ollama: { script: ({ prompt }) => mirror(prompt) },
    });
    const { secrets, relay, relayUrl } = stack;
    const canaries = canariesOf(1, 8);
    secrets.add('message', ...canaries, ...canaries.map(mirror));
    const socketUrl = `${relayUrl.replace('http', 'ws')}/v1/dial`;
    try {
      // two pairings, a chat, a key that is used at the gateway and through a proxy, and a key that is no longer one
      const client = await stack.client();
      await stack.client();
      const conversationId = newId();
      client.port.send({ type: 'open', conversationId });
      for (const canary of canaries.slice(0, 4)) {
        client.port.send({ type: 'send', requestId: newId(), conversationId, text: canary, model: 'stand-in:latest' });
        await until('the answer', () => shownAnswer(client.replies).includes(mirror(canary)));
        await until('its end', () => client.replies.findLast((reply) => reply.type === 'event')?.event.type === 'answerState');
      }
      stack.agent.say('k canary');
      const key = String((await stack.agent.first('key'))['key']);
      const env = { ...process.env, C2L_KEY: key, C2L_RELAY: relayUrl };
      const cli = join(root, 'dist', 'cli.mjs');
      const proxy = new JsonProcess(process.execPath, [cli, 'proxy', '--json', '--port', '0'], { env, secrets });
      const proxyUrl = String((await proxy.first('listening'))['url']);
      const ask = async (url: string, canary: string, bearer: string): Promise<Response> =>
        fetch(`${url}/api/chat?token=${canary}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${bearer}`, referer: `https://${canary}.example/`, connection: 'close' },
          body: JSON.stringify({ model: 'stand-in:latest', messages: [{ role: 'user', content: canary }] }),
        });
      const statuses = [await ask(relayUrl, canaries[4] ?? '', key), await ask(proxyUrl, canaries[5] ?? '', key)];
      statuses.push(await ask(relayUrl, canaries[6] ?? '', `${key.slice(0, -8)}AAAAAAAA`));
      assert.deepEqual(await Promise.all(statuses.map(async (answer) => [answer.status, (await answer.text()).length > 0])), [
        [200, true],
        [200, true],
        [401, true],
      ]);
      // secrets where they do not belong: in an address, as a name, in a frame that is none, in an invite that is not right
      const [, fragment = ''] = stack.link.split('#');
      for (const url of [`${socketUrl}?${fragment}`, `${relayUrl.replace('http', 'ws')}/${fragment}`])
        await refusalOf(url, ['c2l.v9'], {
          origin: `https://${canaries[7] ?? ''}.example`,
          cookie: fragment,
          authorization: `Bearer ${key}`,
        });
      await fetch(`${relayUrl}/${key}?${fragment}`, { headers: { referer: stack.link, connection: 'close' } });
      const { invite } = await relay.first('listening');
      await assert.rejects(LinkEnd.device(relayUrl, `${String(invite)}x`, ['token']));
      const odd = await LinkEnd.client(relayUrl, 'token');
      odd.ws.send(Buffer.from(stack.code));
      await odd.closed();
      await stack.restartAgent();
      await proxy.stop();
    } finally {
      await stack.stop(); // fails when a secret was left
    }
    for (const word of ['upgrade refused', 'device refused', 'link refused', 'device admitted'])
      assert.ok(relay.output.includes(word), word);
    assert.ok(secrets.count >= 16 + 2 * 5 + 3 * 6, String(secrets.count));
  });

  it('is searched in every form and in every place, but for those that are there to hold it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'c2l-secrets-'));
    try {
      const [message = '', invite = ''] = canariesOf(2, 2);
      const raw = new SeededRandom(3).bytes(32);
      const watch = new SecretWatch();
      watch.add('message', message);
      watch.add('session key', raw);
      assert.ok(watch.addEvent({ event: 'listening', invite: `local.1.${invite}` }));
      assert.equal(watch.addEvent({ event: 'state' }), false);
      let said = 'all is well';
      watch.listen('a process', () => said);
      mkdirSync(join(folder, 'state'));
      const write = (name: string, bytes: string | Uint8Array): void => {
        writeFileSync(join(folder, 'state', name), bytes);
      };
      write('relay.json', JSON.stringify({ invite: `local.1.${invite}` }));
      write('conversations.db', `..${message}..`);
      write('device.db', Buffer.concat([Buffer.from('..'), raw]));
      assert.deepEqual(watch.leaks(folder), []);
      for (const text of [raw, `{"k":"${Buffer.from(raw).toString('base64url')}"}`, Buffer.from(raw).toString('hex').toUpperCase()]) {
        write('agent.log', text);
        assert.deepEqual(watch.leaks(folder), [`session key in ${join('state', 'agent.log')}`]);
      }
      write('agent.log', '');
      write('device.db', message);
      said = Buffer.from(`?token=${invite}`).toString('base64');
      assert.deepEqual(watch.leaks(folder), ['invite in the output of a process', `message in ${join('state', 'device.db')}`]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
