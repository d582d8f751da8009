import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import '../fakes/vscodeModule.ts';
import type { Uri } from 'vscode';
import { nullLogger } from '../../src/base/log.ts';
import type { ChatFiles } from '../../src/protocol/chatFiles.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import type { WebviewView } from '../../src/protocol/webviewMessages.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import { FakeAgentControl } from '../fakes/fakeAgentControl.ts';
import { FakeBackground } from '../fakes/fakeBackground.ts';
import { FakeChatPort } from '../fakes/fakeChatPort.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import type { EditorAgent } from '../../src/views/editorAgent.ts';
import * as vscode from '../fakes/vscode.ts';
const { createViews } = await import('../../src/views/editorViews.ts');
const { commandId, commandNames } = await import('../../src/views/ids.ts');

const { fakeEditor } = vscode;
const trialLaunch = { origin: 'http://127.0.0.1:8787', invite: 'trial.1.x', program: 'node', args: ['cli.mjs'], environment: { A: 'b' } };
type FakeWebviewHost = InstanceType<typeof vscode.FakeWebviewHost>;

describe('the views together', () => {
  let clock: FakeClock;
  let bus: StatusBus;
  let control: FakeAgentControl;
  let views: { dispose(): void };
  let ports: FakeChatPort[];
  let ollamaStarts: number;
  let resets: number;
  let background: FakeBackground;
  const chats: ChatFiles = { exportChat: () => assert.fail('no files here'), importChats: () => assert.fail('no files here') };

  function create(agent = Promise.resolve<EditorAgent>({ control, createChatPort: newPort, chats })): void {
    views = createViews({
      extensionUri: vscode.Uri.file('/ext') as unknown as Uri,
      storageUri: vscode.Uri.file('/storage') as unknown as Uri,
      workspaceStorageUri: vscode.Uri.file('/workspace') as unknown as Uri,
      bus,
      agent,
      clock,
      random: new SeededRandom(1),
      log: nullLogger,
      machine: { system: 'linux', home: '/home/jane', names: ['jane'], issuesUrl: undefined },
      showLog: () => undefined,
      startOllama: () => {
        ollamaStarts += 1;
        return Promise.resolve();
      },
      resetIdentity: () => {
        resets += 1;
        return Promise.resolve();
      },
      background,
      prepareTrialRelay: () => Promise.resolve(trialLaunch),
    });
  }
  function newPort(): FakeChatPort {
    const port = new FakeChatPort();
    ports.push(port);
    return port;
  }
  const text = (): unknown => fakeEditor.statusItems[0]?.values['text'];
  const hover = (): string => (fakeEditor.statusItems[0]?.values['tooltip'] as { readonly value: string }).value;
  const run = (name: (typeof commandNames)[number]): Promise<unknown> => vscode.commands.executeCommand(commandId(name));

  beforeEach(() => {
    fakeEditor.reset();
    clock = new FakeClock();
    bus = new StatusBus();
    control = new FakeAgentControl(bus);
    ports = [];
    ollamaStarts = 0;
    resets = 0;
    background = new FakeBackground();
  });
  afterEach(async () => {
    views.dispose();
    await clock.settle();
    assert.equal(clock.pendingTimers, 0);
    assert.equal(control.clientChanges.listenerCount, 0);
    assert.equal(control.ollamaChanges.listenerCount, 0);
    assert.equal(fakeEditor.commands.size, 0);
    assert.ok(ports.every((port) => port.isDisposed));
  });

  it('draws the status item before the agent runs, and registers every command', () => {
    create(new Promise(() => undefined));
    assert.equal(text(), '$(comment-discussion) Local AI');
    assert.deepEqual([...fakeEditor.commands.keys()].sort(), commandNames.map(commandId).sort());
    assert.equal(fakeEditor.contexts.get('cloudtolocalllm.ready'), false);
  });

  it('says nothing of a missing relay while the agent has not said so and the user has set one', () => {
    fakeEditor.userSettings.set('cloudtolocalllm.relay.url', 'https://relay.example');
    create(new Promise(() => undefined));
    assert.equal(text(), '$(debug-disconnect) Local AI');
  });

  it('follows the bus with item and context keys', async () => {
    create();
    control.relay = { origin: 'https://relay.example' };
    await clock.settle();
    for (const [state, shown] of [
      ['connecting', '$(loading~spin) Connecting'],
      ['connected', '$(plug) Connected'],
      ['streaming', '$(sync~spin) Streaming'],
      ['disconnected', '$(debug-disconnect) Local AI'],
    ] as const) {
      control.publish({ state });
      await clock.advance(500);
      assert.equal(text(), shown);
      assert.equal(fakeEditor.contexts.get('cloudtolocalllm.state'), state);
    }
    assert.equal(fakeEditor.contexts.get('cloudtolocalllm.relayConfigured'), true);
  });

  it('has one status item after fifty connections', async () => {
    create();
    control.relay = { origin: 'https://relay.example' };
    for (let i = 0; i < 50; i++) {
      await run('connect');
      await run('disconnect');
    }
    assert.equal(fakeEditor.statusItems.length, 1);
  });

  it('shows the icon alone as soon as the setting says so', async () => {
    create();
    await clock.advance(250);
    fakeEditor.changeUserSetting('cloudtolocalllm.statusBar.label', 'icon');
    await clock.advance(250);
    assert.equal(text(), '$(comment-discussion)');
  });

  it('opens the chat and has it carry out what was asked for', async () => {
    create();
    const opened = run('newChat');
    const view = fakeEditor.resolveView('cloudtolocalllm.chat');
    await opened;
    view.webview.say({ type: 'ready' });
    await clock.settle();
    assert.ok(fakeEditor.executed.includes('cloudtolocalllm.chat.focus'));
    assert.deepEqual(view.webview.posted.at(-1), { type: 'command', command: 'newChat' });
    assert.equal(view.webview.posted.length, 2);
    await run('openChat');
    assert.deepEqual(view.webview.posted.at(-1), { type: 'command', command: 'focusInput' });
    assert.deepEqual(view.webview.options['localResourceRoots']?.toString(), 'file:///ext/dist/webview,file:///ext/dist/page');
    assert.equal(view.webview.options['enableCommandUris'], false);
    assert.deepEqual(fakeEditor.providers.get('cloudtolocalllm.chat')?.options, { webviewOptions: { retainContextWhenHidden: false } });
  });

  it('tells the chat at once how the person wants it, and no chat that is gone', async () => {
    create();
    const view = fakeEditor.resolveView('cloudtolocalllm.chat');
    view.webview.say({ type: 'ready' });
    await clock.settle();
    fakeEditor.changeUserSetting('cloudtolocalllm.chat.sendWith', 'ctrlEnter');
    const preferences = { sendWith: 'ctrlEnter', answerDetails: true, thinking: 'collapsed', remoteImages: 'ask' };
    assert.deepEqual(view.webview.posted.at(-1), { type: 'preferences', preferences });
    const { length } = view.webview.posted;
    view.dispose();
    fakeEditor.changeUserSetting('cloudtolocalllm.chat.answerDetails', false);
    assert.equal(view.webview.posted.length, length);
  });

  it('has the agent tell its views at once when another model is set for new chats', async () => {
    create();
    await clock.settle();
    fakeEditor.changeUserSetting('cloudtolocalllm.chat.defaultModel', 'qwen3:8b');
    assert.deepEqual(control.calls.filter((call) => call === 'settingsChanged').length, 1);
  });

  it('says once a day that somebody from elsewhere is here, and keeps everybody out on a press', async () => {
    const phone = { id: 'p', name: 'Phone', kind: 'page', scope: 'chat', pairedAt: 0, online: true } as const;
    const come = async (): Promise<void> => {
      for (const clients of [[], [phone]]) {
        control.clients = clients;
        control.clientChanges.fire(undefined);
        await clock.settle();
      }
    };
    const told = () => fakeEditor.messages.filter(({ text }) => text.startsWith('Phone uses your models')).length;
    create();
    await clock.settle();
    assert.equal(told(), 0);
    await come();
    await come();
    assert.equal(told(), 1);
    assert.deepEqual(fakeEditor.messages[0]?.items, ['Pause']);
    views.dispose();
    create();
    await clock.settle();
    await come();
    assert.equal(told(), 1, 'neither a restart nor another window says it again');
    fakeEditor.person.message = () => 'Pause';
    await clock.advance(24 * 60 * 60_000);
    await come();
    assert.equal(told(), 2);
    assert.ok(control.calls.includes('pause'), control.calls.join());
  });

  it('keeps the keys of the chat: what it shows, and nothing once it is gone', async () => {
    create();
    const view = fakeEditor.resolveView('cloudtolocalllm.chat');
    const shown = {
      conversationId: 'A'.repeat(22),
      title: '',
      hasConversation: true,
      hasAnswer: false,
      generating: true,
      chatFocused: true,
      inputFocused: true,
    };
    view.webview.say({ type: 'view', view: shown });
    assert.equal(fakeEditor.contexts.get('cloudtolocalllm.generating'), true);
    assert.equal(fakeEditor.contexts.get('cloudtolocalllm.chatFocused'), true);
    await run('stopGeneration');
    view.setVisible(false);
    assert.equal(fakeEditor.contexts.get('cloudtolocalllm.generating'), false);
    assert.equal(fakeEditor.contexts.get('cloudtolocalllm.chatFocused'), false);
  });

  it('says that an answer has ended whose chat was hidden in the middle of it', async () => {
    create();
    const view = fakeEditor.resolveView('cloudtolocalllm.chat');
    view.webview.say({ type: 'ready' });
    await clock.settle();
    const conversationId = 'A'.repeat(22);
    const shown = { conversationId, title: '', hasConversation: true, hasAnswer: true, chatFocused: true, inputFocused: true };
    const ended = { id: conversationId, title: 'Cats', createdAt: 1, updatedAt: 1, running: false };
    const hide = async (generating: boolean): Promise<void> => {
      view.setVisible(true);
      view.webview.say({ type: 'ready' });
      await clock.settle();
      view.webview.say({ type: 'view', view: { ...shown, generating } });
      view.setVisible(false);
      await clock.settle();
      ports.at(-1)?.replies.fire({ type: 'conversations', items: [ended] });
      await clock.settle();
    };
    await hide(false);
    assert.deepEqual(fakeEditor.messages, []);
    await hide(true);
    assert.deepEqual(
      fakeEditor.messages.map(({ text, items }) => [text, items]),
      [['The answer in “Cats” has ended.', ['Show']]],
    );
  });

  it('has the current chat ask the model that was chosen from the list, which knows the one before', async () => {
    create();
    const view = fakeEditor.resolveView('cloudtolocalllm.chat');
    view.webview.say({ type: 'ready' });
    await clock.settle();
    const keys = { hasConversation: false, hasAnswer: false, generating: false, chatFocused: true, inputFocused: true };
    view.webview.say({ type: 'view', view: { conversationId: 'A'.repeat(22), title: '', ...keys, model: 'qwen3:8b' } });
    await run('selectModel');
    ports.at(-1)?.replies.fire({ type: 'models', items: [{ name: 'gemma3:4b' }, { name: 'qwen3:8b' }], suggested: 'gemma3:4b' });
    const list = fakeEditor.lists.at(-1);
    assert.deepEqual(
      list?.activeItems.map(({ label }) => label),
      ['$(check) qwen3:8b'],
    );
    list.choose('gemma3:4b');
    await clock.settle();
    assert.ok(fakeEditor.executed.includes('cloudtolocalllm.chat.focus'));
    assert.deepEqual(view.webview.posted.at(-1), { type: 'useModel', model: 'gemma3:4b' });
  });

  it('says that a model has come to who was not looking at the chat, if all is wanted', async () => {
    fakeEditor.userSettings.set('cloudtolocalllm.notifications', 'all');
    create();
    await clock.settle();
    const pull = async (name: string): Promise<number> => {
      for (const state of ['running', 'done'] as const) {
        ports[0]?.replies.fire({ type: 'pulls', items: [{ name, state, step: 'finishing' }] });
        await clock.settle();
      }
      await clock.advance(60_000);
      return fakeEditor.messages.length;
    };
    assert.equal(await pull('a:1'), 1, 'no chat is drawn');
    const view = fakeEditor.resolveView('cloudtolocalllm.chat');
    assert.equal(await pull('b:1'), 1);
    fakeEditor.isFocused = false;
    assert.equal(await pull('c:1'), 2, 'another window has the keyboard');
    fakeEditor.isFocused = true;
    view.setVisible(false);
    assert.equal(await pull('d:1'), 3);
    view.dispose();
    assert.deepEqual(
      fakeEditor.messages.map(({ text }) => text.slice(0, 3)),
      ['a:1', 'c:1', 'd:1'],
    );
  });

  describe('a chat in a tab', () => {
    const ID = 'A'.repeat(22);
    const view = (changes: Partial<WebviewView> = {}): WebviewView => ({
      conversationId: ID,
      title: 'About cats',
      hasConversation: true,
      hasAnswer: true,
      generating: false,
      chatFocused: true,
      inputFocused: true,
      ...changes,
    });
    const lastInit = (host: FakeWebviewHost) => host.webview.posted.find((message) => (message as { type: string }).type === 'init');

    async function openTab(): Promise<{ side: FakeWebviewHost; tab: FakeWebviewHost }> {
      create();
      const side = fakeEditor.resolveView('cloudtolocalllm.chat');
      side.webview.say({ type: 'ready' });
      await clock.settle();
      side.webview.say({ type: 'view', view: view() });
      await run('openChatInEditor');
      const tab = fakeEditor.panels.at(-1);
      assert.ok(tab);
      tab.webview.say({ type: 'ready' });
      await clock.settle();
      return { side, tab };
    }

    it('shows the chat that was shown, under its title, and is opened once', async () => {
      const { tab } = await openTab();
      assert.deepEqual([tab.type, tab.title], ['cloudtolocalllm.chatEditor', 'About cats']);
      assert.deepEqual((lastInit(tab) as { conversationId?: string }).conversationId, ID);
      assert.equal(tab.webview.options['localResourceRoots']?.toString(), 'file:///ext/dist/webview,file:///ext/dist/page');
      assert.equal(tab.webview.options['enableCommandUris'], false);
      await run('openChatInEditor');
      assert.equal(fakeEditor.panels.length, 1);
      assert.equal(tab.reveals, 1);
      tab.webview.say({ type: 'view', view: view({ title: 'About dogs' }) });
      assert.equal(tab.title, 'About dogs');
    });

    it('is what commands mean while it had the keyboard last; closed, the side bar is', async () => {
      const { side, tab } = await openTab();
      tab.webview.say({ type: 'view', view: view({ generating: true }) });
      assert.equal(fakeEditor.contexts.get('cloudtolocalllm.generating'), true);
      await run('stopGeneration');
      assert.deepEqual(tab.webview.posted.at(-1), { type: 'command', command: 'stop' });
      side.webview.say({ type: 'view', view: view({ chatFocused: false, generating: false }) });
      assert.equal(fakeEditor.contexts.get('cloudtolocalllm.generating'), true, 'the side bar is not meant');
      tab.dispose();
      assert.equal(fakeEditor.contexts.get('cloudtolocalllm.generating'), false);
      await run('regenerate');
      assert.deepEqual(side.webview.posted.at(-1), { type: 'command', command: 'regenerate' });
    });

    it('comes back with its chat when the window is loaded anew, whatever was written down', async () => {
      create();
      const serializer = fakeEditor.serializers.get('cloudtolocalllm.chatEditor');
      for (const [state, expected] of [
        [{ conversationId: ID, drafts: {} }, ID],
        [{ conversationId: '../../etc' }, undefined],
        [undefined, undefined],
      ] as const) {
        const tab = new vscode.FakeWebviewHost('cloudtolocalllm.chatEditor');
        await serializer?.deserializeWebviewPanel(tab, state);
        tab.webview.say({ type: 'ready' });
        await clock.settle();
        assert.equal((lastInit(tab) as { conversationId?: string }).conversationId, expected);
      }
    });
  });

  it('carries a changed relay.url to the agent, and asks Ollama again for a changed ollama.url', async () => {
    create();
    await clock.settle();
    fakeEditor.changeUserSetting('cloudtolocalllm.relay.url', 'https://relay.example');
    fakeEditor.changeUserSetting('cloudtolocalllm.ollama.url', 'http://127.0.0.1:11434');
    await clock.settle();
    assert.deepEqual(control.calls, ['setRelay https://relay.example', 'checkOllama']);
    assert.equal(fakeEditor.contexts.get('cloudtolocalllm.relayConfigured'), true);
  });

  it('leaves connection and relay to the program that leads, says who that is, and takes over when it is this one', async () => {
    fakeEditor.userSettings.set('cloudtolocalllm.relay.autoConnect', 'always');
    control.relay = { origin: 'https://relay.example' };
    control.role = 'agent';
    create();
    await clock.settle();
    fakeEditor.changeUserSetting('cloudtolocalllm.relay.url', 'https://other.example');
    await clock.settle();
    assert.deepEqual(control.calls, []);
    assert.equal(fakeEditor.contexts.get('cloudtolocalllm.isLeader'), false);
    control.publish({ state: 'connected' });
    await clock.advance(500);
    assert.match(hover(), /The background agent holds the connection/);
    control.role = 'leads';
    control.clientChanges.fire(undefined);
    await clock.advance(500);
    assert.equal(fakeEditor.contexts.get('cloudtolocalllm.isLeader'), true);
    assert.match(hover(), /This window holds the connection/);
  });

  it('starts Ollama when it stands still, and looks at once whether it is there', async () => {
    create();
    await clock.settle();
    await run('startOllama');
    assert.deepEqual([ollamaStarts, control.calls], [1, ['checkOllama']]);
  });

  it('opens its settings and its walkthrough in the editor’s own pages', async () => {
    create();
    await run('openSettings');
    await run('openWalkthrough');
    assert.deepEqual(fakeEditor.executed, [
      'workbench.action.openSettings @ext:cloudtolocalllm.cloudtolocalllm',
      'workbench.action.openWalkthrough cloudtolocalllm.cloudtolocalllm#start',
    ]);
    assert.equal(fakeEditor.contexts.get('cloudtolocalllm.walkthroughOpen'), false);
    await clock.advance(2_000);
    assert.equal(fakeEditor.contexts.get('cloudtolocalllm.walkthroughOpen'), true);
  });

  it('opens and copies the page’s address, without the invite', async () => {
    create();
    control.relay = { origin: 'https://relay.example', invite: 'anna.1.x' };
    await run('openWebPage');
    await run('copyWebPageAddress');
    assert.deepEqual(fakeEditor.opened, ['https://relay.example/']);
    assert.equal(fakeEditor.clipboard, 'https://relay.example/');
  });

  describe('a join link', () => {
    const open = (address: string): Promise<void> =>
      Promise.resolve(
        fakeEditor.uriHandler?.handleUri(vscode.Uri.parse(`vscode://cloudtolocalllm.cloudtolocalllm${address}`)) as undefined,
      );
    const link = `/join?link=${encodeURIComponent('https://relay.example/join#anna.1.x')}`;

    it('asks, naming both relays; Enter and Escape keep what is', async () => {
      create();
      control.relay = { origin: 'https://old.example' };
      for (const answer of [undefined, 'first'] as const) {
        fakeEditor.person.message = (_text, items) => (answer === undefined ? undefined : items[0]);
        await open(link);
      }
      const [asked] = fakeEditor.messages;
      assert.deepEqual([fakeEditor.messages.length, asked?.modal, asked?.items[0]], [2, true, 'Keep as It Is']);
      assert.match(asked?.text ?? '', /through the relay relay\.example\?/);
      assert.match(asked?.detail ?? '', /takes the place of old\.example/);
      assert.doesNotMatch(JSON.stringify(fakeEditor.messages), /anna/, 'an invite is a secret');
      assert.deepEqual(control.calls, []);
    });

    it('takes the relay when the person says so, and connects', async () => {
      create();
      fakeEditor.person.message = () => 'Use This Relay';
      await open(link);
      assert.deepEqual(control.calls, ['probe https://relay.example anna.1.x', 'setRelay https://relay.example anna.1.x', 'connect']);
      assert.equal(fakeEditor.userSettings.get('cloudtolocalllm.relay.url'), 'https://relay.example');
    });

    it('is the only link that is heard', async () => {
      create();
      fakeEditor.person.message = (_text, items) => items.at(-1);
      const long = `/join?link=${encodeURIComponent(`https://relay.example/join#${'a'.repeat(2048)}`)}`;
      for (const address of [
        '/',
        '/settings?link=https://relay.example',
        '/join',
        '/join?relay=x',
        '/join?link=ftp://relay.example',
        long,
      ]) {
        await open(address);
        assert.deepEqual([fakeEditor.messages.at(-1)?.kind, fakeEditor.messages.at(-1)?.modal], ['error', false], address);
      }
      assert.deepEqual(control.calls, []);
    });
  });

  it('runs from the menu what was chosen', async () => {
    create();
    await clock.settle();
    fakeEditor.person.pick = (items) => items.find(({ label }) => label.includes('Check Ollama'));
    control.ollama = { state: 'notRunning' };
    control.ollamaChanges.fire(control.ollama);
    await run('showMenu');
    assert.deepEqual(control.calls, ['checkOllama']);
  });

  it('opens the chat with the first click ever on the status item, and the menu with each later one', async () => {
    create();
    await clock.settle();
    const click = (): Promise<unknown> => vscode.commands.executeCommand('cloudtolocalllm.showMenu', 'statusItem');
    await run('showMenu');
    assert.equal(fakeEditor.picks.length, 1, 'the palette always means the menu');
    await click();
    assert.deepEqual([fakeEditor.picks.length, fakeEditor.executed], [1, ['cloudtolocalllm.chat.focus']]);
    await click();
    views.dispose();
    create();
    await click();
    assert.equal(fakeEditor.picks.length, 3);
  });

  it('opens the menu with the first click when the chat has been seen', async () => {
    create();
    fakeEditor.resolveView('cloudtolocalllm.chat').webview.say({
      type: 'view',
      view: {
        ...{ conversationId: 'A'.repeat(22), title: '', hasConversation: false, hasAnswer: false },
        ...{ generating: false, chatFocused: false, inputFocused: false },
      },
    });
    await vscode.commands.executeCommand('cloudtolocalllm.showMenu', 'statusItem');
    assert.deepEqual([fakeEditor.picks.length, fakeEditor.executed], [1, []]);
  });

  it('says once, in words, that the agent cannot run here', async () => {
    create(Promise.reject(new TunnelError('identityLost')));
    await clock.settle();
    assert.deepEqual(
      fakeEditor.messages.map(({ kind }) => kind),
      ['error'],
    );
    assert.match(fakeEditor.messages[0]?.text ?? '', /private key/);
    await run('connect');
    assert.equal(fakeEditor.messages.length, 2);
  });

  it('tells a refusal once: the command does, the notification does not', async () => {
    create();
    control.relay = { origin: 'https://relay.example' };
    control.onConnect = () => {
      control.publish({ state: 'error', error: 'inviteRefused' });
      return Promise.reject(new TunnelError('inviteRefused'));
    };
    fakeEditor.person.message = () => 'Set Up Relay…';
    await run('connect');
    await clock.settle();
    assert.equal(fakeEditor.messages.length, 1);
    assert.equal(fakeEditor.picks.length, 1);
  });

  it('offers to stop a trial relay while one runs, and only then', async () => {
    create();
    await clock.settle();
    await run('startTrialRelay');
    assert.equal(fakeEditor.contexts.get('cloudtolocalllm.trialRelayRunning'), true);
    await run('stopTrialRelay');
    await clock.settle();
    assert.equal(fakeEditor.contexts.get('cloudtolocalllm.trialRelayRunning'), false);
    assert.deepEqual(control.calls.slice(1), ['setRelay http://127.0.0.1:8787 trial.1.x', 'connect', 'disconnect']);
  });

  it('resets the identity only when told twice', async () => {
    create();
    await run('resetIdentity');
    assert.equal(resets, 0);
    fakeEditor.person.message = () => 'Reset Identity';
    await run('resetIdentity');
    assert.equal(resets, 1);
  });

  it('ends its trial relay with the window', async () => {
    create();
    await run('startTrialRelay');
    views.dispose();
    assert.deepEqual([fakeEditor.terminals.length, fakeEditor.terminals[0]?.closed], [1, true]);
  });

  it('shows the guide for a relay on a server as a page of its own', async () => {
    create();
    fakeEditor.person.pick = (items) => items.find(({ label }) => label.includes('Server'));
    await run('setUpRelay');
    assert.ok(fakeEditor.executed.includes('markdown.showPreview file:///ext/docs/RELAY.md'));
    assert.ok(existsSync(new URL('../../docs/RELAY.md', import.meta.url)));
  });

  it('names a damaged chat file that was set aside, and shows its folder', async () => {
    fakeEditor.person.message = (_text, [show]) => show;
    create(
      Promise.resolve({ control, createChatPort: newPort, chats, damaged: { file: '/state/conversations.db.damaged', conversations: 3 } }),
    );
    await clock.settle();
    assert.match(
      fakeEditor.messages[0]?.text ?? '',
      /set aside as \/state\/conversations\.db\.damaged\. Chats that could still be read: 3/,
    );
    assert.deepEqual(fakeEditor.executed, ['revealFileInOS file:///state/conversations.db.damaged']);
  });

  it('names a damaged file of pairings that was set aside, and what to do', async () => {
    create(Promise.resolve({ control, createChatPort: newPort, chats, damagedPairings: '/state/device.db.damaged' }));
    await clock.settle();
    assert.match(fakeEditor.messages[0]?.text ?? '', /set aside as \/state\/device\.db\.damaged\. Pair them again/);
  });
});
