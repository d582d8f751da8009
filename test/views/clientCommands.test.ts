import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import type { PairedClient } from '../../src/protocol/agentControl.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import { FakeAgentControl } from '../fakes/fakeAgentControl.ts';
import { fakeEditor } from '../fakes/vscode.ts';
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

  const commands = () => clientCommands(Promise.resolve({ control, createChatPort: () => assert.fail(), chats: undefined as never }));
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
    choose('Phone', 'Scope', 'pull and delete');
    await commands().manageClients();
    assert.deepEqual(control.calls, ['change p {"scope":"models"}']);
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

  it('pauses all of them, and lets them in again', async () => {
    await commands().pauseRemote();
    assert.equal(control.isRemotePaused, true);
    await commands().resumeRemote();
    assert.deepEqual(control.calls, ['pause', 'resume']);
  });
});
