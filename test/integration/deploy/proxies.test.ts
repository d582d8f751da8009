import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { root } from '../../harness/paths.ts';
import { newId, pairedClient, shownAnswer, until, type StackClient } from '../support/stack.ts';
import { callers, rawOverTls, type Ask, type Call } from './callers.ts';
import { CALLER_HEADER, proxyNames, type DeployedProxy } from './deployedProxy.ts';
import { startDeployedStack, type DeployedStack } from './deployedStack.ts';

const model = 'stand-in:latest';
const pieces = ['one ', 'two ', 'three ', 'four ', 'five ', 'six ', 'seven ', 'eight '];
const chat = JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'hello' }] });

/** Headers that belong to one connection, or that a server adds on its own account. */
const ofTheConnection = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date', 'server', 'alt-svc', 'content-length']);

/** A request to the relay itself, in the name by which people know it. */
function askDirectly(
  relayUrl: string,
  path: string,
  host: string,
): Promise<{ status: number; headers: Record<string, unknown>; bytes: number }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${relayUrl}${path}`, { headers: { host, connection: 'close' } }, (response) => {
      let bytes = 0;
      response.on('data', (piece: Buffer) => (bytes += piece.length));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes });
      });
    });
    outgoing.on('error', reject).end();
  });
}

const relevant = (headers: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !ofTheConnection.has(name) && !name.startsWith(':')));

describe('servers of others, before a relay', () => {
  it('are here, where the set-up can fetch them: nothing is left out in silence', function () {
    if (process.platform !== 'linux') this.skip();
    assert.deepEqual(proxyNames, ['nginx', 'caddy']);
  });
});

for (const name of proxyNames) {
  describe(`a relay behind ${name}, configured by the file of deploy/`, () => {
    let deployed: DeployedStack;
    let proxy: DeployedProxy;
    let key: string;
    before(async function () {
      this.timeout(60_000);
      deployed = await startDeployedStack([name], { ollama: { script: () => pieces }, relayLogLevel: 'debug' });
      proxy = deployed.proxies[0] ?? assert.fail();
      deployed.stack.agent.say('k test');
      key = String((await deployed.stack.agent.first('key'))['key']);
    });
    after(() => (deployed as DeployedStack | undefined)?.stop());
    afterEach(() => deployed.stack.ollama.set({ gate: 'open' }));

    const authorized = (more: Partial<Ask> = {}): Ask => ({
      method: 'POST',
      path: '/api/chat',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: chat,
      ...more,
    });

    it('gives the page, each file with every header as the relay gives it', async () => {
      const { files } = JSON.parse(readFileSync(join(root, 'dist/page/assets.json'), 'utf8')) as { files: { path: string }[] };
      const { port } = new URL(String((await deployed.stack.relay.first('listening'))['url']));
      assert.equal(Number(port), proxy.port);
      const relayUrl = `http://127.0.0.1:${String(deployed.relayPort)}`;
      for (const path of ['/', '/join', ...files.map((file) => `/${file.path}`), '/nothing', '/v1/dial']) {
        // nginx writes the Upgrade of the relay's 426 into HTTP/2 too, where it may not stand (RFC 9113, section 8.2.2)
        const protocol = path === '/v1/dial' ? 'HTTP/1.1' : 'HTTP/2';
        const call = callers[protocol](proxy.port, { method: 'GET', path, body: '' });
        const direct = await askDirectly(relayUrl, path, `localhost:${String(proxy.port)}`);
        await until(path, () => call.isOver);
        assert.equal(call.status, direct.status, path);
        // 426 names the protocol to upgrade to, which is between the relay and whoever asks it
        const { upgrade: _hop, ...expected } = relevant(direct.headers);
        const { via: _via, upgrade: _own, ...got } = relevant(call.headers);
        assert.deepEqual(got, expected, path);
        if (direct.status === 200) assert.match(String(call.headers['content-security-policy']), /^default-src 'none'; /, path);
        assert.equal(call.headers['strict-transport-security'], 'max-age=31536000', path);
      }
    });

    it('sends who comes without TLS to the same place with it', async () => {
      const answer = await fetch(`http://127.0.0.1:${String(proxy.plainPort)}/join`, {
        headers: { connection: 'close' },
        redirect: 'manual',
      });
      await answer.arrayBuffer();
      assert.ok([301, 308].includes(answer.status), String(answer.status));
      assert.match(answer.headers.get('location') ?? '', /^https:\/\/[^/]+\/join$/);
    });

    it('lets a client pair and see each piece of an answer before the next is sent', async () => {
      const { stack } = deployed;
      await stack.ollama.set({ gate: 'manual' });
      const client: StackClient = await pairedClient(stack.link, proxy.url, stack.secrets);
      try {
        const conversationId = newId();
        client.port.send({ type: 'open', conversationId });
        client.port.send({ type: 'send', requestId: newId(), conversationId, text: 'hello', model });
        for (const [index] of pieces.entries()) {
          await until(`piece ${String(index)} waits`, () => stack.ollama.heldBack > 0);
          assert.equal(shownAnswer(client.replies), pieces.slice(0, index).join(''));
          stack.ollama.release();
          await until(`piece ${String(index)}`, () => shownAnswer(client.replies) === pieces.slice(0, index + 1).join(''));
        }
      } finally {
        client.dispose();
      }
    });

    for (const [protocol, caller] of Object.entries(callers)) {
      for (const path of ['/api/chat', '/v1/chat/completions']) {
        it(`hands on ${path} over ${protocol} piece by piece, and its caller’s leaving within a second`, async () => {
          const { ollama } = deployed.stack;
          await ollama.set({ gate: 'manual' });
          const call: Call = caller(proxy.port, authorized({ path }));
          for (const [index, piece] of pieces.slice(0, -2).entries()) {
            await until(`piece ${String(index)} waits`, () => ollama.heldBack > 0);
            assert.ok(!call.text.includes(piece), `${piece} came before it was sent`);
            ollama.release();
            await until(`piece ${String(index)}`, () => call.text.includes(piece));
          }
          assert.equal(call.status, 200);
          const record = ollama.asked.at(-1);
          assert.ok(record && record.cancelledAt === undefined);
          call.leave();
          await until('the end of the request to the model', () => record.cancelledAt !== undefined, 1_000);
          await until('the end of the call', () => call.isOver);
        });
      }
    }

    it('takes a question of many megabytes, and answers who may not ask before that one has sent it', async () => {
      const large = JSON.stringify({ model, stream: false, messages: [{ role: 'user', content: 'many words '.repeat(800_000) }] });
      const call = callers['HTTP/1.1'](proxy.port, authorized({ body: large }));
      await until('the answer', () => call.isOver, 20_000);
      assert.equal(call.status, 200);
      assert.ok(call.text.includes(pieces.join('').trimEnd()));
      const { body: _none, ...open } = authorized({ headers: { authorization: 'Bearer wrong', 'content-length': '1000000' } });
      const refused = callers['HTTP/1.1'](proxy.port, open);
      await until('the refusal', () => refused.status !== 0);
      assert.equal(refused.status, 401);
      refused.leave();
    });

    it('tells the relay from where a stranger comes, whatever he writes himself', async () => {
      const { relay } = deployed.stack;
      const lines = [`Host: localhost:${String(proxy.port)}`, 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
      const forged = ['Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', 'Sec-WebSocket-Protocol: c2l.v99', 'X-Forwarded-For: 203.0.113.9'];
      const bytes = `GET /v1/dial HTTP/1.1\r\n${[...lines, ...forged].join('\r\n')}\r\n\r\n`;
      assert.match(await rawOverTls(proxy.port, '127.5.6.7', bytes), /^HTTP\/1\.1 426 /);
      await until('the line of the log', () => relay.output.includes('"code":"relayVersion"'));
      const line = relay.output.split('\n').find((text) => text.includes('"code":"relayVersion"')) ?? '';
      assert.equal((JSON.parse(line) as { address: string }).address, '127.5.6.0');
      assert.doesNotMatch(relay.output, /addresses that are not believed/);
    });

    if (name === 'nginx') {
      it('has the relay’s limits hold for each caller, not for all of them together', async () => {
        const wrong = `${key.slice(0, -8)}AAAAAAAA`;
        const statusFor = async (address: string, claimed: string): Promise<[status: number, retryAfter: unknown]> => {
          const headers = { authorization: `Bearer ${wrong}`, [CALLER_HEADER]: address, 'x-forwarded-for': claimed };
          const call = callers['HTTP/1.1'](proxy.port, { method: 'GET', path: '/api/tags', headers, body: '' });
          await until('an answer', () => call.isOver);
          return [call.status, call.headers['retry-after']];
        };
        for (let index = 0; index < 10; index++)
          assert.deepEqual(await statusFor('203.0.113.9', `198.51.100.${String(index)}`), [401, undefined]);
        const [status, retryAfter] = await statusFor('203.0.113.9', '198.51.100.99');
        assert.equal(status, 429);
        assert.match(String(retryAfter), /^[1-9]\d*$/);
        assert.deepEqual(await statusFor('198.51.100.4', '203.0.113.9'), [401, undefined]);
      });
    }

    it('has device and client come again by themselves when the relay was restarted, whatever it answered meanwhile', async () => {
      const { stack } = deployed;
      const offers = stack.agent.events.length;
      const client = await pairedClient(stack.link, proxy.url, stack.secrets);
      const ask = async (text: string): Promise<void> => {
        const conversationId = newId();
        client.port.send({ type: 'open', conversationId });
        client.port.send({ type: 'send', requestId: newId(), conversationId, text, model });
        await until(`the answer to ${text}`, () => shownAnswer(client.replies) === pieces.join(''), 20_000);
      };
      try {
        await stack.agent.first('offer', offers);
        await ask('before');
        await stack.relay.stop();
        for (const headers of [{ authorization: `Bearer ${key}` }, { 'x-api-key': key }]) {
          const call = callers['HTTP/1.1'](proxy.port, authorized({ path: '/v1/messages', headers }));
          await until('an answer in its place', () => call.isOver);
          assert.equal(call.status, 502);
        }
        await stack.startRelay();
        client.replies.length = 0;
        await ask('after');
        assert.equal(stack.ollama.asked.filter(({ body }) => body.includes('"after"')).length, 1);
      } finally {
        client.dispose();
      }
    });

    it('has nothing in its logs that would trouble its operator, and nothing of who has called', () => {
      const troubles = proxy.output.split('\n').filter((line) => /\[(emerg|alert|crit|error|warn)\]|"level":"(error|warn)"/.test(line));
      // what the tests have made: no admin address, an authority without OCSP, callers who left, a relay that was away
      const ours = /admin endpoint disabled|no OCSP server|aborting with incomplete response.*context canceled|onnection refused/;
      assert.deepEqual(
        troubles.filter((line) => !ours.test(line)),
        [],
      );
      assert.match(proxy.output, /onnection refused/, 'its operator is told of a relay that is away');
      assert.doesNotMatch(proxy.output, /127\.5\.6\.7|203\.0\.113\.9/);
      assert.ok(!proxy.output.includes(key), 'a key is in the log');
      assert.equal(proxy.accessLog, '');
    });
  });
}
