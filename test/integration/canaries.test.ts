import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../harness/paths.ts';
import { JsonProcess } from './support/childProcess.ts';
import { freePort, newId, shownAnswer, Stack, until } from './support/stack.ts';
import { TcpTap } from './support/tcpTap.ts';

const COUNT = 50;

/** A canary as it would be found: plain, hex, and base64 at each of its three alignments, without the characters that depend on neighbours. */
function forms(canary: string): Buffer[] {
  const plain = Buffer.from(canary);
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), plain])
      .toString('base64')
      .replace(/=+$/, '')
      .slice(shift === 0 ? 0 : 4, -4),
  );
  return [canary, canary.toUpperCase(), plain.toString('hex'), ...base64].map((form) => Buffer.from(form));
}

/** ASCII text, turned round. */
function mirror(text: string): string {
  return Buffer.from(text).reverse().toString();
}

function found(haystack: Buffer, canaries: readonly string[]): string[] {
  return canaries.filter((canary) => forms(canary).some((form) => haystack.includes(form)));
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
    let size = -1;
    await until(
      'the snapshot of the relay’s memory',
      () => {
        const name = latest();
        const now = name === undefined ? -1 : readFileSync(join(stack.folder, name)).length;
        const isWritten = now > 0 && now === size;
        size = now;
        return isWritten;
      },
      25_000,
    );
    const memory = readFileSync(join(stack.folder, latest() ?? ''));
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
