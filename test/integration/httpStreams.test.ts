import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import type { ChildProcess } from 'node:child_process';
import { utf8 } from '../../src/base/bytes.ts';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { openHttpCall, type HttpCall } from '../../src/gateway/httpCall.ts';
import type { ErrorCode } from '../../src/protocol/errors.ts';
import type { HttpResponseHead } from '../../src/protocol/http.ts';
import { deriveApiKey, parseApiKey } from '../../src/secure/apiKey.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { ClientTunnel } from '../../src/tunnel/clientTunnel.ts';
import { dialWs } from '../../src/tunnel/node/wsLinkSocket.ts';
import { Stack, until } from './support/stack.ts';

const MiB = 1024 * 1024;
const model = 'stand-in:latest';
/** 2,500 pieces of 8 KiB: far beyond what sockets and windows hold between them. */
const longAnswer = Array.from({ length: 2_500 }, (_, i) => `${String(i)} ${'x'.repeat(8 * 1024)}`);
/** What a slow reader may cost agent and relay, each (R16). */
const MAX_GROWTH_BYTES = 16 * MiB;

/** One call of a client that reads as fast as it is told to. */
class Call {
  readonly call: HttpCall;
  head: HttpResponseHead | undefined;
  bytes = 0;
  isEnded = false;
  error: ErrorCode | undefined;
  isReading = true;
  readonly #hash = createHash('sha256');
  readonly #tail: Uint8Array[] = [];
  readonly #keeps: boolean;

  constructor(
    tunnel: ClientTunnel,
    body: object,
    { path = '/api/chat', keeps = true }: { readonly path?: string; readonly keeps?: boolean } = {},
  ) {
    this.#keeps = keeps;
    this.call = openHttpCall(
      tunnel.mux,
      { method: 'POST', path },
      {
        onHead: (head) => (this.head = head),
        onBody: (piece) => {
          this.bytes += piece.length;
          this.#hash.update(piece);
          if (this.#keeps) this.#tail.push(piece.slice());
          return this.isReading;
        },
        onEnd: () => (this.isEnded = true),
        onFailed: (error) => (this.error = error),
      },
    );
    this.call.write(utf8(JSON.stringify(body)));
    this.call.end();
  }

  /** Of every byte, in order. */
  get hash(): string {
    return this.#hash.copy().digest('hex');
  }

  get text(): string {
    return Buffer.concat(this.#tail).toString('utf8');
  }

  /** What the model said, line by line. @throws when a line is not whole */
  get said(): string[] {
    return this.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { message: { content: string } }).message.content);
  }
}

/** Resident memory of a process, bytes. */
function resident({ pid }: ChildProcess): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1];
  return Number(kib) * 1024;
}

describe('http streams through a real relay and agent', function () {
  this.timeout(60_000);
  let stack: Stack;
  let key: string;
  const tunnels: ClientTunnel[] = [];

  beforeEach(async () => {
    stack = await Stack.start();
    stack.agent.say('k test');
    key = String((await stack.agent.first('key'))['key']);
  });
  afterEach(async () => {
    for (const tunnel of tunnels.splice(0)) tunnel.dispose();
    await stack.stop();
  });

  const connect = async (): Promise<ClientTunnel> => {
    const { deviceKey, secret } = parseApiKey(key);
    const secrets = deriveApiKey(nodeCrypto, secret);
    const pairing = { origin: stack.relayUrl, deviceKey, ...secrets };
    const tunnel = new ClientTunnel({ dial: dialWs, clock: systemClock, random: systemRandom, crypto: nodeCrypto, pairing });
    tunnels.push(tunnel);
    await tunnel.supervisor.connect();
    return tunnel;
  };
  const question = (content: string): object => ({ model, messages: [{ role: 'user', content }] });
  /** What the stand-in itself would have sent. */
  const direct = async (body: object): Promise<string> => {
    const outgoing = request(`${stack.ollama.url}/api/chat`, { method: 'POST', agent: false });
    outgoing.end(JSON.stringify(body));
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    let text = '';
    for await (const piece of answer.setEncoding('utf8')) text += String(piece);
    return text;
  };
  const comparable = (text: string): string => text.replace(/"created_at":"[^"]*"/g, '').replace(/_duration":\d+/g, '');

  it('hold Ollama back for a reader that has stopped, at a bounded cost to agent and relay, and lose nothing', async () => {
    await stack.ollama.set({ script: ({ prompt }) => (prompt === 'long' ? longAnswer : 'short answer'), numParallel: 8 });
    const slow = await connect();
    const other = await connect();
    // what a process grows by at its first work is not the reader's doing
    const warm = new Call(other, question('long'), { keeps: false });
    await until('the first answer', () => warm.isEnded, 40_000);
    const before = { agent: resident(stack.agent.child), relay: resident(stack.relay.child) };

    const call = new Call(slow, question('long'));
    call.isReading = false;
    await until('the answer', () => call.bytes > 0);
    const record = stack.ollama.asked.at(-1) ?? assert.fail();
    let written = -1;
    for (let same = 0; same < 5; same = record.pieces === written ? same + 1 : 0) {
      written = record.pieces;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.ok(written < longAnswer.length / 2, `Ollama has written ${String(written)} pieces for a reader that does not read`);
    // one piece now and then, as a slow page reads
    let peak = { agent: 0, relay: 0 };
    for (let i = 0; i < 10; i++) {
      call.call.resume();
      const quick = new Call(other, question('quick'));
      const began = performance.now();
      await until('the neighbour’s answer', () => quick.isEnded, 2_000);
      assert.ok(performance.now() - began < 1_000, 'a neighbour waits for the slow reader');
      peak = { agent: Math.max(peak.agent, resident(stack.agent.child)), relay: Math.max(peak.relay, resident(stack.relay.child)) };
    }
    assert.ok(record.pieces < longAnswer.length / 2 && record.cancelledAt === undefined);
    for (const part of ['agent', 'relay'] as const)
      assert.ok(peak[part] - before[part] < MAX_GROWTH_BYTES, `${part} grew by ${String((peak[part] - before[part]) / MiB)} MiB`);

    call.isReading = true;
    call.call.resume();
    await until('the whole answer', () => call.isEnded, 40_000);
    assert.deepEqual(call.said, [...longAnswer, '']);
    assert.equal(stack.ollama.asked.filter(({ body }) => body.includes('"long"')).length, 2, 'each was asked once');
  });

  it('stop the model within a second of the caller’s end', async () => {
    await stack.ollama.set({ gate: 'manual', script: ['a', 'b', 'c'], numParallel: 8 });
    const tunnel = await connect();
    for (const phase of ['before the first token', 'between tokens']) {
      const count = stack.ollama.asked.length;
      const call = new Call(tunnel, question(phase));
      await until('the request', () => stack.ollama.asked.length > count && stack.ollama.heldBack > 0);
      if (phase === 'between tokens') {
        stack.ollama.release();
        await until('a token', () => call.bytes > 0);
      }
      const record = stack.ollama.asked.at(-1) ?? assert.fail();
      call.call.abort();
      await until(`the end of a request ${phase}`, () => record.cancelledAt !== undefined, 1_000);
    }
  });

  it('go on byte for byte when the relay is killed and started again in the middle', async () => {
    const words = Array.from({ length: 600 }, (_, i) => ` word ${String(i)}`);
    await stack.ollama.set({ script: words, tokensPerSec: 200 });
    const tunnel = await connect();
    const call = new Call(tunnel, question('count'));
    for (const at of [50, 250]) {
      await until(`token ${String(at)}`, () => call.text.split('\n').length > at, 20_000);
      await stack.killRelay();
      await new Promise((resolve) => setTimeout(resolve, 300));
      await stack.startRelay();
    }
    await until('the whole answer', () => call.isEnded, 30_000);
    assert.deepEqual(call.said, [...words, '']);
    assert.equal(comparable(call.text), comparable(await direct(question('count'))));
    assert.equal(stack.ollama.asked.filter(({ headers }) => headers['user-agent']?.startsWith('CloudToLocalLLM')).length, 1);
  });

  it('fail with a name when the device is restarted, are never asked again, and leave no request behind', async () => {
    await stack.ollama.set({ gate: 'manual', script: ['a', 'b', 'c'] });
    const tunnel = await connect();
    const call = new Call(tunnel, question('restart'));
    await until('the request', () => stack.ollama.heldBack > 0);
    stack.ollama.release();
    await until('a token', () => call.bytes > 0);
    await stack.restartAgent();
    await until('the typed end', () => call.error !== undefined, 10_000);
    assert.equal(call.error, 'deviceRestarted');
    assert.equal(call.said.join(''), 'a');
    assert.equal(stack.ollama.asked.length, 1);
    assert.ok(stack.ollama.asked[0]?.cancelledAt !== undefined);
  });

  it('end typed, after all that was said, when Ollama dies in the middle', async () => {
    await stack.ollama.set({ script: ['one ', 'two ', 'three '], resetAfter: 2 });
    const tunnel = await connect();
    const call = new Call(tunnel, question('die'));
    await until('the typed end', () => call.error !== undefined, 2_000);
    assert.equal(call.error, 'ollamaEndedEarly');
    assert.equal(call.said.join(''), 'one two ');
    await stack.ollama.set({ refuse: true });
    const next = new Call(tunnel, question('dead'));
    await until('the answer', () => next.isEnded, 2_000);
    assert.equal(next.head?.status, 503);
  });

  it('carry large bodies up, with an image, and large answers down', async () => {
    await stack.ollama.set({ script: 'seen' });
    const tunnel = await connect();
    const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), randomBytes(6 * MiB)]).toString('base64');
    const body = { model, messages: [{ role: 'user', content: 'see', images: [png] }] };
    const call = new Call(tunnel, body);
    await until('the answer', () => call.isEnded, 20_000);
    assert.equal(call.head?.status, 200);
    assert.deepEqual(JSON.parse(stack.ollama.asked[0]?.body ?? ''), body);
  });
});
