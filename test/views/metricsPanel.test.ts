import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import type { Uri } from 'vscode';
import { nullLogger } from '../../src/base/log.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import type { MetricsView } from '../../src/views/metricsView.ts';
import { FakeAgentControl } from '../fakes/fakeAgentControl.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import { SeededRandom } from '../fakes/seededRandom.ts';
import * as vscode from '../fakes/vscode.ts';
const { MetricsPanel } = await import('../../src/views/metricsPanel.ts');
const { metricsView } = await import('../../src/views/metricsView.ts');
const { fakeEditor } = vscode;

describe('the connection’s figures', () => {
  let clock: FakeClock;
  let control: FakeAgentControl;
  let panel: InstanceType<typeof MetricsPanel>;
  let warnings: number;

  beforeEach(async () => {
    fakeEditor.reset();
    warnings = 0;
    clock = new FakeClock();
    control = new FakeAgentControl(new StatusBus());
    panel = new MetricsPanel({
      agent: Promise.resolve({ control, createChatPort: () => assert.fail(), chats: undefined as never }),
      extensionUri: vscode.Uri.file('/ext') as unknown as Uri,
      ...{ clock, random: new SeededRandom(1) },
      log: {
        ...nullLogger,
        warn: () => {
          warnings++;
        },
      },
    });
    await panel.show();
  });
  afterEach(() => {
    panel.dispose();
    assert.equal(clock.pendingTimers, 0, 'timers left behind');
  });

  const host = () => fakeEditor.panels[0] ?? assert.fail('no panel');
  const posted = () => host().webview.posted as (MetricsView & { readonly type: string })[];
  const chart = (title: string) =>
    posted()
      .at(-1)
      ?.charts.find((each) => each.title === title);
  const row = (name: string): string | undefined =>
    posted()
      .at(-1)
      ?.rows.find(([each]) => each === name)?.[1];

  it('draws one panel for all who ask, once its script is there and then each second', async () => {
    await panel.show();
    assert.deepEqual([fakeEditor.panels.length, host().reveals, posted().length], [1, 1, 0]);
    host().webview.say({ type: 'ready' });
    assert.equal(posted().length, 1);
    await clock.advance(3_000);
    assert.equal(posted().length, 4);
    assert.equal(chart('Reconnects')?.points.length, 4);
    host().webview.say({ type: 'else' });
    assert.equal(warnings, 1);
    assert.match(host().webview.html, /script-src &#39;nonce-/);
  });

  it('shows what is measured, as curves and as a table, and nothing where nothing is known', async () => {
    await clock.advance(1_000);
    assert.equal(chart('Round trip to the relay')?.spoken, 'Round trip to the relay: nothing measured yet');
    assert.equal(row('Round trip, p95'), '–');
    const roundTrip = { lastMs: 12.34, p50Ms: 10, p95Ms: 20.04, jitterMs: 1.25, samples: 9 };
    const counts = { missedPings: 2, reconnects: 3, bytesSent: 1_500, bytesReceived: 0, streams: 1 };
    control.metrics = { ...control.metrics, ...counts, quality: 'good', roundTrip, uptimeMs: 3_723_000, tokensPerSecond: 41.26 };
    control.tunnel = { state: 'streaming', reconnectAttempts: 0, latency: 12.34 };
    control.runningStreams = 2;
    await clock.advance(1_000);
    assert.deepEqual(chart('Round trip to the relay')?.points, [null, null, 12.34]);
    assert.equal(chart('Answers')?.spoken, 'Answers: now 41.3 tokens/s, between 0.0 tokens/s and 41.3 tokens/s in the last 3 s');
    const shown = ['Connection', 'Quality', 'Round trip, p50', 'Round trip, p95', 'Jitter', 'Missed pings', 'Reconnects', 'Up for', 'Sent'];
    assert.deepEqual(shown.map(row), ['streaming', 'good', '10.0 ms', '20.0 ms', '1.3 ms', '2', '3', '1:02:03', '1.5 kB']);
    assert.deepEqual([row('Running answers'), row('Streams through the tunnel'), row('Answers')], ['2', '1', '41.3 tokens/s']);
  });

  it('keeps two minutes, says nothing while nobody looks, and all of it to who looks again', async () => {
    await clock.advance(300_000);
    assert.equal(chart('Answers')?.points.length, 120);
    host().setVisible(false);
    const before = posted().length;
    await clock.advance(5_000);
    assert.equal(posted().length, before);
    host().setVisible(true);
    host().webview.say({ type: 'ready' });
    assert.equal(posted().length, before + 1);
  });

  it('stops looking when it is closed, and opens anew', async () => {
    host().dispose();
    assert.equal(clock.pendingTimers, 0);
    await panel.show();
    assert.equal(fakeEditor.panels.length, 2);
  });

  it('has a sentence for every curve, for who cannot see it', () => {
    for (const each of metricsView([], control).charts) assert.match(each.spoken, /nothing measured yet/);
  });
});
