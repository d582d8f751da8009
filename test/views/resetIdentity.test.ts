import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import type { PairedClient } from '../../src/protocol/agentControl.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import type { EditorAgent } from '../../src/views/editorAgent.ts';
import { FakeAgentControl } from '../fakes/fakeAgentControl.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { fakeEditor } from '../fakes/vscode.ts';
const { AgentState } = await import('../../src/views/agentState.ts');
const { resetIdentityCommand } = await import('../../src/views/resetIdentity.ts');
const { remedyOf } = await import('../../src/views/showError.ts');

const phone: PairedClient = { id: 'p', name: 'Phone', kind: 'page', scope: 'chat', pairedAt: 0, online: true };
const key: PairedClient = { id: 'k', name: 'Laptop', kind: 'key', scope: 'api', pairedAt: 0, online: false };

describe('resetting the identity in the editor', () => {
  let control: FakeAgentControl;
  let clock: FakeClock;
  const done: string[] = [];
  beforeEach(() => {
    fakeEditor.reset();
    done.length = 0;
    clock = new FakeClock();
    control = new FakeAgentControl(new StatusBus());
    control.clients = [phone, key];
  });
  afterEach(() => {
    assert.equal(clock.pendingTimers, 0);
  });

  const run = async (
    agent: Promise<EditorAgent> = Promise.resolve({ control, createChatPort: () => assert.fail(), chats: undefined as never }),
    reset = (): Promise<void> => {
      done.push(`reset after ${control.calls.join(', ')}`);
      return Promise.resolve();
    },
  ): Promise<unknown> => {
    const state = new AgentState(control.bus, agent);
    await clock.settle();
    const running = Promise.resolve(resetIdentityCommand({ state, clock, resetIdentity: reset }).resetIdentity());
    running.catch(() => undefined);
    await clock.advance(1_000);
    state.dispose();
    return running;
  };

  it('names who must pair again and what is kept, and does nothing without a second yes', async () => {
    await run();
    const asked = fakeEditor.messages[0] ?? assert.fail();
    assert.equal(asked.modal, true);
    assert.match(asked.detail ?? '', /Each must pair again, and API keys are made anew/);
    assert.match(asked.detail ?? '', /that are lost: 2\./);
    assert.match(asked.detail ?? '', /Your chats, the relay and its invite are kept/);
    assert.deepEqual([done, control.calls, fakeEditor.executed], [[], [], []]);
  });

  it('tells who is here that they were removed, resets, and starts anew', async () => {
    fakeEditor.person.message = () => 'Reset Identity';
    await run();
    assert.deepEqual(done, ['reset after revoke p, revoke k']);
    assert.deepEqual(fakeEditor.executed, ['workbench.action.reloadWindow']);
  });

  it('touches nothing where another window or the background agent leads, and says what to do', async () => {
    control.role = 'follows';
    fakeEditor.person.message = () => 'Reset Identity';
    await run();
    assert.match(fakeEditor.messages.at(-1)?.text ?? '', /^Another window holds the connection/);
    control.role = 'agent';
    fakeEditor.person.message = () => 'Stop Keeping Reachable…';
    await run();
    assert.match(fakeEditor.messages.at(-1)?.text ?? '', /^The background agent holds the connection/);
    assert.deepEqual([done, control.calls, fakeEditor.executed], [[], [], ['cloudtolocalllm.removeAgent']]);
  });

  it('works where no agent runs because its key is lost, which is what that error offers', async () => {
    fakeEditor.person.message = () => 'Reset Identity';
    await run(Promise.reject(new TunnelError('identityLost')));
    assert.deepEqual([done, fakeEditor.executed.length], [['reset after '], 1]);
    assert.deepEqual(remedyOf('identityLost'), { label: 'Reset Device Identity…', command: 'resetIdentity' });
  });

  it('hands on why it failed, and starts anew all the same, for the agent has ended', async () => {
    fakeEditor.person.message = () => 'Reset Identity';
    const failing = run(undefined, () => {
      throw new TunnelError('anotherLeads');
    });
    await assert.rejects(failing, (error) => error instanceof TunnelError && error.code === 'anotherLeads');
    assert.equal(fakeEditor.executed.length, 1);
  });
});
