import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import { nullLogger } from '../../src/base/log.ts';
import type { LoadedModel, ModelInfo } from '../../src/protocol/chatModels.ts';
import { agentOfPorts } from '../fakes/agentOfPorts.ts';
import type { FakeChatPort } from '../fakes/fakeChatPort.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { commands, fakeEditor, type FakeListItem, type FakeQuickPick } from '../fakes/vscode.ts';
const { ModelPicks } = await import('../../src/views/modelPicks.ts');

const qwen: ModelInfo = {
  name: 'qwen3:8b',
  size: 5_225_388_164,
  parameterSize: '8.2B',
  quantization: 'Q4_K_M',
  capabilities: ['completion', 'tools', 'thinking'],
  loaded: true,
};
const gemma: ModelInfo = { name: 'gemma3:4b', size: 3_338_801_804, parameterSize: '4.3B', capabilities: ['completion', 'vision'] };
const cloud: ModelInfo = { name: 'big:cloud', cloud: true };

describe('the lists of models in the editor', () => {
  let clock: FakeClock;
  let ports: FakeChatPort[];
  let used: string[];
  let current: string | undefined;
  let picks: InstanceType<typeof ModelPicks>;

  beforeEach(() => {
    fakeEditor.reset();
    clock = new FakeClock();
    ports = [];
    used = [];
    current = undefined;
    picks = new ModelPicks({
      agent: agentOfPorts(ports),
      clock,
      random: new SeededRandom(1),
      log: nullLogger,
      current: () => current,
      use: (model) => {
        used.push(model);
        return Promise.resolve();
      },
    });
  });
  afterEach(() => {
    picks.dispose();
    assert.ok(ports.every(({ isDisposed }) => isDisposed));
    assert.ok(fakeEditor.lists.every(({ disposed }) => disposed));
    assert.equal(clock.pendingTimers, 0);
  });

  const list = (): FakeQuickPick => fakeEditor.lists.at(-1) ?? assert.fail('no list');
  const port = (at = -1): FakeChatPort => ports.at(at) ?? assert.fail('no line');
  const row = ({ label, description, detail }: FakeListItem): (string | undefined)[] => [label, description, detail];
  const rows = () => list().items.map(row);
  const lastSent = () => ({ ...port().sent.at(-1), requestId: '' });
  async function select(): Promise<void> {
    await picks.selectModel();
    port().replies.fire({ type: 'models', items: [qwen, gemma, cloud], suggested: 'qwen3:8b' });
  }
  async function loaded(...items: LoadedModel[]): Promise<FakeChatPort> {
    await picks.showModels();
    const line = port();
    line.replies.fire({ type: 'models', items: [qwen, gemma] });
    line.replies.fire({ type: 'loaded', items });
    return line;
  }
  const inMemory = (more: Partial<LoadedModel> = {}): LoadedModel => ({
    name: 'qwen3:8b',
    size: 6_000_000_000,
    gpuSize: 4_500_000_000,
    ...more,
  });
  /** The hub does what the last request wants. */
  async function accept(): Promise<void> {
    await clock.settle();
    const request = port().sent.at(-1);
    assert.ok(request && 'requestId' in request);
    port().replies.fire({ type: 'accepted', requestId: request.requestId });
    await clock.settle();
  }

  it('show of each its size, quantisation, what it can and whether it is in memory, and on which the chat is', async () => {
    current = 'gemma3:4b';
    await select();
    assert.deepEqual(rows(), [
      ['$(blank) qwen3:8b', '8.2B · Q4_K_M · 5.2 GB · in memory', 'uses tools · thinks'],
      ['$(check) gemma3:4b', '4.3B · 3.3 GB', 'sees images'],
      ['$(blank) big:cloud', 'runs at Ollama, not here', undefined],
      ['$(cloud-download) Pull Model…', undefined, undefined],
    ]);
    assert.deepEqual(
      list().activeItems.map(({ label }) => label),
      ['$(check) gemma3:4b'],
    );
    assert.equal(list().busy, false);
    list().hide();
  });

  it('have the current chat ask the model that is chosen', async () => {
    await select();
    list().choose('gemma3:4b');
    assert.deepEqual([used, list().disposed], [['gemma3:4b'], true]);
  });

  it('stay on the model that the keyboard is on when the models change', async () => {
    await select();
    list().activeItems = [list().items[1] ?? assert.fail()];
    port().replies.fire({ type: 'models', items: [{ name: 'new:1' }, qwen, gemma] });
    assert.deepEqual(
      list().activeItems.map(({ label }) => label),
      ['$(blank) gemma3:4b'],
    );
    list().hide();
  });

  it('lead to pulling another', async () => {
    let pulls = 0;
    commands.registerCommand('cloudtolocalllm.pullModel', () => (pulls += 1));
    await select();
    list().choose('Pull Model…');
    await clock.settle();
    await loaded();
    list().choose('Pull Model…');
    await clock.settle();
    assert.deepEqual([pulls, used, list().disposed], [2, [], true]);
  });

  it('end with what is wrong when Ollama cannot be asked', async () => {
    await picks.selectModel();
    port().replies.fire({ type: 'refused', error: 'ollamaNotRunning' });
    assert.equal(list().disposed, true);
    assert.deepEqual(
      fakeEditor.messages.map(({ kind, items }) => [kind, items]),
      [['error', ['Check Ollama Again']]],
    );
  });

  it('say where in memory a model is and until when, and which are not there', async () => {
    const expiresAt = clock.now() + 240_000;
    const at = new Date(expiresAt).toLocaleTimeString('en', { hour: '2-digit', minute: '2-digit' });
    const line = await loaded(inMemory({ expiresAt }));
    assert.deepEqual(rows().slice(0, 4), [
      ['In memory', undefined, undefined],
      ['qwen3:8b', '8.2B · Q4_K_M · 5.2 GB', `6.0 GB, 75 % GPU, 25 % CPU · unloaded at ${at}`],
      ['Not in memory', undefined, undefined],
      ['gemma3:4b', '4.3B · 3.3 GB', 'sees images'],
    ]);
    const detail = (one: LoadedModel): string | undefined => {
      line.replies.fire({ type: 'loaded', items: [one] });
      return list().items[1]?.detail;
    };
    assert.equal(detail(inMemory({ gpuSize: 6_000_000_000 })), '6.0 GB, all on the GPU · stays there');
    assert.equal(detail(inMemory({ gpuSize: 0, expiresAt: clock.now() - 1 })), '6.0 GB, all on the CPU · about to be unloaded');
    line.replies.fire({ type: 'loaded', items: [] });
    assert.deepEqual(rows()[1], ['No model is in memory.', undefined, undefined]);
    list().hide();
  });

  it('unload by the button, and by the keyboard', async () => {
    await loaded(inMemory());
    list().press('qwen3:8b', 'Unload');
    await accept();
    assert.deepEqual(lastSent(), { type: 'unloadModel', model: 'qwen3:8b', requestId: '' });
    assert.throws(() => {
      list().press('gemma3:4b', 'Unload');
    });
    const offered: string[][] = [];
    fakeEditor.person.pick = (items) => {
      offered.push(items.map(({ label }) => label));
      return items.find(({ label }) => label.includes('Unload') || label.includes('Use'));
    };
    const before = ports.length;
    list().choose('gemma3:4b');
    await clock.settle();
    list().choose('qwen3:8b');
    await clock.settle();
    assert.deepEqual(offered, [
      ['$(sparkle) Use in Chat', '$(trash) Delete…'],
      ['$(sparkle) Use in Chat', '$(close) Unload', '$(trash) Delete…'],
    ]);
    assert.deepEqual([used, ports.length], [['gemma3:4b', 'qwen3:8b'], before]);
  });

  it('delete a model after asking, and are there again', async () => {
    await loaded(inMemory());
    list().press('gemma3:4b', 'Delete…');
    await clock.settle();
    assert.deepEqual(
      fakeEditor.messages.map(({ text, modal }) => [text, modal]),
      [['Delete gemma3:4b?', true]],
    );
    assert.ok(
      ports.every(({ sent }) => !sent.some(({ type }) => type === 'deleteModel')),
      'nothing is deleted unasked',
    );
    assert.equal(fakeEditor.lists.length, 2, 'dismissed, the list comes back');
    fakeEditor.person.message = (_text, [yes]) => yes;
    port().replies.fire({ type: 'models', items: [qwen, gemma] });
    port().replies.fire({ type: 'loaded', items: [] });
    list().press('gemma3:4b', 'Delete…');
    await clock.settle();
    assert.deepEqual(lastSent(), { type: 'deleteModel', model: 'gemma3:4b', requestId: '' });
    await accept();
    assert.equal(fakeEditor.lists.length, 3);
  });

  it('ask again what is in memory when another window leads from now on', async () => {
    const line = await loaded(inMemory());
    const asked = (): number => line.sent.filter(({ type }) => type === 'listLoaded').length;
    const welcome = { type: 'welcome', version: 1, deviceName: 'Desk', scope: 'local' } as const;
    line.replies.fire({ ...welcome, hubEpoch: 'a'.repeat(22) });
    assert.equal(asked(), 1);
    line.replies.fire({ ...welcome, hubEpoch: 'b'.repeat(22) });
    assert.equal(asked(), 2);
    assert.equal(list().items[1]?.label, 'qwen3:8b');
    list().hide();
  });
});
