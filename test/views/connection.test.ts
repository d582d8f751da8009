import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import type * as vscode from 'vscode';
import type { PairedClient } from '../../src/protocol/agentControl.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import { FakeAgentControl } from '../fakes/fakeAgentControl.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { fakeEditor, Uri } from '../fakes/vscode.ts';
const { Connection } = await import('../../src/views/connection.ts');
const { ConnectionIntent } = await import('../../src/views/connectionIntent.ts');
const { applyRelaySetting, startConnection } = await import('../../src/views/startConnection.ts');
const { nullLogger } = await import('../../src/base/log.ts');

const phone: PairedClient = { id: 'a', name: 'Phone', kind: 'page', scope: 'chat', pairedAt: 0, online: true };

describe('Connection', () => {
  let control: FakeAgentControl;
  let connection: InstanceType<typeof Connection>;
  let intent: InstanceType<typeof ConnectionIntent>;
  let clock: FakeClock;

  beforeEach(() => {
    fakeEditor.reset();
    const bus = new StatusBus();
    clock = new FakeClock();
    control = new FakeAgentControl(bus);
    intent = new ConnectionIntent(Uri.file('/storage') as unknown as vscode.Uri);
    const agent = Promise.resolve({ control, createChatPort: () => assert.fail('no chat here'), chats: undefined as never });
    connection = new Connection({ agent, bus, intent, clock });
  });

  it('leads to setting up a relay when there is none, then connects', async () => {
    const answers = ['https://relay.example/', ' anna.1.x '];
    fakeEditor.person.input = () => answers.shift();
    assert.equal(await connection.connect(), true);
    assert.deepEqual(control.calls, ['setRelay https://relay.example anna.1.x', 'connect']);
    assert.equal(fakeEditor.userSettings.get('cloudtolocalllm.relay.url'), 'https://relay.example');
    assert.equal(fakeEditor.inputs[1]?.password, true);
    assert.equal(connection.isUp, true);
  });

  it('takes a join link without asking for the invite again', async () => {
    fakeEditor.person.input = () => 'https://relay.example/join#anna.1.x';
    await connection.setUpRelay();
    assert.equal(fakeEditor.inputs.length, 1);
    assert.deepEqual(control.calls, ['setRelay https://relay.example anna.1.x', 'connect']);
  });

  it('says what is wrong with an address while it is typed', async () => {
    await connection.connect();
    const validate = fakeEditor.inputs[0]?.validateInput;
    assert.match(validate?.('http://relay.example') ?? '', /https/);
    assert.equal(validate?.('relay.example'), undefined);
  });

  it('changes nothing when the user leaves the set-up', async () => {
    assert.equal(await connection.connect(), false);
    fakeEditor.person.input = ({ password }) => (password ? undefined : 'relay.example');
    assert.equal(await connection.connect(), false);
    assert.deepEqual(control.calls, []);
    assert.equal(fakeEditor.files.size, 0);
  });

  it('shows a connection that takes its time, and lets the user cancel it, which is a disconnect and is remembered', async () => {
    control.relay = { origin: 'https://relay.example' };
    control.onConnect = (signal) =>
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => {
          reject(new TunnelError('cancelled'));
        });
      });
    const connected = connection.connect();
    await clock.advance(900);
    assert.equal(fakeEditor.progress.length, 0);
    await clock.advance(200);
    assert.deepEqual(fakeEditor.progress, ['Connecting to relay.example']);
    fakeEditor.cancelProgress();
    assert.equal(await connected, false);
    assert.deepEqual(control.calls, ['connect', 'disconnect']);
    assert.equal(await intent.connectAtStart(), false);
  });

  it('shows no progress for a connection that is there at once', async () => {
    control.relay = { origin: 'https://relay.example' };
    assert.equal(await connection.connect(), true);
    await clock.advance(5_000);
    assert.equal(fakeEditor.progress.length, 0);
    assert.equal(clock.pendingTimers, 0);
  });

  it('hands on a refusal that needs the user', async () => {
    control.relay = { origin: 'https://relay.example' };
    control.onConnect = () => Promise.reject(new TunnelError('inviteRefused'));
    await assert.rejects(connection.connect(), (error) => error instanceof TunnelError && error.code === 'inviteRefused');
  });

  it('asks before it disconnects browsers, once', async () => {
    control.clients = [phone];
    await connection.disconnect();
    assert.deepEqual(control.calls, []);
    assert.equal(fakeEditor.messages[0]?.modal, true);
    fakeEditor.person.message = () => 'Disconnect';
    await connection.disconnect();
    assert.deepEqual(control.calls, ['disconnect']);
  });

  it('disconnects without asking when nobody uses it, and remembers', async () => {
    await intent.remember(true);
    control.clients = [{ ...phone, online: false }];
    await connection.disconnect();
    assert.deepEqual(control.calls, ['disconnect']);
    assert.equal(await intent.connectAtStart(), false);
  });

  it('reconnects at once, and from an error connects anew', async () => {
    control.relay = { origin: 'https://relay.example' };
    control.publish({ state: 'reconnecting' });
    await connection.reconnect();
    control.publish({ state: 'error', error: 'replaced' });
    await connection.reconnect();
    assert.deepEqual(control.calls, ['reconnect', 'connect']);
  });

  for (const [mode, wanted, connects] of [
    ['remember', true, true],
    ['remember', false, false],
    ['remember', undefined, false],
    ['always', false, true],
    ['never', true, false],
  ] as const)
    it(`${connects ? 'connects' : 'stays apart'} at start with autoConnect ${mode} after ${String(wanted)}`, async () => {
      control.relay = { origin: 'https://relay.example' };
      fakeEditor.userSettings.set('cloudtolocalllm.relay.autoConnect', mode);
      if (wanted !== undefined) await intent.remember(wanted);
      await startConnection(control, intent, nullLogger);
      assert.deepEqual(control.calls, connects ? ['connect'] : []);
    });

  it('carries the setting relay.url to the device when it names another relay', async () => {
    control.relay = { origin: 'https://relay.example', invite: 'anna.1.x' };
    for (const text of ['https://relay.example/', '', 'nonsense here', 'other.example']) {
      fakeEditor.userSettings.set('cloudtolocalllm.relay.url', text);
      await applyRelaySetting(control, nullLogger);
    }
    assert.deepEqual(control.calls, ['setRelay https://other.example']);
  });
});
