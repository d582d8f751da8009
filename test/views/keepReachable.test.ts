import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import { nullLogger } from '../../src/base/log.ts';
import { BackgroundFault, backgroundFaultCodes } from '../../src/protocol/backgroundAgent.ts';
import { backgroundWords } from '../../src/status/backgroundText.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import { FakeAgentControl } from '../fakes/fakeAgentControl.ts';
import { FakeBackground } from '../fakes/fakeBackground.ts';
import { fakeEditor, Uri } from '../fakes/vscode.ts';
const { AgentState } = await import('../../src/views/agentState.ts');
const { KeepReachable } = await import('../../src/views/keepReachable.ts');
const { TextPages } = await import('../../src/views/textPages.ts');

describe('keeping this computer reachable', () => {
  let background: FakeBackground;
  let control: FakeAgentControl;
  let state: InstanceType<typeof AgentState>;
  let pages: InstanceType<typeof TextPages>;
  let reachable: InstanceType<typeof KeepReachable>;
  let changes: number;
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const keep = async (): Promise<void> => {
    await reachable.commands.keepReachable();
    await settle();
  };

  beforeEach(async () => {
    fakeEditor.reset();
    changes = 0;
    background = new FakeBackground();
    control = new FakeAgentControl(new StatusBus());
    state = new AgentState(control.bus, Promise.resolve({ control, createChatPort: () => assert.fail(), chats: undefined as never }));
    pages = new TextPages();
    reachable = new KeepReachable({ ...{ background, pages, state, log: nullLogger }, onDidChange: () => (changes += 1) });
    await settle();
  });
  afterEach(() => {
    for (const owned of [reachable, pages, state]) owned.dispose();
    fakeEditor.reset();
  });

  it('shows exactly what it would write and run before it asks, and writes nothing without a yes', async () => {
    await keep();
    assert.deepEqual(background.calls, ['plan']);
    const shown = fakeEditor.pages.get('KeepReachable.txt') ?? '';
    const { thePlan } = background;
    for (const part of [
      thePlan.copy.folder,
      thePlan.unit.path,
      thePlan.node.path,
      thePlan.stateFolder,
      ...thePlan.commands,
      ...thePlan.others,
    ])
      assert.ok(shown.includes(part), part);
    for (const line of thePlan.unit.text.trimEnd().split('\n')) assert.ok(shown.includes(`    | ${line}\n`), line);
    assert.match(shown, /loginctl enable-linger/);
    const asked = fakeEditor.messages[0] ?? assert.fail();
    assert.deepEqual([asked.modal, asked.items], [true, ['Keep Reachable']]);
    assert.match(asked.detail ?? '', /Node 24\.1\.0/);
  });

  it('installs after a yes, says that it runs, and shows how it is when asked to', async () => {
    fakeEditor.person.message = (_text, items) => items[0];
    await keep();
    assert.deepEqual([background.calls, changes], [['plan', 'install'], 1]);
    assert.match(fakeEditor.messages[1]?.text ?? '', /^This computer stays reachable: .* runs \(process 42\)/);
    assert.match(fakeEditor.pages.get('BackgroundAgent.txt') ?? '', /^Installed: no/);
  });

  it('removes after a yes of its own, and says what is kept', async () => {
    background.isInstalled = true;
    await reachable.commands.removeAgent();
    assert.deepEqual(background.calls, []);
    fakeEditor.person.message = (_text, items) => items[0];
    await reachable.commands.removeAgent();
    assert.deepEqual([background.calls, background.isInstalled, changes], [['uninstall'], false, 1]);
    assert.match(fakeEditor.messages.at(-1)?.text ?? '', /is removed: 1 files and folders\. Chats, pairings and the relay are kept\./);
  });

  it('says each fault in two sentences at least, with something to press', async () => {
    for (const code of backgroundFaultCodes) {
      fakeEditor.messages.length = 0;
      background.faults.set('plan', new BackgroundFault(code, '/some/place'));
      await keep();
      const [told = assert.fail()] = fakeEditor.messages;
      const { happened, next } = backgroundWords.fault(new BackgroundFault(code, '/some/place'));
      assert.deepEqual([told.kind, told.text], ['error', `${happened} ${next}`]);
      assert.ok(told.items.length > 0, code);
      assert.match(happened, /\.$/);
      assert.match(next, /\.$/);
    }
  });

  it('lets the person choose a Node where none was found, and goes on with it', async () => {
    background.faults.set('plan', new BackgroundFault('noNode', ''));
    fakeEditor.person.message = (_text, items) => items.find((item) => item === 'Choose Node…' || item === 'Keep Reachable');
    fakeEditor.person.open = () => [Object.assign(Uri.file('/opt/node/bin/node'), { fsPath: '/opt/node/bin/node' })];
    await keep();
    await settle();
    assert.deepEqual(background.calls, ['plan', 'plan /opt/node/bin/node', 'install']);
  });

  it('leads to where Node is had, and to a relay where there is none', async () => {
    background.faults.set('plan', new BackgroundFault('noNode', ''));
    fakeEditor.person.message = () => 'Get Node.js';
    await keep();
    assert.deepEqual(fakeEditor.opened, ['https://nodejs.org/en/download']);
    background.faults.set('plan', new BackgroundFault('noRelay'));
    fakeEditor.person.message = () => 'Set Up Relay…';
    await keep();
    assert.deepEqual(fakeEditor.executed, ['cloudtolocalllm.setUpRelay']);
  });

  it('renews an older copy at the start of a window, once nothing is being written', async () => {
    background.older = '0.0.9';
    reachable.start();
    assert.deepEqual(background.calls, [], 'nothing is installed');
    background.isInstalled = true;
    control.runningStreams = 1;
    reachable.start();
    control.clientChanges.fire(undefined);
    await settle();
    assert.deepEqual(background.calls, ['settings']);
    control.runningStreams = 0;
    control.clientChanges.fire(undefined);
    await settle();
    assert.deepEqual([background.calls, changes], [['settings', 'renew'], 1]);
    control.clientChanges.fire(undefined);
    await settle();
    assert.equal(background.calls.length, 2, 'once');
  });

  it('says when that fails, and hands settings over whenever they change', async () => {
    background.isInstalled = true;
    background.older = '0.0.9';
    background.faults.set('renew', new BackgroundFault('notStarted', 'storeNewer'));
    reachable.start();
    await settle();
    assert.match(fakeEditor.messages[0]?.text ?? '', /did not start \(storeNewer\)\. What was there before is there again\./);
    fakeEditor.changeUserSetting('cloudtolocalllm.remote.modelManagement', true);
    await settle();
    assert.deepEqual(background.calls, ['settings', 'renew', 'settings']);
  });
});
