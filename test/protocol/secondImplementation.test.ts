import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AgentWorld } from '../fakes/agentWorld.ts';
import { MEMORY_RELAY_ORIGIN } from '../fakes/memoryNetwork.ts';
import { root } from '../harness/paths.ts';
import { ascii, sized, uint, type Bytes } from './second/bytes.ts';
import { Client, message, messagesIn, Pairing, readApiKey, readLink } from './second/client.ts';
import { derive, Handshake, hkdf, hmac, publicHalf, recordPlaintext, Records, rekeyed, sha256, x25519 } from './second/noise.ts';

const document = readFileSync(join(root, 'docs', 'PROTOCOL.md'), 'utf8');

/** The vectors of a marked part, by name. */
function vectors(name: string): (of: string) => string {
  const part = document.split(`<!-- generated: ${name} -->`)[1]?.split('<!-- end -->')[0] ?? '';
  const found = new Map([...part.matchAll(/^([^#\s][^:\n]*):((?: .*)?(?:\n {2}\S.*)*)/gm)].map(([, key = '', value = '']) => [key, value]));
  return (of) => {
    const value = found.get(of) ?? assert.fail(`no vector ${of}`);
    return value.includes('\n') ? value.replaceAll(/\s/g, '') : value.trim();
  };
}

const unhex = (text: string): number[] => [...Buffer.from(text, 'hex')];
const hex = (bytes: Bytes): string => Buffer.from(bytes).toString('hex');

describe('a second implementation, written from docs/PROTOCOL.md', () => {
  it('takes nothing from the product’s code', () => {
    const folder = join(root, 'test', 'protocol', 'second');
    for (const file of readdirSync(folder)) {
      const from = [...readFileSync(join(folder, file), 'utf8').matchAll(/from '([^']+)'/g)].map(([, specifier = '']) => specifier);
      for (const specifier of from) assert.match(specifier, /^(?:\.\/\w+\.ts|node:crypto)$/, file);
    }
  });

  it('computes the document’s admission proof', () => {
    const of = vectors('admission vectors');
    const [d, E, nonce] = [unhex(of('d (private)')), unhex(of('E')), unhex(of('nonce'))];
    assert.equal(hex(publicHalf(d)), of('D'));
    const key = hkdf(x25519(d, E), nonce, ascii('c2l admission v1'));
    const claim = [...uint(8, Number(of('epoch'))), ...unhex(of('instance')), ...uint(4, Number(of('attempt')))];
    assert.equal(hex(hmac(key, [...sized(ascii(of('origin'))), ...E, ...publicHalf(d), ...claim])), of('proof'));
  });

  it('derives the document’s secrets', () => {
    const of = vectors('secret vectors');
    const { D, S } = readLink(of('link'));
    assert.deepEqual([hex(S), hex(D)], [of('S'), vectors('admission vectors')('D')]);
    for (const [from, psk, dial] of [
      ['S', 'pairing psk', 'pairing dial'],
      ['root', 'session psk', 'session dial'],
    ] as const) {
      const secret = unhex(of(from));
      const labels = from === 'S' ? ['c2l pairing psk', 'c2l pairing dial'] : ['c2l session psk', 'c2l dial'];
      assert.equal(hex(derive(secret, labels[0] ?? '')), of(psk));
      const token = derive(secret, labels[1] ?? '');
      assert.deepEqual([hex(token), hex(sha256(token))], [of(`${dial} token`), of(`${dial} hash`)]);
    }
    const key = readApiKey(of('API key'));
    assert.deepEqual(
      [hex(key.psk), hex(key.dialHash), hex(publicHalf(key.own))],
      [of('API key psk'), of('API key dial hash'), of('API key client public key')],
    );
  });

  it('makes the document’s handshake and records', () => {
    const of = vectors('handshake vectors');
    const handshake = new Handshake(2, {
      own: unhex(of('c (private)')),
      ephemeral: unhex(of('client ephemeral (private)')),
      remote: publicHalf(unhex(of('d (private)'))),
      psk: unhex(of('psk')),
    });
    assert.equal(hex(handshake.message1()), of('message 1'));
    const { sending, receiving } = handshake.message2(unhex(of('message 2')));
    assert.deepEqual([hex(handshake.hash), hex(handshake.chainingKey)], [of('handshake hash'), of('chaining key')]);
    assert.deepEqual([hex(sending), hex(receiving)], [of('key client to device'), of('key device to client')]);
    const ping = [7, ...uint(4, 1)];
    assert.equal(hex(recordPlaintext(ping)), of('record plaintext, PING 1'));
    assert.equal(hex(new Records(sending).seal(ping)), of('first record of the client'));
    assert.deepEqual(new Records(receiving).open(unhex(of('first record of the device, PONG 1'))), [8, ...uint(4, 1)]);
    assert.equal(hex(rekeyed(sending)), of('key client to device after REKEY'));
  });

  describe('with a device and a relay that ship', () => {
    let world: AgentWorld;
    let seed = 0;
    beforeEach(async () => {
      world = new AgentWorld();
      seed = 0;
      await world.start();
    });
    afterEach(() => {
      world.dispose();
      assert.equal(world.clock.pendingTimers, 0);
    });

    /** Never the same twice. */
    const random = (count: number): Bytes => derive([++seed], 'chance').slice(0, count);

    interface Dialling {
      begin(send: (bytes: Bytes) => void): void;
      receive(bytes: Bytes): void;
    }

    /** Dials with the protocol's own words over the memory network. @returns what cuts the line */
    function dial(client: Dialling): () => void {
      const socket = world.network.dial(`${MEMORY_RELAY_ORIGIN.replace('http', 'ws')}/v1/dial`, {
        onOpen: () => {
          client.begin((bytes) => {
            socket.send(Uint8Array.from(bytes));
          });
        },
        onMessage: (bytes) => {
          client.receive([...bytes]);
        },
        onDrain: () => undefined,
        onClose: () => undefined,
      });
      return () => {
        socket.terminate();
      };
    }

    async function pair(): Promise<Client> {
      const asked = world.agent.onPairingQuestion((question) => {
        question.answer(true);
      });
      const offer = world.agent.createOffer();
      await world.clock.advance(10);
      const { D, S } = readLink((await offer).link);
      const pairing = new Pairing(D, S, random(32), random);
      const hangUp = dial(pairing);
      await world.clock.advance(100);
      asked.dispose();
      hangUp();
      await world.clock.advance(10);
      assert.deepEqual(pairing.heard.slice(0, 2), ['JOINED', 'ASKED']);
      assert.equal(pairing.result?.deviceName, 'Desk');
      return new Client(pairing.result.secrets, random);
    }

    const idOf = (byte: number): string => Buffer.alloc(16, byte).toString('base64url');

    it('pairs, asks a question, and reads the answer', async () => {
      world.models.answer = () => ({ pieces: ['one ', 'two ', 'three'] });
      const client = await pair();
      dial(client);
      await world.clock.advance(50);
      assert.ok(client.mux.isReady);
      const chat = client.mux.open('chat');
      chat.written.push(...message({ type: 'hello', version: 1, oldest: 1 }));
      chat.written.push(...message({ type: 'open', conversationId: idOf(1) }));
      chat.written.push(...message({ type: 'send', requestId: idOf(2), conversationId: idOf(1), text: 'count', model: 'fake:latest' }));
      client.flush();
      await world.clock.advance(500);
      const came = chat.take();
      const replies = messagesIn(came) as { type: string; event?: { type: string; message?: { chunk: string } } }[];
      assert.deepEqual(
        replies.slice(0, 2).map(({ type }) => type),
        ['welcome', 'ollama'],
      );
      const chunks = replies.flatMap(({ event }) => (event?.type === 'chunk' ? [event.message?.chunk ?? ''] : []));
      assert.equal(chunks.join(''), 'one two three');
      client.mux.ping(77);
      client.flush();
      await world.clock.advance(10);
      assert.deepEqual(client.mux.pongs, [77]);
      chat.isEnded = true;
      client.flush();
      await world.clock.advance(50);
      chat.take();
      client.flush();
      await world.clock.advance(50);
      assert.deepEqual([chat.over, client.mux.streams.size], ['finished', 0]);
    });

    it('goes on from the byte where it was, however often the line is cut, and is sent no more than it has granted', async () => {
      const pieces = Array.from({ length: 400 }, (_, index) => `${String(index)} `.repeat(100));
      world.models.answer = () => ({ pieces });
      world.models.gate = 'manual';
      const client = await pair();
      let cut = dial(client);
      await world.clock.advance(50);
      const chat = client.mux.open('chat');
      chat.written.push(...message({ type: 'hello', version: 1, oldest: 1 }), ...message({ type: 'open', conversationId: idOf(1) }));
      chat.written.push(...message({ type: 'send', requestId: idOf(2), conversationId: idOf(1), text: 'count', model: 'fake:latest' }));
      client.flush();
      await world.clock.advance(50);
      // nothing is taken: the device must stop at the first window
      for (let released = 0; released < 200; released++) {
        world.models.release(1);
        await world.clock.advance(5);
      }
      assert.ok(chat.received > 60_000 && chat.received <= 65_536, String(chat.received));
      const came: number[] = [];
      for (let round = 0; round < 20; round++) {
        came.push(...chat.take());
        client.flush();
        world.models.release(10);
        await world.clock.advance(3);
        if (round % 3 !== 0) continue;
        cut();
        client.cut();
        await world.clock.advance(20);
        cut = dial(client);
        await world.clock.advance(20);
      }
      for (let round = 0; round < 50; round++) {
        came.push(...chat.take());
        client.flush();
        await world.clock.advance(20);
      }
      const replies = messagesIn(came) as { event?: { type: string; state?: string; message?: { chunk: string } } }[];
      assert.deepEqual(came, [], 'a message was cut short');
      const chunks = replies.flatMap(({ event }) => (event?.type === 'chunk' ? [event.message?.chunk ?? ''] : []));
      assert.equal(chunks.join(''), pieces.join(''));
      assert.equal(replies.at(-1)?.event?.state, 'done');
      assert.equal(world.models.requests.length, 1);
    });

    it('learns of another incarnation when the device’s program was restarted', async () => {
      const client = await pair();
      let cut = dial(client);
      await world.clock.advance(50);
      const chat = client.mux.open('chat');
      chat.written.push(...message({ type: 'hello', version: 1, oldest: 1 }));
      client.flush();
      await world.clock.advance(50);
      cut();
      client.cut();
      world.restartAgent();
      const connected = world.agent.connect();
      await world.clock.advance(1_000);
      await connected;
      cut = dial(client);
      await world.clock.advance(100);
      assert.deepEqual([chat.over, client.mux.isReady], [24, true]);
      cut();
    });

    it('waits for a device that is away, and hears from it that it was removed', async () => {
      const client = await pair();
      world.agent.disconnect();
      await world.clock.advance(10);
      const cut = dial(client);
      await world.clock.advance(50);
      assert.deepEqual(client.heard, ['WAITING']);
      const connected = world.agent.connect();
      await world.clock.advance(200);
      await connected;
      assert.deepEqual([client.heard.at(-1), client.mux.isReady], ['JOINED', true]);
      world.agent.revoke(world.agent.clients[0]?.id ?? '');
      await world.clock.advance(50);
      assert.deepEqual([client.mux.lastWord, ...client.heard.slice(-2)], [25, 'LEFT 25', 'WAITING']);
      cut();
    });

    it('comes with an API key alone', async () => {
      const client = new Client(readApiKey((await world.agent.createApiKey('script')).key), random);
      const cut = dial(client);
      await world.clock.advance(50);
      const chat = client.mux.open('chat');
      chat.written.push(...message({ type: 'hello', version: 1, oldest: 1 }), ...message({ type: 'listModels' }));
      client.flush();
      await world.clock.advance(50);
      const replies = messagesIn(chat.take()) as { type: string; scope?: string }[];
      assert.deepEqual(
        replies.map(({ type, scope }) => scope ?? type),
        ['api', 'ollama', 'models'],
      );
      cut();
    });
  });
});
