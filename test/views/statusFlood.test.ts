import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import type { Uri } from 'vscode';
import { systemClock } from '../../src/base/clock.ts';
import { nullLogger } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import { FakeAgentControl } from '../fakes/fakeAgentControl.ts';
import { FakeBackground } from '../fakes/fakeBackground.ts';
import * as vscode from '../fakes/vscode.ts';
const { createViews } = await import('../../src/views/editorViews.ts');

const EVENTS = 10_000;
const PER_TURN = 100;
const MAX_WRITES = 5;

describe('a flood of events', function () {
  this.timeout(10_000);

  it('of 10,000 in one real second becomes at most five writes to the status item, the last one right, through all of the views', async () => {
    vscode.fakeEditor.reset();
    const bus = new StatusBus();
    const control = new FakeAgentControl(bus);
    control.relay = { origin: 'https://relay.example' };
    const views = createViews({
      extensionUri: vscode.Uri.file('/ext') as unknown as Uri,
      storageUri: vscode.Uri.file('/storage') as unknown as Uri,
      workspaceStorageUri: vscode.Uri.file('/workspace') as unknown as Uri,
      bus,
      agent: Promise.resolve({ control, createChatPort: () => assert.fail('no chat here'), chats: {} as never }),
      clock: systemClock,
      random: systemRandom,
      log: nullLogger,
      machine: { system: 'linux', home: '/home/jane', names: ['jane'], issuesUrl: undefined },
      showLog: () => undefined,
      startOllama: () => assert.fail('nobody asked'),
      resetIdentity: () => assert.fail('nobody asked'),
      background: new FakeBackground(),
      prepareTrialRelay: () => assert.fail('nobody asked'),
    });
    const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    try {
      await pause(600);
      const [item = assert.fail()] = vscode.fakeEditor.statusItems;
      /** When each drawing came; every one writes the text. */
      const drawnAt: number[] = [];
      const seen = item.writes.length;
      let read = seen;
      const look = (): void => {
        for (; read < item.writes.length; read++) if (item.writes[read]?.property === 'text') drawnAt.push(performance.now());
      };
      const begin = performance.now();
      const states = ['connecting', 'connected', 'streaming', 'reconnecting', 'error', 'disconnected'] as const;
      for (let i = 0; i < EVENTS; i++) {
        control.publish({ state: states[i % states.length] ?? 'error' });
        if (i % PER_TURN !== PER_TURN - 1) continue;
        look();
        await pause(Math.max(0, begin + (1_000 * (i + 1)) / EVENTS - performance.now()));
        look();
      }
      const tookMs = performance.now() - begin;
      const most = Math.max(...drawnAt.map((from) => drawnAt.filter((at) => at >= from && at <= from + 1_000).length));
      console.log(
        `      ${String(EVENTS)} events in ${tookMs.toFixed(0)} ms, ${String(drawnAt.length)} writes, ${String(most)} in any one second`,
      );
      assert.ok(drawnAt.length >= 2 && most <= MAX_WRITES, drawnAt.join(', '));
      control.publish({ state: 'connected' });
      await pause(500);
      assert.equal(item.values['text'], '$(plug) Connected');
      assert.deepEqual(item.values['accessibilityInformation'], { label: 'Connected, quality unknown' });
      assert.equal(item.values['backgroundColor'], undefined);
    } finally {
      views.dispose();
      bus.dispose();
    }
  });
});
