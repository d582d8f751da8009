import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import { Emitter } from '../../src/base/emitter.ts';
import type { StatusFace } from '../../src/views/statusFace.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { fakeEditor, MarkdownString, ThemeColor, type FakeStatusBarItem } from '../fakes/vscode.ts';
const { StatusItem } = await import('../../src/views/statusItem.ts');

const face: StatusFace = {
  text: '$(plug) Connected',
  colour: 'none',
  spoken: 'Connected',
  hover: '**Connected**',
  hoverCommands: ['disconnect'],
};

describe('StatusItem', () => {
  let clock: FakeClock;
  let changes: Emitter<undefined>;
  let now: StatusFace;
  let item: InstanceType<typeof StatusItem>;

  beforeEach(() => {
    fakeEditor.reset();
    clock = new FakeClock();
    changes = new Emitter();
    now = face;
    item = new StatusItem({ clock, face: () => now, onDidChange: changes.event });
  });
  afterEach(() => {
    item.dispose();
    assert.equal(clock.pendingTimers, 0);
    assert.equal(changes.listenerCount, 0);
    assert.equal(drawn().disposed, true);
  });

  function drawn(): FakeStatusBarItem {
    const [only, ...more] = fakeEditor.statusItems;
    assert.ok(only && more.length === 0);
    return only;
  }
  function change(to: Partial<StatusFace>): void {
    now = { ...now, ...to };
    changes.fire(undefined);
  }
  const textWrites = (): unknown[] => drawn().writes.flatMap(({ property, value }) => (property === 'text' ? [value] : []));

  it('is one item on the left, drawn at once, that opens the menu', () => {
    const { id, alignment, priority, shown, values } = drawn();
    assert.deepEqual({ id, alignment, priority, shown }, { id: 'status', alignment: 1, priority: 50, shown: true });
    assert.equal(values['text'], '$(plug) Connected');
    const { command, arguments: passed } = values['command'] as { command: string; arguments: unknown };
    assert.deepEqual([command, passed], ['cloudtolocalllm.showMenu', ['statusItem']]);
    assert.deepEqual(values['accessibilityInformation'], { label: 'Connected' });
  });

  it('trusts the commands that its hover names, and no others', () => {
    const tooltip = drawn().values['tooltip'];
    assert.ok(tooltip instanceof MarkdownString);
    assert.deepEqual(tooltip.isTrusted, { enabledCommands: ['cloudtolocalllm.disconnect'] });
    assert.equal(tooltip.supportHtml, false);
  });

  it('takes the two colours that the editor has for items that want attention, and gives them back', async () => {
    change({ colour: 'error' });
    await clock.advance(250);
    assert.deepEqual(drawn().values['backgroundColor'], new ThemeColor('statusBarItem.errorBackground'));
    change({ colour: 'warning' });
    await clock.advance(250);
    assert.deepEqual(drawn().values['backgroundColor'], new ThemeColor('statusBarItem.warningBackground'));
    change({ colour: 'none' });
    await clock.advance(250);
    assert.equal(drawn().values['backgroundColor'], undefined);
  });

  it('writes nothing when nothing that it shows has changed', async () => {
    const before = drawn().writes.length;
    for (let i = 0; i < 100; i++) {
      change({});
      await clock.advance(50);
    }
    assert.equal(drawn().writes.length, before);
  });

  it('turns 10,000 changes in a second into at most five writes, the last one right', async () => {
    await clock.advance(250);
    const before = textWrites().length;
    for (let i = 0; i < 10_000; i++) {
      change({ text: `$(sync~spin) ${String(i)}` });
      if (i % 100 === 99) await clock.advance(10);
    }
    assert.ok(textWrites().length - before <= 5, String(textWrites().length - before));
    await clock.advance(250);
    assert.equal(textWrites().at(-1), '$(sync~spin) 9999');
    assert.ok(textWrites().length - before <= 6);
  });
});
