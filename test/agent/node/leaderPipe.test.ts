import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNodeAgent, type NodeAgent } from '../../../src/agent/node/createNodeAgent.ts';
import { isNewer } from '../../../src/agent/node/isNewer.ts';
import { newPipeAddress, removePipe } from '../../../src/agent/node/pipeAddress.ts';
import { StateFolder } from '../../../src/agent/node/stateFolder.ts';
import { utf8 } from '../../../src/base/bytes.ts';
import { nullLogger } from '../../../src/base/log.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { decodeJson, helloRequest } from '../../../src/protocol/chat.ts';
import { MAX_PIPE_MESSAGE_BYTES } from '../../../src/protocol/pipeLimits.ts';
import { encodeStreamMessage, MessageAssembler } from '../../../src/protocol/messageStream.ts';
import { StatusBus } from '../../../src/status/statusEventBus.ts';
import { until } from '../../integration/support/stack.ts';

const hello = { type: 'hello', version: 1, oldest: 1, product: '0.1.0' };

type Message = Readonly<Record<string, unknown>>;

describe('the windows’ pipe', function () {
  this.timeout(20_000);
  let path: string;
  let folder: StateFolder;
  let node: NodeAgent;
  let released: number;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    path = mkdtempSync(join(tmpdir(), 'c2l-windows-'));
    folder = new StateFolder(path);
    released = 0;
    const onReleaseAsked = (): void => {
      released++;
    };
    const face = { role: 'window', name: 'A window', onReleaseAsked } as const;
    const ollama = (): { url: string } => ({ url: 'http://127.0.0.1:9' });
    node = createNodeAgent({ stateFolder: path, bus: new StatusBus(), log: nullLogger, ollama, face });
    await until('the note', () => folder.readLeader() !== undefined);
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    node.dispose();
    rmSync(path, { recursive: true, force: true });
  });

  function dial(): { readonly heard: Message[]; say: (message: object) => void; readonly socket: Socket } {
    const socket = createConnection(folder.readLeader()?.address ?? '');
    const heard: Message[] = [];
    const assembler = new MessageAssembler(MAX_PIPE_MESSAGE_BYTES);
    socket.on('data', (piece: Uint8Array) => heard.push(...assembler.push(piece).map((message) => decodeJson(message) as Message)));
    socket.on('error', () => undefined);
    sockets.push(socket);
    return { heard, socket, say: (message) => socket.write(encodeStreamMessage(utf8(JSON.stringify(message)))) };
  }

  it('is its user’s alone, and leaves nothing behind', () => {
    const address = folder.readLeader()?.address ?? '';
    assert.equal(statSync(path).mode & 0o777, 0o700);
    assert.equal(statSync(address).mode & 0o777, 0o600);
    assert.equal(statSync(join(path, 'leader.json')).mode & 0o777, 0o600);
    node.dispose();
    assert.deepEqual(
      readdirSync(path).filter((file) => file.endsWith('.sock')),
      [],
    );
  });

  it('tells a newer window that the program that leads must be reloaded: leaderOlder', async () => {
    const { say, heard, socket } = dial();
    say({ ...hello, version: 9, oldest: 8, product: '9.0.0', purpose: 'chat' });
    await until('the end', () => socket.destroyed);
    assert.deepEqual(heard, [{ type: 'refused', version: 1, oldest: 1, product: '0.1.0', error: 'leaderOlder' }]);
  });

  it('tells an older window that it must be reloaded itself: windowOlder', async () => {
    const { say, heard, socket } = dial();
    say({ ...hello, version: 0, oldest: 0, product: '0.0.1', purpose: 'control' });
    await until('the end', () => socket.destroyed);
    assert.deepEqual(
      heard.map(({ type, error }) => [type, error]),
      [['refused', 'windowOlder']],
    );
  });

  it('welcomes a window that also knows an older version, and speaks that one', async () => {
    const { say, heard } = dial();
    say({ ...hello, version: 2, oldest: 1, purpose: 'chat', more: 'of a later version' });
    await until('the answer', () => heard.length === 1);
    assert.deepEqual(heard[0], { type: 'welcome', version: 1, oldest: 1, product: '0.1.0', role: 'window' });
  });

  it('passes a newer window’s wish to lead on, also one whose contract it does not speak, and nobody else’s', async () => {
    for (const product of ['0.1.0', '0.0.9', 'new', '0.2.0']) {
      const { say, socket } = dial();
      say({ ...hello, version: 9, oldest: 9, product, purpose: 'release' });
      await until('the end', () => socket.destroyed);
    }
    assert.equal(released, 1);
    for (const product of ['0.1.0', '0.0.9', 'new', '0.2.0']) {
      const { say, socket } = dial();
      say({ ...hello, product, purpose: 'release', from: 'agent' });
      await until('the end', () => socket.destroyed);
    }
    assert.equal(released, 3, 'the background agent’s, unless it is older or says nothing of it');
    assert.deepEqual([isNewer('1.10.0', '1.9.9'), isNewer('1.9.9', '1.10.0'), isNewer('1.0.0', '1.0.0')], [true, false, false]);
  });

  for (const [what, bytes] of [
    ['no hello', encodeStreamMessage(utf8('{"type":"ping"}'))],
    ['no JSON', encodeStreamMessage(utf8('hello'))],
    ['an endless message', Uint8Array.of(0xff, 0xff, 0xff, 0xff)],
  ] as const) {
    it(`ends a line that begins with ${what}, and serves the others`, async () => {
      const other = dial();
      other.say({ ...hello, purpose: 'chat' });
      const { socket } = dial();
      socket.write(bytes);
      await until('the end', () => socket.destroyed);
      other.say(helloRequest);
      await until('the welcomes', () => other.heard.filter(({ type }) => type === 'welcome').length === 2);
    });
  }

  it('ends a line that says nothing', async () => {
    const { socket } = dial();
    await until('the end', () => socket.destroyed, 7_000);
  });

  it('refuses a chat request that makes no sense by itself, under its id', async () => {
    const { say, heard } = dial();
    say({ ...hello, purpose: 'chat' });
    say({ type: 'make tea', requestId: 'R'.repeat(22) });
    say(helloRequest);
    await until('both', () => heard.some(({ hubEpoch }) => hubEpoch !== undefined));
    assert.deepEqual(heard[1], { type: 'refused', requestId: 'R'.repeat(22), error: 'badMessage' });
  });

  it('tells how the agent is but for the invite, and says why it did not do what was asked', async () => {
    await node.agent.setRelay('https://relay.example', 'c2l-secret-invite');
    const { say, heard } = dial();
    say({ ...hello, purpose: 'control' });
    say({ type: 'call', id: 1, method: 'setRelay', args: ['no address', null] });
    say({ type: 'call', id: 2, method: 'revoke', args: [7] });
    say({ type: 'call', id: 3, method: 'setRemotePaused', args: [true] });
    await until('all three', () => heard.some(({ id }) => id === 3));
    const [, facts, ...rest] = heard;
    assert.equal((facts?.['facts'] as { deviceId: string }).deviceId, node.agent.deviceId);
    assert.ok(!JSON.stringify(heard).includes('secret-invite'));
    const answers = rest.filter(({ type }) => type === 'failed' || type === 'done').map(({ id, type, error }) => [id, type, error]);
    assert.deepEqual(answers.sort(), [
      [1, 'failed', 'badRelayUrl'],
      [2, 'failed', 'badMessage'],
      [3, 'done', undefined],
    ]);
    assert.equal(node.agent.isRemotePaused, true);
    await until('the news', () =>
      heard.some(({ facts: told }) => (told as { isRemotePaused?: boolean } | undefined)?.isRemotePaused === true),
    );
  });

  it('stands elsewhere where the path of the state folder is too long for a socket, and never where a leader listened before', () => {
    const long = join(path, 'x'.repeat(110));
    const address = newPipeAddress(path, systemRandom, undefined);
    assert.notEqual(newPipeAddress(path, systemRandom, address), address);
    writeFileSync(join(path, 'leader-0badcafe.sock'), '');
    newPipeAddress(path, systemRandom, undefined);
    assert.ok(!readdirSync(path).includes('leader-0badcafe.sock'));
    const made = new StateFolder(long);
    const short = newPipeAddress(made.path, systemRandom, undefined);
    assert.ok(Buffer.byteLength(short) < 104);
    assert.equal(statSync(join(short, '..')).mode & 0o777, 0o700);
    const next = newPipeAddress(made.path, systemRandom, short);
    assert.throws(() => statSync(join(short, '..')));
    removePipe(next);
    assert.throws(() => statSync(join(next, '..')));
  });
});
