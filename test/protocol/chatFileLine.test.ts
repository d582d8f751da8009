import assert from 'node:assert/strict';
import { utf8 } from '../../src/base/bytes.ts';
import { ChatFileDesk } from '../../src/conversation/chatFileDesk.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import { fetchChatFile, putChatFile } from '../../src/protocol/chatFileLine.ts';
import { ScriptedPort } from '../ui/scriptedPort.ts';
import { chat, epoch, idOf } from '../ui/talk.ts';

const text = 'Grüße '.repeat(30_000);
const code = (expected: string) => (error: unknown) => error instanceof TunnelError && error.code === expected;

/** A hub's desk behind a port; `reply` answers what was sent. */
function setUp() {
  const port = new ScriptedPort();
  const taken: string[] = [];
  let exported = text;
  const desk = new ChatFileDesk({
    exportChat: () => exported,
    importChats: (_, json) => {
      taken.push(json);
      return Promise.resolve({ added: 2, skipped: 1, left: 0 });
    },
  });
  const answer = (): boolean => {
    const gets = port.take('getChatFile');
    const puts = port.take('putChatFile');
    for (const request of gets) port.reply(desk.get('o', request));
    for (const request of puts) {
      desk.put('o', request, (reply) => {
        port.reply(reply);
      });
    }
    return gets.length + puts.length > 0;
  };
  const seen: string[] = [];
  const abort = new AbortController();
  const options = {
    signal: abort.signal,
    onProgress: (done: number, total: number) => {
      seen.push(`${String(done)}/${String(total)}`);
    },
  };
  const drop = (): void => {
    port.take('getChatFile');
    port.take('putChatFile');
  };
  const welcome = (hubEpoch = epoch): void => {
    port.reply({ type: 'welcome', version: 1, hubEpoch, deviceName: 'Desk', scope: 'chat' });
  };
  const change = (to: string): void => void (exported = to);
  return { port, desk, taken, answer, seen, abort, options, drop, welcome, change };
}

const upload = { fileId: idOf('file'), bytes: utf8(text), hubEpoch: epoch };

describe('chats as files over a view’s line', () => {
  it('come whole, part by part, also when the line is new in the middle', async () => {
    const { port, answer, seen, options, drop, welcome } = setUp();
    const file = fetchChatFile(port, { conversationId: chat, format: 'markdown' }, options);
    answer();
    drop();
    welcome();
    while (answer());
    assert.deepEqual(await file, utf8(text));
    assert.equal(seen.at(-1), `${String(utf8(text).length)}/${String(utf8(text).length)}`);
  });

  it('begin anew when the chat is another one by now, and are given up when it never stands still', async () => {
    const one = setUp();
    const file = fetchChatFile(one.port, { conversationId: chat, format: 'json' }, one.options);
    one.answer();
    one.desk.forget('o');
    one.change(`${text} and more`);
    while (one.answer());
    assert.deepEqual(await file, utf8(`${text} and more`));
    const two = setUp();
    const never = fetchChatFile(two.port, { conversationId: chat, format: 'json' }, two.options);
    for (let i = 0; two.answer(); i++) {
      two.desk.forget('o');
      two.change(text + 'x'.repeat(i));
    }
    await assert.rejects(never, code('busy'));
  });

  it('go whole, and what came of them is known, also when the line is new before that', async () => {
    const { port, answer, taken, options, drop, welcome } = setUp();
    const result = putChatFile(port, upload, options);
    answer();
    drop();
    welcome();
    while (answer());
    assert.deepEqual(await result, { added: 2, skipped: 1 });
    assert.deepEqual(taken, [text]);
  });

  it('are not sent to a hub that was started anew after it may have had all of them', async () => {
    const { port, answer, options, welcome } = setUp();
    const small = { ...upload, bytes: utf8('[]') };
    const result = putChatFile(port, small, options);
    welcome(idOf('another run'));
    assert.equal(await result, 'unknown');
    assert.equal(answer() && port.take('putChatFile').length > 0, false);
  });

  it('say why they did not come, and end at once when they are given up', async () => {
    const { port, change, answer, abort, options } = setUp();
    change('');
    const file = fetchChatFile(port, { conversationId: chat, format: 'markdown' }, options);
    answer();
    await assert.rejects(file, code('unknownConversation'));
    const given = putChatFile(port, upload, options);
    abort.abort(new TunnelError('closed'));
    await assert.rejects(given, code('closed'));
    answer();
    assert.deepEqual(port.take('putChatFile'), []);
  });
});
