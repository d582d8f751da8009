import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { systemClock } from '../../src/base/clock.ts';
import { nullLogger } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { helloRequest, parseChatRequest, parseHubReply } from '../../src/protocol/chat.ts';
import { wordsOf } from '../../src/protocol/errors.ts';
import type { LinkRefusal } from '../../src/protocol/linkSocket.ts';
import { linkUrl } from '../../src/protocol/relayUrl.ts';
import { CHAT_VERSION, CHAT_VERSION_OLDEST, LINK_SUBPROTOCOL, olderOf } from '../../src/protocol/versions.ts';
import { startRelayServer, type RelayServer } from '../../src/relay/node/relayServer.ts';
import { readRelaySettings } from '../../src/relay/node/settings.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { dialWs } from '../../src/tunnel/node/wsLinkSocket.ts';
import { meaningOfRefusal } from '../../src/tunnel/upgradeRefusal.ts';
import { HubWorld } from '../conversation/hubWorld.ts';

/** This is the first version, N. What another one says of itself is all that is known of it: N-1 is 0, N+1 is 2. */
const [older, own, newer] = ['c2l.v0', LINK_SUBPROTOCOL, 'c2l.v2'];

describe('relay, device and page of other versions', () => {
  describe('links', () => {
    let relay: RelayServer;
    before(async () => {
      relay = await startRelayServer({
        settings: readRelaySettings({ port: '0', open: true }, {}, systemRandom),
        page: undefined,
        clock: systemClock,
        random: systemRandom,
        crypto: nodeCrypto,
        log: nullLogger,
      });
    });
    after(() => relay.close());

    /** What this relay makes of an end that offers these: the subprotocol agreed on, or the refusal with the versions it names. */
    const offer = (role: 'device' | 'client', offered: string[]): Promise<string> =>
      new Promise((resolve) => {
        const socket = new WebSocket(linkUrl(relay.url, role), offered, { perMessageDeflate: false });
        socket.on('open', () => {
          resolve(socket.protocol);
          socket.terminate();
        });
        socket.on('error', () => undefined);
        socket.on('unexpected-response', (request, response) => {
          let body = '';
          response.on('data', (piece: Buffer) => (body += piece.toString()));
          response.on('end', () => {
            const { message } = JSON.parse(body) as { message: string };
            resolve(`${String(response.statusCode)} ${String(response.headers['sec-websocket-protocol'])}: ${message}`);
            request.destroy();
          });
        });
      });
    const refused = `426 ${own}: This relay speaks ${own}. Update the older of the two.`;
    for (const role of ['device', 'client'] as const) {
      for (const [offered, outcome] of [
        [[own], own],
        [[newer, own], own],
        [[own, older], own],
        [[newer], refused],
        [[older], refused],
      ] as const) {
        it(`this relay answers a ${role} that speaks ${offered.join(' and ')}: ${outcome}`, async () => {
          assert.equal(await offer(role, [...offered]), outcome);
        });
      }
    }

    /** What this device says to a person of a relay that speaks these. */
    const readBy = async (spoken: readonly string[]): Promise<string> => {
      const server = createServer();
      const upgrader = new WebSocketServer({
        noServer: true,
        handleProtocols: (offered) => spoken.find((name) => offered.has(name)) ?? false,
      });
      server.on('upgrade', (request, socket, head) => {
        const offered = String(request.headers['sec-websocket-protocol']).split(',');
        if (offered.some((name) => spoken.includes(name.trim()))) {
          upgrader.handleUpgrade(request, socket, head, () => undefined);
          return;
        }
        socket.end(`HTTP/1.1 426 No\r\nSec-WebSocket-Protocol: ${spoken.join(', ')}\r\nConnection: close\r\n\r\n`);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      try {
        const refusal = await new Promise<LinkRefusal | undefined>((resolve) => {
          const link = dialWs(linkUrl(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, 'device'), {
            onOpen: () => {
              resolve(undefined);
              link.terminate();
            },
            onMessage: () => undefined,
            onDrain: () => undefined,
            onClose: (_code, why) => {
              resolve(why);
            },
          });
        });
        return refusal === undefined ? 'offered what the relay speaks' : wordsOf(meaningOfRefusal(refusal, true));
      } finally {
        server.close();
      }
    };
    const updateRelay = 'The relay is older than this program, and they have no version in common. Have its operator update it.';
    const updateProgram = 'The relay is newer than this program, and they have no version in common. Update this program.';
    for (const [spoken, words] of [
      [[own], 'offered what the relay speaks'],
      [[newer, own], 'offered what the relay speaks'],
      [[own, older], 'offered what the relay speaks'],
      [[older], updateRelay],
      [[newer], updateProgram],
      [['c2l.v3', newer], updateProgram],
    ] as const) {
      it(`a relay that speaks ${spoken.join(' and ')} makes this device say: ${words}`, async () => {
        assert.equal(await readBy(spoken), words);
      });
    }

    it('which of two is older is told by numbers alone, and of neither where they have one in common', () => {
      assert.deepEqual(['c2l.v10', ' c2l.v0 ', 'c2l.v0,c2l.v2', 'c2l.v2, c2l.v1', '', 'chat', 'c2l.vx', 'c2l.v99999'].map(olderOf), [
        'program',
        'relay',
        'program',
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
      ]);
    });
  });

  describe('the chat contract', () => {
    const pageOlder = 'Page and computer speak different versions: the page is older. Update the older one.';
    const computerOlder = 'Page and computer speak different versions: the computer is older. Update the older one.';
    /** What a view of a version, which understands so many before it, gets from this computer. */
    for (const [version, oldest, outcome] of [
      [CHAT_VERSION, CHAT_VERSION_OLDEST, `speaks ${String(CHAT_VERSION)}`],
      [CHAT_VERSION + 1, CHAT_VERSION, `speaks ${String(CHAT_VERSION)}`],
      [CHAT_VERSION - 1, CHAT_VERSION - 1, pageOlder],
      [CHAT_VERSION + 2, CHAT_VERSION + 1, computerOlder],
    ] as const) {
      it(`a page of version ${String(version)} that also knows ${String(oldest)}: ${outcome}`, () => {
        const world = new HubWorld();
        const view = world.view({}, { hello: false });
        view.send({ ...helloRequest, type: 'hello', version, oldest });
        view.send({ type: 'listModels' });
        const [welcome] = view.of('welcome');
        const said = view.of('refused').map(({ error, detail }) => wordsOf(error, detail));
        assert.deepEqual(welcome ? [`speaks ${String(welcome.version)}`] : [...new Set(said)], [outcome]);
        assert.equal(world.models.requests.length, 0);
      });
    }

    it('this page offers the versions that it knows, and reads what a newer computer adds to what it says', () => {
      assert.deepEqual(
        [helloRequest.type === 'hello' && helloRequest.oldest, CHAT_VERSION - CHAT_VERSION_OLDEST <= 1],
        [CHAT_VERSION_OLDEST, true],
      );
      const welcome = { type: 'welcome', version: CHAT_VERSION, hubEpoch: 'AAAAAAAAAAAAAAAAAAAAAA', deviceName: 'Desk', scope: 'chat' };
      const read = parseHubReply({ ...welcome, features: ['images', 'telepathy'], more: { of: 'a later version' } });
      assert.deepEqual(read, { ...welcome, features: ['images', 'telepathy'] });
    });

    it('this computer passes over what a newer page adds to what it asks', () => {
      const hello = { type: 'hello', version: CHAT_VERSION + 1, oldest: CHAT_VERSION, wants: ['viewers', 'telepathy'] };
      assert.deepEqual(parseChatRequest({ ...hello, more: 'of a later version' }), hello);
    });
  });
});
