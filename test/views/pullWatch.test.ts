import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import { nullLogger } from '../../src/base/log.ts';
import type { ModelPull } from '../../src/protocol/chatModels.ts';
import { agentOfPorts } from '../fakes/agentOfPorts.ts';
import type { FakeChatPort } from '../fakes/fakeChatPort.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { fakeEditor, ProgressLocation, type FakeQuickPick } from '../fakes/vscode.ts';
const { PullPick } = await import('../../src/views/pullPick.ts');
const { PullWatch } = await import('../../src/views/pullWatch.ts');

const { Notification, Window } = ProgressLocation;
const welcome = { type: 'welcome', version: 1, deviceName: 'Desk', scope: 'local' } as const;

describe('downloads of models in the editor', () => {
  const clock = new FakeClock();
  let ports: FakeChatPort[];
  let pulled: string[];
  let watch: InstanceType<typeof PullWatch>;
  let pick: InstanceType<typeof PullPick>;

  beforeEach(async () => {
    fakeEditor.reset();
    ports = [];
    pulled = [];
    const agent = agentOfPorts(ports);
    const parts = { agent, random: new SeededRandom(1), log: nullLogger };
    watch = new PullWatch({ ...parts, onPulled: (model) => pulled.push(model) });
    pick = new PullPick({ ...parts, watch });
    await clock.settle();
  });
  afterEach(async () => {
    pick.dispose();
    watch.dispose();
    await clock.settle();
    assert.ok(ports.every(({ isDisposed }) => isDisposed));
    assert.ok(fakeEditor.progresses.every(({ ended }) => ended));
    assert.ok(fakeEditor.lists.every(({ disposed }) => disposed));
  });

  /** The line that lives as long as the window. */
  const port = (): FakeChatPort => ports[0] ?? assert.fail('no line');
  const list = (): FakeQuickPick => fakeEditor.lists.at(-1) ?? assert.fail('no list');
  const labels = (): string[] => list().items.map(({ label }) => label);
  const shown = () => fakeEditor.progresses.map(({ title, location, ended }) => [title, location, ended]);
  const pull = (name: string, more: Partial<ModelPull> = {}): ModelPull => ({ name, state: 'running', step: 'manifest', ...more });
  async function hear(...items: ModelPull[]): Promise<void> {
    port().replies.fire({ type: 'pulls', items });
    await clock.settle();
  }
  const asked = () => port().sent.flatMap((request) => ('model' in request ? [`${request.type} ${request.model}`] : []));
  /** A person asks for a model by its name, and the hub begins. */
  async function ask(typed: string, name = typed): Promise<void> {
    await pick.pullModel();
    list().type(typed);
    list().choose(`Pull ${name}`);
    await clock.settle();
    const request = port().sent.at(-1);
    assert.ok(request?.type === 'pullModel');
    port().replies.fire({ type: 'accepted', requestId: request.requestId });
    await hear(pull(name));
  }

  it('are shown with their progress and ended by Cancel, when they were asked for here', async () => {
    await ask('ollama run qwen3:8b', 'qwen3:8b');
    assert.deepEqual([asked(), shown(), list().disposed], [['pullModel qwen3:8b'], [['Pulling qwen3:8b', Notification, false]], true]);
    const [progress] = fakeEditor.progresses;
    await hear(pull('qwen3:8b', { step: 'downloading', completed: 1_000_000_000, total: 2_000_000_000 }));
    await hear(pull('qwen3:8b', { step: 'downloading', completed: 1_000_000_001, total: 2_000_000_000 }));
    await hear(pull('qwen3:8b', { step: 'downloading', completed: 1_000_000_001, total: 4_000_000_000 }));
    await hear(pull('qwen3:8b', { step: 'verifying', completed: 4_000_000_000, total: 4_000_000_000 }));
    assert.deepEqual(progress?.messages, ['Looking it up', '1.0 GB of 2.0 GB, 50 %', '1.0 GB of 4.0 GB, 25 %', 'Checking what came']);
    assert.equal(progress.percent, 100);
    progress.cancel();
    await clock.settle();
    assert.deepEqual(asked(), ['pullModel qwen3:8b', 'cancelPull qwen3:8b']);
    await hear(pull('qwen3:8b', { state: 'cancelled' }));
    assert.deepEqual([progress.ended, pulled, fakeEditor.messages], [true, [], []]);
  });

  it('that run when a window comes, and those begun elsewhere, are in its status bar; chosen, they can be cancelled there too', async () => {
    await hear(pull('gemma3:4b'));
    assert.deepEqual(shown(), [['Pulling gemma3:4b', Window, false]]);
    await pick.pullModel();
    assert.deepEqual(labels().slice(0, 2), ['Downloads', '$(loading~spin) gemma3:4b']);
    list().choose('gemma3:4b');
    await clock.settle();
    assert.deepEqual(shown(), [
      ['Pulling gemma3:4b', Window, true],
      ['Pulling gemma3:4b', Notification, false],
    ]);
    assert.deepEqual(asked(), [], 'it is not begun again');
    await hear(pull('gemma3:4b', { state: 'done' }));
    assert.deepEqual(pulled, ['gemma3:4b']);
  });

  it('go on being shown when another window leads, as they were', async () => {
    port().replies.fire({ ...welcome, hubEpoch: 'a'.repeat(22) });
    await ask('qwen3:8b');
    port().replies.fire({ ...welcome, hubEpoch: 'b'.repeat(22) });
    await clock.settle();
    assert.deepEqual(shown(), [['Pulling qwen3:8b', Notification, true]]);
    await hear(pull('qwen3:8b'), pull('gemma3:4b'));
    assert.deepEqual(shown().slice(1), [
      ['Pulling qwen3:8b', Notification, false],
      ['Pulling gemma3:4b', Window, false],
    ]);
    assert.deepEqual(pulled, [], 'nothing has come by the change');
  });

  it('that failed say why where they were asked for, and are gone on with by a press', async () => {
    const failed = { state: 'failed', error: 'ollamaUnknownModel' } as const;
    await hear(pull('elsewhere:1b'));
    await hear(pull('elsewhere:1b', failed));
    assert.equal(fakeEditor.messages.length, 0);
    await ask('qwen3:8b');
    await hear(pull('qwen3:8b', failed));
    const told = fakeEditor.messages.map(({ text, items }) => `${text} ${items.join()}`).join('\n');
    assert.match(told, /^qwen3:8b was not pulled\. There is no model of this name.* Pull Model…$/);
    await pick.pullModel();
    list().press('qwen3:8b', 'Go On');
    await clock.settle();
    // word of its earlier end, while the hub has not heard of the new beginning
    await hear(pull('qwen3:8b', failed));
    assert.deepEqual([asked().at(-1), fakeEditor.messages.length], ['pullModel qwen3:8b', 1]);
    await hear(pull('qwen3:8b'));
    assert.deepEqual(shown().at(-1), ['Pulling qwen3:8b', Notification, false]);
    list().hide();
  });

  it('that had ended before the window came are nothing new', async () => {
    await hear(pull('done:1b', { state: 'done' }), pull('failed:1b', { state: 'failed' }), pull('cancelled:1b', { state: 'cancelled' }));
    assert.deepEqual([pulled, fakeEditor.messages, fakeEditor.progresses], [[], [], []]);
    await pick.pullModel();
    assert.deepEqual(
      list()
        .items.slice(1, 4)
        .map(({ label, description, buttons = [] }) => [label, description, buttons.map(({ tooltip }) => tooltip)]),
      [
        ['$(circle-slash) cancelled:1b', 'Cancelled; what has come is kept.', ['Go On', 'Take off the List']],
        [
          '$(error) failed:1b',
          'The model could not be downloaded. Check its name and the network, then pull it again: it goes on where it stopped.',
          ['Go On', 'Take off the List'],
        ],
        ['$(check) done:1b', 'It is there.', ['Take off the List']],
      ],
    );
    list().press('done:1b', 'Take off the List');
    await clock.settle();
    assert.deepEqual(asked(), ['cancelPull done:1b']);
    list().hide();
  });

  it('say why one could not be begun', async () => {
    await pick.pullModel();
    list().type('qwen3:8b');
    list().choose('Pull qwen3:8b');
    await clock.settle();
    const request = port().sent.at(-1);
    assert.ok(request && 'requestId' in request);
    port().replies.fire({ type: 'refused', requestId: request.requestId, error: 'tooManyStreams' });
    await clock.settle();
    assert.deepEqual(
      fakeEditor.messages.map(({ kind }) => kind),
      ['error'],
    );
    await hear(pull('qwen3:8b'));
    assert.deepEqual(shown(), [['Pulling qwen3:8b', Window, false]], 'another one’s');
  });

  it('take a name only, and suggest what to begin with and is not there', async () => {
    await pick.pullModel();
    ports.at(-1)?.replies.fire({ type: 'models', items: [{ name: 'gemma3:4b' }] });
    assert.deepEqual(labels(), ['To begin with', '$(cloud-download) llama3.2:3b', '$(cloud-download) qwen3:8b']);
    assert.equal(list().items[1]?.description, '2.0 GB · Small and quick');
    list().type('no name!');
    assert.equal(labels()[0], '$(warning) no name!');
    list().choose('no name!');
    await clock.settle();
    assert.deepEqual([asked(), list().disposed], [[], false]);
    list().type('  ');
    list().choose('llama3.2:3b');
    await clock.settle();
    assert.deepEqual(asked(), ['pullModel llama3.2:3b']);
  });
});
