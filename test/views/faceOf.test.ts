import assert from 'node:assert/strict';
import '../fakes/vscodeModule.ts';
import type { ConnectionStatusEvent } from '../../src/protocol/status.ts';
import { StatusBus } from '../../src/status/statusEventBus.ts';
import { statusView } from '../../src/status/statusView.ts';
import { FakeAgentControl } from '../fakes/fakeAgentControl.ts';
import { FakeClock } from '../fakes/fakeClock.ts';
import type { StatusFace } from '../../src/views/statusFace.ts';
import type { AgentControl } from '../../src/protocol/agentControl.ts';
const { commandNames } = await import('../../src/views/ids.ts');
const { escapeMarkdown, faceOf, statusInputOf } = await import('../../src/views/faceOf.ts');
const { statusTicks } = await import('../../src/views/statusTicks.ts');

describe('the face of a status', () => {
  const clock = new FakeClock();

  function face(
    event: Omit<ConnectionStatusEvent, 'timestamp'>,
    changes: Partial<Pick<AgentControl, 'ollama' | 'clients' | 'runningStreams' | 'metrics'>> = {},
    label: 'full' | 'icon' = 'full',
  ): StatusFace {
    const bus = new StatusBus();
    const control = Object.assign(new FakeAgentControl(bus), changes);
    control.relay = { origin: 'https://relay.example', invite: 'anna.1.secret' };
    control.tunnel = { state: event.state, lastActivity: clock.now(), reconnectAttempts: 0, latency: 42 };
    bus.publishStatus({ endpoint: 'https://relay.example', ...event, timestamp: clock.now() - 4_000 });
    return faceOf(statusView(statusInputOf({ bus, control, relayConfigured: true }, clock)), label);
  }

  it('differs in icon, words and speech for each of the six states, and colours those that want a person', () => {
    const faces = [
      face({ state: 'disconnected' }),
      face({ state: 'connecting' }),
      face({ state: 'connected' }),
      face({ state: 'streaming' }, { runningStreams: 2 }),
      face({ state: 'reconnecting', error: 'relayUnreachable' }),
      face({ state: 'error', error: 'inviteExpired' }),
    ];
    assert.deepEqual(
      faces.map(({ text, colour }) => [text, colour]),
      [
        ['$(debug-disconnect) Local AI', 'none'],
        ['$(loading~spin) Connecting', 'none'],
        ['$(plug) Connected', 'none'],
        ['$(sync~spin) Streaming 2', 'none'],
        ['$(debug-restart) Reconnecting', 'warning'],
        ['$(error) Invite expired', 'error'],
      ],
    );
    assert.equal(new Set(faces.map(({ spoken }) => spoken)).size, 6);
  });

  it('is drawn from the bus alone before the agent runs', () => {
    const drawn = faceOf(statusView(statusInputOf({ bus: new StatusBus(), control: undefined, relayConfigured: false }, clock)), 'full');
    assert.equal(drawn.text, '$(comment-discussion) Local AI');
    assert.equal(drawn.spoken, 'Local chat, no relay set up');
  });

  it('is the icon alone when the user wants that', () => {
    assert.equal(face({ state: 'connected' }, {}, 'icon').text, '$(plug)');
  });

  it('shows the quality that was measured, and when the next try is', () => {
    const measured = { quality: 'fair', reconnects: 1, uptimeMs: 60_000, nextTryAt: clock.now() + 7_000 } as const;
    const metrics = { ...new FakeAgentControl(new StatusBus()).metrics, ...measured };
    const connected = face({ state: 'connected' }, { metrics });
    assert.equal(connected.spoken, 'Connected, quality fair');
    assert.match(connected.hover, /42 ms, quality fair, 1 reconnect, up 1 min/);
    assert.match(face({ state: 'reconnecting' }, { metrics }).spoken, /next in 7 s$/);
  });

  it('links commands that exist, and no others', () => {
    const { hover, hoverCommands } = face({ state: 'error', error: 'identityLost' });
    assert.deepEqual(hoverCommands, ['resetIdentity', 'runDiagnostics', 'showLog', 'openChat']);
    for (const [, linked = ''] of hover.matchAll(/\]\(command:cloudtolocalllm\.(\w+)\)/g))
      assert.ok((commandNames as readonly string[]).includes(linked) && hoverCommands.includes(linked as never), linked);
    assert.match(hover, /\]\(command:cloudtolocalllm\.resetIdentity\)/);
  });

  it('has no secret in it and nothing that an address or a version could smuggle in', () => {
    const { hover } = face(
      { state: 'connected' },
      { ollama: { state: 'ok', url: 'http://x/](command:evil)', version: '$(error) **1**\n# big' } },
    );
    assert.ok(!hover.includes('anna.1.secret'));
    assert.ok(!hover.includes('](command:evil)') && !hover.includes('**1**') && !hover.includes('\n# big'));
    assert.ok(!/(?<!\\)\$\(error\) \\\*/.test(hover));
    assert.equal(escapeMarkdown('a\n*b* $(x) <c>'), 'a \\*b\\* &#36;\u200b\\(x\\) \\<c\\>');
  });
});

describe('statusTicks', () => {
  it('ticks only where time alone changes the picture', async () => {
    const clock = new FakeClock();
    const bus = new StatusBus();
    let ticks = 0;
    const ticking = statusTicks(bus, clock, () => ticks++);
    const during = async (state: ConnectionStatusEvent['state'], ms: number): Promise<number> => {
      bus.publishStatus({ state, timestamp: clock.now() });
      const before = ticks;
      await clock.advance(ms);
      return ticks - before;
    };
    assert.equal(await during('disconnected', 60_000), 0);
    assert.equal(await during('reconnecting', 10_000), 10);
    assert.equal(await during('connected', 10_000), 2);
    assert.equal(await during('streaming', 10_000), 2);
    assert.equal(await during('error', 60_000), 0);
    bus.publishStatus({ state: 'reconnecting', timestamp: clock.now() });
    ticking.dispose();
    assert.equal(clock.pendingTimers, 0);
  });
});
