import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import { nullLogger } from '../../src/base/log.ts';
import { agentOfPorts } from '../fakes/agentOfPorts.ts';
import type { FakeChatPort } from '../fakes/fakeChatPort.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import { fakeEditor } from '../fakes/vscode.ts';
const { HiddenAnswers } = await import('../../src/views/hiddenAnswers.ts');

const cats = 'c'.repeat(22);
const dogs = 'd'.repeat(22);

describe('answers that nobody saw end', () => {
  const clock = new FakeClock();
  let ports: FakeChatPort[];
  let opened: string[];
  let answers: InstanceType<typeof HiddenAnswers>;

  beforeEach(() => {
    fakeEditor.reset();
    ports = [];
    opened = [];
    answers = new HiddenAnswers({
      agent: agentOfPorts(ports),
      random: new SeededRandom(1),
      log: nullLogger,
      open: (id) => {
        opened.push(id);
        return Promise.resolve();
      },
    });
  });
  afterEach(() => {
    answers.dispose();
    assert.ok(ports.every(({ isDisposed }) => isDisposed));
  });

  async function leave(...ids: string[]): Promise<void> {
    for (const conversationId of ids) answers.leftBehind({ conversationId });
    await clock.settle();
  }
  async function hear(running: Readonly<Record<string, boolean>>): Promise<void> {
    const items = Object.entries(running).map(([id, runs]) => ({ id, title: id[0] ?? '', createdAt: 1, updatedAt: 1, running: runs }));
    ports.at(-1)?.replies.fire({ type: 'conversations', items });
    await clock.settle();
  }
  const texts = (): string[] => fakeEditor.messages.map(({ text }) => text);

  it('are told once, each with a way to its chat, and nothing is listened to afterwards', async () => {
    fakeEditor.person.message = (_text, [show]) => show;
    await leave(cats, dogs);
    assert.equal(ports.length, 1);
    await hear({ [cats]: true, [dogs]: true });
    assert.deepEqual(texts(), []);
    await hear({ [cats]: false, [dogs]: true });
    assert.deepEqual([texts(), opened], [['The answer in “c” has ended.'], [cats]]);
    await hear({ [cats]: false, [dogs]: false });
    assert.deepEqual(opened, [cats, dogs]);
    assert.ok(ports[0]?.isDisposed);
  });

  it('are not told when somebody looks there again, when their chat is gone, or when the setting says never', async () => {
    await leave(cats);
    answers.shown({ conversationId: cats });
    assert.ok(ports[0]?.isDisposed);
    await leave(cats);
    await hear({ [dogs]: false });
    await leave(cats);
    fakeEditor.changeUserSetting('cloudtolocalllm.chat.notifyWhenDone', 'never');
    await hear({ [cats]: false });
    await leave(dogs);
    assert.equal(ports.length, 3, 'nobody listens for what is not to be told');
    assert.deepEqual(texts(), []);
  });

  it('are forgotten, the first of them, when there are too many', async () => {
    const ids = Array.from({ length: 17 }, (_, n) => `${String.fromCharCode(97 + n)}${'x'.repeat(21)}`);
    await leave(...ids);
    await hear(Object.fromEntries(ids.map((id) => [id, false])));
    assert.equal(texts().length, 16);
    assert.ok(!texts().some((text) => text.includes('“a”')));
  });
});
