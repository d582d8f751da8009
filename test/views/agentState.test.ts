import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import { statusView } from '../../src/status/statusView.ts';
import { FakeAgentControl } from '../fakes/fakeAgentControl.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { fakeEditor } from '../fakes/vscode.ts';
const { AgentState } = await import('../../src/views/agentState.ts');
const { statusInputOf } = await import('../../src/views/faceOf.ts');

describe('the relay that a window’s own setting names', () => {
  const bus = new StatusBus();

  /** What the hover says of the role, in a window whose setting says this. */
  async function roleOf(setting: string, role: 'leads' | 'follows' | 'agent'): Promise<string[]> {
    fakeEditor.reset();
    fakeEditor.userSettings.set('cloudtolocalllm.relay.url', setting);
    const control = Object.assign(new FakeAgentControl(bus), { role });
    control.relay = { origin: 'https://relay.example' };
    const state = new AgentState(bus, Promise.resolve({ control, createChatPort: () => assert.fail(), chats: undefined as never }));
    await Promise.resolve();
    const { tooltip } = statusView(statusInputOf(state, new FakeClock()));
    state.dispose();
    return tooltip.filter(({ kind }) => kind === 'role').map(({ label, value }) => `${label}: ${String(value)}`);
  }

  it('is said not to be used, while another window or the background agent leads and uses another', async () => {
    assert.deepEqual(await roleOf('https://other.example:8443', 'follows'), [
      'Role: Another window holds the connection',
      'Not used: the setting of this window, other.example:8443',
    ]);
    assert.deepEqual(await roleOf('other.example', 'agent'), [
      'Role: The background agent holds the connection',
      'Not used: the setting of this window, other.example',
    ]);
  });

  it('is no matter where it is the same, is empty, is no address, or counts', async () => {
    for (const setting of ['wss://relay.example', ' ', 'http://plain.example', 'two words'])
      assert.deepEqual(await roleOf(setting, 'follows'), ['Role: Another window holds the connection'], setting);
    assert.deepEqual(await roleOf('https://other.example', 'leads'), ['Role: This window holds the connection']);
  });
});
