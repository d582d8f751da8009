import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import { deferred } from '../../src/base/deferred.ts';
import type { EditorAgent } from '../../src/views/editorAgent.ts';
import type { ChatPort } from '../../src/protocol/chatPort.ts';
import { helloRequest } from '../../src/protocol/chat.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import type { ShownChat } from '../../src/views/shownChat.ts';
import type { CodeRequest, MendAction, ViewPreferences, WebviewView } from '../../src/protocol/webviewMessages.ts';
import { FakeChatPort } from '../fakes/fakeChatPort.ts';
import { fakeEditor } from '../fakes/vscode.ts';
const { ChatBridge } = await import('../../src/views/chatBridge.ts');
const { outputLog } = await import('../../src/views/outputLog.ts');
const vscode = await import('../fakes/vscode.ts');

const view: WebviewView = {
  conversationId: 'AAAAAAAAAAAAAAAAAAAAAA',
  title: 'A chat',
  hasConversation: true,
  hasAnswer: true,
  generating: true,
  chatFocused: true,
  inputFocused: true,
};
let preferences: ViewPreferences = { sendWith: 'enter', answerDetails: true, thinking: 'collapsed', remoteImages: 'ask' };
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('ChatBridge', () => {
  let page: InstanceType<typeof vscode.FakeWebview>;
  let ports: FakeChatPort[];
  let bus: StatusBus;
  let shown: ShownChat & { id: string | undefined };
  let pressed: CodeRequest[];
  let mended: MendAction[];
  const log = outputLog(vscode.window.createOutputChannel('test'));

  beforeEach(() => {
    fakeEditor.reset();
    page = new vscode.FakeWebview();
    ports = [];
    bus = new StatusBus();
    shown = {
      id: undefined,
      read: () => Promise.resolve(shown.id),
      note: (id) => {
        shown.id = id;
      },
    };
    pressed = [];
    mended = [];
  });

  function bridge(createChatPort: () => ChatPort = newPort): InstanceType<typeof ChatBridge> {
    const agent = Promise.resolve().then(() => ({ control: undefined as never, createChatPort, chats: undefined as never }));
    agent.catch(() => undefined);
    return new ChatBridge({
      page,
      agent,
      bus,
      shown,
      log,
      preferences: () => preferences,
      onCode: (code) => void pressed.push(code),
      onMend: (action) => void mended.push(action),
      onFiles: () => undefined,
    });
  }

  function newPort(): FakeChatPort {
    const port = new FakeChatPort();
    ports.push(port);
    return port;
  }

  it('says in init how the person wants the view, and again when that has changed', async () => {
    const made = bridge();
    made.preferencesChanged();
    assert.equal(page.posted.length, 0);
    page.say({ type: 'ready' });
    await settle();
    preferences = { ...preferences, sendWith: 'ctrlEnter', answerDetails: false };
    made.preferencesChanged();
    assert.deepEqual(page.posted.at(-1), { type: 'preferences', preferences });
    preferences = { sendWith: 'enter', answerDetails: true, thinking: 'collapsed', remoteImages: 'ask' };
    made.dispose();
  });

  it('answers ready with init, and only then carries replies and status', async () => {
    const made = bridge();
    assert.deepEqual(page.posted, []);
    page.say({ type: 'ready' });
    await settle();
    assert.deepEqual(page.posted, [
      { type: 'init', capabilities: { editorActions: true, showsConnection: false }, status: { state: 'connected' }, preferences },
    ]);
    ports[0]?.replies.fire({ type: 'conversations', items: [] });
    ports[0]?.statusChanges.fire({ state: 'reconnecting' });
    assert.deepEqual(page.posted.slice(1), [
      { type: 'reply', reply: { type: 'conversations', items: [] } },
      { type: 'status', status: { state: 'reconnecting' } },
    ]);
    made.dispose();
    assert.equal(ports[0]?.isDisposed, true);
  });

  it('carries requests to the line', async () => {
    const made = bridge();
    page.say({ type: 'ready' });
    await settle();
    page.say({ type: 'request', request: helloRequest });
    assert.deepEqual(ports[0]?.sent, [helloRequest]);
    made.dispose();
  });

  it('hands a press on a code block to the editor, and what is added to a question to the page once it is there', async () => {
    const made = bridge();
    const order = { type: 'attach', items: [{ path: 'a.ts', language: 'typescript', text: 'x' }] } as const;
    made.run(order);
    page.say({ type: 'ready' });
    await settle();
    assert.deepEqual(page.posted[1], order);
    page.say({ type: 'code', code: { action: 'terminal', language: 'sh', text: 'ls' } });
    page.say({ type: 'code', code: { action: 'execute', language: 'sh', text: 'ls' } });
    assert.deepEqual(pressed, [{ action: 'terminal', language: 'sh', text: 'ls' }]);
    made.dispose();
  });

  it('hands a press on what mends Ollama to the editor, and nothing that it does not know', async () => {
    const made = bridge();
    page.say({ type: 'ready' });
    await settle();
    for (const action of ['installOllama', 'startOllama', 'openOllamaSettings', 'removeOllama', 'https://evil.example'])
      page.say({ type: 'mend', action });
    assert.deepEqual(mended, ['installOllama', 'startOllama', 'openOllamaSettings']);
    made.dispose();
  });

  it('refuses and logs what does not decode', async () => {
    const made = bridge();
    page.say({ type: 'ready' });
    await settle();
    const hostile: unknown[] = [
      undefined,
      null,
      'ready',
      42,
      [],
      {},
      { type: 'eval', code: '1' },
      { type: 'request' },
      { type: 'request', request: { type: 'send', requestId: 'x', conversationId: 'y', text: 'z', model: '' } },
      { type: 'request', request: { type: 'shutdown' } },
      { type: 'view', view: { ...view, conversationId: '../..' } },
      JSON.parse('{"type":"request","request":{"__proto__":{"type":"hello"}}}'),
    ];
    for (const message of hostile) page.say(message);
    assert.deepEqual(ports[0]?.sent, []);
    assert.equal(page.posted.length, 1);
    assert.equal(fakeEditor.logs.filter(({ level, line }) => level === 'warn' && line.includes('message refused')).length, hostile.length);
    made.dispose();
  });

  it('tells the view when the line refuses a request', async () => {
    const port = new FakeChatPort();
    port.send = () => {
      throw new TunnelError('messageTooLong');
    };
    const made = bridge(() => port);
    page.say({ type: 'ready' });
    await settle();
    page.say({ type: 'request', request: { type: 'stop', requestId: view.conversationId, conversationId: view.conversationId } });
    assert.deepEqual(page.posted.at(-1), {
      type: 'reply',
      reply: { type: 'refused', error: 'messageTooLong', requestId: view.conversationId },
    });
    made.dispose();
  });

  it('gives each new page a fresh line and the conversation last shown', async () => {
    const made = bridge();
    page.say({ type: 'ready' });
    await settle();
    page.say({ type: 'view', view });
    page.say({ type: 'ready' });
    await settle();
    assert.equal(ports.length, 2);
    assert.equal(ports[0]?.isDisposed, true);
    assert.equal(ports[1]?.isDisposed, false);
    assert.deepEqual((page.posted.at(-1) as { conversationId?: string }).conversationId, view.conversationId);
    made.dispose();
  });

  it('joins the last page alone when pages come faster than the agent', async () => {
    const made = bridge();
    page.say({ type: 'ready' });
    page.say({ type: 'ready' });
    await settle();
    assert.equal(ports.filter((port) => !port.isDisposed).length, 1);
    assert.equal(page.posted.length, 1);
    made.dispose();
  });

  it('posts nothing to a page that went away, but carries out what it still said', async () => {
    const made = bridge();
    const seen: WebviewView[] = [];
    made.onDidChangeView((now) => seen.push(now));
    page.say({ type: 'ready' });
    await settle();
    page.say({ type: 'view', view });
    made.pageGone();
    page.say({ type: 'request', request: helloRequest });
    ports[0]?.replies.fire({ type: 'conversations', items: [] });
    assert.deepEqual(ports[0]?.sent, [helloRequest]);
    assert.equal(page.posted.length, 1);
    assert.deepEqual(seen.at(-1), { ...view, generating: false, chatFocused: false, inputFocused: false });
    made.dispose();
  });

  it('keeps commands until the page has loaded', async () => {
    const made = bridge();
    made.run({ type: 'command', command: 'focusInput' });
    page.say({ type: 'ready' });
    await settle();
    made.run({ type: 'command', command: 'newChat' });
    assert.deepEqual(page.posted.slice(1), [
      { type: 'command', command: 'focusInput' },
      { type: 'command', command: 'newChat' },
    ]);
    made.dispose();
  });

  it('shows why when the agent cannot run here', async () => {
    const made = bridge(() => {
      throw new TunnelError('identityLost');
    });
    page.say({ type: 'ready' });
    await settle();
    assert.deepEqual(page.posted, [
      {
        type: 'init',
        capabilities: { editorActions: false, showsConnection: true },
        status: { state: 'error', error: 'identityLost' },
        preferences,
      },
    ]);
    made.dispose();
  });

  it('says so when another window has the agent, refuses what would change something, and goes on once the agent is here', async () => {
    const agent = deferred<EditorAgent>();
    const made = new ChatBridge({
      page,
      onCode: () => undefined,
      onMend: () => undefined,
      onFiles: () => undefined,
      agent: agent.promise,
      bus,
      shown,
      log,
      preferences: () => preferences,
    });
    page.say({ type: 'ready' });
    await settle();
    assert.equal(page.posted.length, 0);
    bus.publishStatus({ state: 'disconnected', error: 'anotherLeads', timestamp: 1 });
    await settle();
    const status = { state: 'connecting', error: 'anotherLeads' };
    assert.deepEqual(page.posted[0], { type: 'init', capabilities: { editorActions: true, showsConnection: true }, status, preferences });
    const id = view.conversationId;
    page.say({ type: 'request', request: helloRequest });
    page.say({ type: 'request', request: { type: 'send', requestId: id, conversationId: id, text: 'hi', model: 'm' } });
    assert.deepEqual(page.posted.at(-1), { type: 'reply', reply: { type: 'refused', error: 'anotherLeads', requestId: id } });
    agent.resolve({ control: undefined as never, createChatPort: newPort, chats: undefined as never });
    await settle();
    const [port] = ports;
    assert.ok(port);
    assert.deepEqual(port.sent, [helloRequest]);
    assert.deepEqual(page.posted.at(-1), { type: 'status', status: { state: 'connected' } });
    port.replies.fire({ type: 'conversations', items: [] });
    assert.deepEqual(page.posted.at(-1), { type: 'reply', reply: { type: 'conversations', items: [] } });
    made.dispose();
    assert.equal(port.isDisposed, true);
  });

  it('leaves nothing behind when disposed while joining', async () => {
    const made = bridge();
    page.say({ type: 'ready' });
    made.dispose();
    await settle();
    assert.deepEqual(page.posted, []);
    assert.ok(ports.every((port) => port.isDisposed));
  });
});
