import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import type { PairedClient } from '../../src/protocol/agentControl.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import { FakeAgentControl } from '../fakes/fakeAgentControl.ts';
import { fakeEditor } from '../fakes/vscode.ts';
const { apiKeyCommand } = await import('../../src/views/apiKeyCommand.ts');
const { clientCommands } = await import('../../src/views/clientCommands.ts');

const phone: PairedClient = { id: 'p', name: 'Phone $(trash)', kind: 'page', scope: 'chat', pairedAt: 0, online: true };
const key: PairedClient = { id: 'k', name: 'Laptop', kind: 'key', scope: 'api', pairedAt: 0, online: false };

describe('paired browsers in the editor', () => {
  let control: FakeAgentControl;
  beforeEach(() => {
    fakeEditor.reset();
    control = new FakeAgentControl(new StatusBus());
    control.clients = [phone, key];
  });

  const commands = () => {
    const agent = Promise.resolve({ control, createChatPort: () => assert.fail(), chats: undefined as never });
    return { ...clientCommands(agent), ...apiKeyCommand(agent) };
  };
  /** Chooses, one list after the other, the entry that holds each text; leaves the list that has none. */
  const choose = (...texts: string[]): void => {
    const left = [...texts];
    fakeEditor.person = {
      ...fakeEditor.person,
      pick: (items) => {
        const wanted = left.shift();
        return wanted === undefined ? undefined : items.find(({ label }) => label.includes(wanted));
      },
    };
  };

  it('says who is there and what each may do; a name brings no icon along', async () => {
    await commands().manageClients();
    const [list] = fakeEditor.picks as unknown as { label: string; description: string; detail: string }[][];
    assert.deepEqual(
      list?.map(({ label, description, detail }) => [label, description, detail]),
      [
        ['$(device-mobile) Phone $\u200b(trash)', 'Online', 'May chat with your models'],
        ['$(key) Laptop', 'Never used', 'May send requests to your Ollama'],
      ],
    );
    assert.deepEqual(control.calls, []);
  });

  it('says who is another person, and what becomes of their chats', async () => {
    control.clients = [{ ...phone, isGuest: true }];
    choose('Phone', 'Revoke');
    await commands().manageClients();
    const [list] = fakeEditor.picks as unknown as { detail: string }[][];
    assert.equal(list?.[0]?.detail, 'Another person: May chat with your models. Never sees your chats');
    assert.match(fakeEditor.messages.at(-1)?.detail ?? '', /begins without chats/);
  });

  it('renames, with a name that can be one', async () => {
    choose('Phone', 'Rename');
    fakeEditor.person = { ...fakeEditor.person, input: () => '  My phone ' };
    await commands().manageClients();
    assert.deepEqual(control.calls, ['change p {"name":"My phone"}']);
    const validate = fakeEditor.inputs[0]?.validateInput;
    assert.deepEqual(
      [validate?.('  '), validate?.('x'.repeat(2_000)), validate?.('x')],
      ['Enter a name.', 'This name is too long.', undefined],
    );
  });

  it('changes what a browser may do, but not what a key may', async () => {
    choose('Phone', 'Scope', 'pull and unload');
    fakeEditor.person = { ...fakeEditor.person, message: (_text, [open]) => open };
    await commands().manageClients();
    assert.deepEqual(control.calls, ['change p {"scope":"models"}']);
    assert.match(fakeEditor.messages[0]?.text ?? '', /^Until it is switched on/);
    assert.deepEqual(fakeEditor.executed, ['workbench.action.openSettings cloudtolocalllm.remote.modelManagement']);
    fakeEditor.userSettings.set('cloudtolocalllm.remote.modelManagement', true);
    await commands().manageClients();
    assert.equal(fakeEditor.messages.length, 1, 'it is switched on');
    choose('Laptop');
    await commands().manageClients();
    assert.ok(!fakeEditor.picks.at(-1)?.some(({ label }) => label.includes('Scope')));
  });

  it('revokes only who is revoked twice', async () => {
    choose('Phone', 'Revoke');
    await commands().manageClients();
    assert.deepEqual([control.calls, fakeEditor.messages.at(-1)?.modal], [[], true]);
    choose('Phone', 'Revoke');
    fakeEditor.person = { ...fakeEditor.person, message: () => 'Revoke' };
    await commands().manageClients();
    assert.deepEqual(control.calls, ['revoke p']);
  });

  it('asks what a key may do and until when, shows it this once, and copies it only when asked to', async () => {
    fakeEditor.person = { ...fakeEditor.person, input: () => ' Laptop ' };
    choose('chat requests alone', '90 days');
    await commands().createApiKey();
    const shown = fakeEditor.messages.at(-1);
    assert.deepEqual([control.calls, shown?.modal, fakeEditor.clipboard], [['createApiKey Laptop {"scope":"chat","days":90}'], true, '']);
    assert.match(shown?.detail ?? '', /^c2l_key\n/);
    assert.match(shown?.detail ?? '', /chat requests alone\. Good for 90 days\./);
    choose('send requests', 'until you revoke');
    await commands().createApiKey();
    assert.equal(control.calls.at(-1), 'createApiKey Laptop {"scope":"api"}');
    choose('send requests', 'one day');
    fakeEditor.person = { ...fakeEditor.person, message: () => 'Copy Key' };
    await commands().createApiKey();
    assert.equal(fakeEditor.clipboard, 'c2l_key');
  });

  it('lists until when a key is good and how little it may do, and revokes it as any other', async () => {
    control.clients = [{ ...key, scope: 'chat', expiresAt: Date.UTC(2027, 0, 1) }];
    choose('Laptop', 'Revoke');
    fakeEditor.person = { ...fakeEditor.person, message: () => 'Revoke' };
    await commands().manageClients();
    const [list] = fakeEditor.picks as unknown as { detail: string }[][];
    assert.match(list?.[0]?.detail ?? '', /^May ask your Ollama chat requests alone\. Good until .*202[67]/);
    assert.deepEqual(control.calls, ['revoke k']);
  });

  it('makes no key when what it may do, or until when, is left open', async () => {
    fakeEditor.person = { ...fakeEditor.person, input: () => 'Laptop' };
    choose();
    await commands().createApiKey();
    choose('send requests');
    await commands().createApiKey();
    assert.deepEqual([control.calls, fakeEditor.messages], [[], []]);
  });

  it('makes no key without a name', async () => {
    await commands().createApiKey();
    assert.deepEqual([control.calls, fakeEditor.messages], [[], []]);
    assert.equal(fakeEditor.inputs[0]?.validateInput?.(' '), 'Enter a name.');
  });

  it('pauses all of them, and lets them in again', async () => {
    await commands().pauseRemote();
    assert.equal(control.isRemotePaused, true);
    await commands().resumeRemote();
    assert.deepEqual(control.calls, ['pause', 'resume']);
  });
});
