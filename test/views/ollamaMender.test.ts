import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import { TunnelError } from '../../src/protocol/errors.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import { FakeAgentControl } from '../fakes/fakeAgentControl.ts';
const vscode = await import('../fakes/vscode.ts');
const { ollamaMender } = await import('../../src/views/ollamaMender.ts');
const { fakeEditor } = vscode;

describe('what mends Ollama, in the editor', () => {
  const control = new FakeAgentControl(new StatusBus());
  const agent = Promise.resolve({ control, createChatPort: () => undefined as never, chats: undefined as never });

  beforeEach(() => {
    fakeEditor.reset();
    control.calls.length = 0;
  });

  it('opens the page that Ollama is downloaded from, and no other', async () => {
    await ollamaMender({ agent, startOllama: () => Promise.resolve() })('installOllama');
    assert.deepEqual(fakeEditor.opened, ['https://ollama.com/download']);
    assert.deepEqual(control.calls, []);
  });

  it('starts Ollama, then looks at once; where it cannot, it says why and opens nothing', async () => {
    let starts = 0;
    const startOllama = (): Promise<void> => {
      starts += 1;
      return Promise.resolve();
    };
    await ollamaMender({ agent, startOllama })('startOllama');
    assert.deepEqual([starts, control.calls, fakeEditor.opened], [1, ['checkOllama'], []]);
    const cannot = ollamaMender({ agent, startOllama: () => Promise.reject(new TunnelError('ollamaNotInstalled')) });
    await assert.rejects(cannot('startOllama'), { code: 'ollamaNotInstalled' });
  });

  it('opens the settings of Ollama', async () => {
    const asked: unknown[] = [];
    vscode.commands.registerCommand('workbench.action.openSettings', (query) => asked.push(query));
    await ollamaMender({ agent, startOllama: () => Promise.resolve() })('openOllamaSettings');
    assert.deepEqual(asked, ['cloudtolocalllm.ollama']);
  });
});
