import assert from 'node:assert/strict';
import { concatBytes, fromBase64url, fromUtf8, toBase64url, utf8 } from '../../src/base/bytes.ts';
import type { ExportFormat } from '../../src/protocol/chatFiles.ts';
import { MAX_CHAT_FILE_PART_BYTES } from '../../src/protocol/limits.ts';
import { HubWorld } from './hubWorld.ts';
import { idOf } from './sampleTurns.ts';
import type { TestView } from './testView.ts';

function get(view: TestView, conversation: string, format: ExportFormat): string {
  const parts: Uint8Array[] = [];
  let held = 0;
  for (;;) {
    view.send({ type: 'getChatFile', conversationId: idOf(conversation), format, offset: held });
    const part = view.of('chatFilePart').at(-1);
    assert.ok(part?.offset === held && part.format === format);
    const bytes = fromBase64url(part.data);
    parts.push(bytes);
    held += bytes.length;
    if (held >= part.total) return fromUtf8(concatBytes(...parts));
    assert.equal(bytes.length, MAX_CHAT_FILE_PART_BYTES);
  }
}

/** Puts a whole file, going on where the hub says. */
function put(view: TestView, name: string, bytes: Uint8Array): void {
  for (let held = 0; held < bytes.length;) {
    const data = toBase64url(bytes.subarray(held, held + MAX_CHAT_FILE_PART_BYTES));
    const answers = view.of('chatFileHeld').length;
    view.send({ type: 'putChatFile', fileId: idOf(name), total: bytes.length, offset: held, data });
    const answer = view.of('chatFileHeld').slice(answers).at(-1);
    if (!answer || answer.error !== undefined) return;
    held = answer.held;
  }
}

describe('hub: chats as files over a chat line', () => {
  let world: HubWorld;
  let view: TestView;
  const long = 'Grüße 🦊 '.repeat(20_000);

  beforeEach(async () => {
    world = new HubWorld({ answer: () => ({ pieces: [long] }) });
    view = world.view({ owner: 'guest', scope: 'chat' });
    world.ask(view, 'Say much');
    await world.clock.advance(1_000);
  });
  afterEach(() => {
    assert.deepEqual(world.faults, []);
    world.hub.dispose();
  });

  const chats = (owner = 'guest'): number => world.store.listConversations(owner).length;
  const last = () => view.of('chatFileHeld').at(-1);

  it('gives a chat in parts that are the export, and takes the same in again', async () => {
    assert.equal(get(view, 'c', 'markdown'), world.hub.transfer.exportChat('guest', idOf('c'), 'markdown'));
    const json = get(view, 'c', 'json');
    put(view, 'file', utf8(json));
    await world.clock.advance(100);
    assert.deepEqual(last()?.result, { added: 1, skipped: 0 });
    assert.equal(chats(), 2);
  });

  it('takes a file in once, however often its last part comes and from whatever line', async () => {
    const bytes = utf8(get(view, 'c', 'json'));
    put(view, 'file', bytes);
    let again = world.view({ owner: 'guest', scope: 'chat' });
    const offset = Math.floor((bytes.length - 1) / MAX_CHAT_FILE_PART_BYTES) * MAX_CHAT_FILE_PART_BYTES;
    const part = {
      type: 'putChatFile',
      fileId: idOf('file'),
      total: bytes.length,
      offset,
      data: toBase64url(bytes.subarray(offset)),
    } as const;
    again.send(part);
    await world.clock.advance(100);
    again.send(part);
    assert.deepEqual(
      again.of('chatFileHeld').map(({ result }) => result?.added),
      [1, 1],
    );
    view.leave();
    again.leave();
    again = world.view({ owner: 'guest', scope: 'chat' });
    again.send(part);
    assert.deepEqual(again.of('chatFileHeld')[0]?.result, { added: 1, skipped: 0 });
    await world.clock.advance(100);
    assert.equal(chats(), 2);
  });

  it('goes on where it was, and says so, when a part comes that is not the next', () => {
    const bytes = utf8(get(view, 'c', 'json'));
    const send = (offset: number): void => {
      const data = toBase64url(bytes.subarray(offset, offset + MAX_CHAT_FILE_PART_BYTES));
      view.send({ type: 'putChatFile', fileId: idOf('file'), total: bytes.length, offset, data });
    };
    send(0);
    send(0);
    send(5 * MAX_CHAT_FILE_PART_BYTES);
    assert.deepEqual(
      view.of('chatFileHeld').map(({ held }) => held),
      [MAX_CHAT_FILE_PART_BYTES, MAX_CHAT_FILE_PART_BYTES, MAX_CHAT_FILE_PART_BYTES],
    );
  });

  it('says why nothing came of a file, and lets a view that holds nothing go on', async () => {
    const cases: readonly Uint8Array[] = [utf8('{"some":"thing"}'), Uint8Array.of(0xff, 0xfe, 0xfd), utf8('no JSON')];
    for (const [index, bytes] of cases.entries()) {
      put(view, `bad ${String(index)}`, bytes);
      await world.clock.advance(10);
      assert.equal(last()?.error, 'importFailed');
    }
    view.send({ type: 'putChatFile', fileId: idOf('more'), total: 2, offset: 0, data: toBase64url(utf8('three')) });
    assert.equal(last()?.error, 'importFailed');
    view.send({ type: 'putChatFile', fileId: idOf('odd'), total: 2, offset: 0, data: 'A' });
    assert.equal(last()?.error, 'importFailed');
    assert.equal(chats(), 1);
  });

  it('gives nobody another’s chat, and keeps another’s file apart', async () => {
    const other = world.view({ owner: 'other', scope: 'chat' });
    other.send({ type: 'getChatFile', conversationId: idOf('c'), format: 'json', offset: 0 });
    assert.deepEqual(other.of('chatFilePart')[0]?.total, 0);
    put(other, 'file', utf8(get(view, 'c', 'json')));
    await world.clock.advance(100);
    assert.deepEqual([chats(), chats('other')], [1, 1]);
  });

  it('forgets what was begun when the last view of its owner leaves', () => {
    const part = { type: 'putChatFile', fileId: idOf('file'), total: 100, offset: 0, data: toBase64url(new Uint8Array(50)) } as const;
    view.send(part);
    view.leave();
    const again = world.view({ owner: 'guest', scope: 'chat' });
    again.send({ ...part, offset: 50 });
    assert.equal(again.of('chatFileHeld')[0]?.held, 0);
  });
});
