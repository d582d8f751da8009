import assert from 'node:assert/strict';
import { inEnglish } from '../../src/base/say.ts';
import { errorCatalogue, isErrorCode } from '../../src/protocol/errors.ts';
import { tunnelConnectionStates, type OllamaState, type TunnelConnectionState } from '../../src/protocol/status.ts';
import { causeInShort } from '../../src/status/causes.ts';
import { statusActionTitles } from '../../src/status/statusActions.ts';
import type { StatusInput } from '../../src/status/statusInput.ts';
import { statusView } from '../../src/status/statusView.ts';
import { duration } from '../../src/status/statusWords.ts';

const now = 1_000_000;
const endpoint = 'https://relay.example';

interface Change extends Partial<Omit<StatusInput, 'event' | 'tunnel'>> {
  readonly event?: Partial<StatusInput['event']>;
  readonly tunnel?: Partial<StatusInput['tunnel']>;
}

function input(state: TunnelConnectionState, change: Change = {}): StatusInput {
  const { event, tunnel, ...rest } = change;
  return {
    quality: 'good',
    ollama: { state: 'ok', url: 'http://127.0.0.1:11434', version: '0.33.0' },
    runningStreams: 0,
    clientsOnline: 0,
    relayConfigured: true,
    now,
    ...rest,
    event: { state, endpoint, timestamp: now, ...event },
    tunnel: { state, endpoint, lastActivity: now - 1000, reconnectAttempts: 0, latency: 23.4, ...tunnel },
  };
}

/** Icon, text, colour and spoken label, as the status bar table has them. */
function face(of: StatusInput): string {
  const { icon, text, colour, spokenLabel } = statusView(of);
  return `$(${icon}) ${text} | ${colour} | ${spokenLabel}`;
}

describe('status view', () => {
  for (const [what, of, expected] of [
    ['no relay', input('disconnected', { relayConfigured: false }), '$(comment-discussion) Local AI | none | Local chat, no relay set up'],
    ['disconnected', input('disconnected'), '$(debug-disconnect) Local AI | none | Not connected to relay.example'],
    [
      'a local answer',
      input('disconnected', { runningStreams: 1 }),
      '$(sync~spin) Local AI | none | Not connected to relay.example, writing 1 answer',
    ],
    [
      'a local answer without a relay',
      input('disconnected', { runningStreams: 2, relayConfigured: false }),
      '$(sync~spin) Local AI | none | Local chat, no relay set up, writing 2 answers',
    ],
    ['connecting', input('connecting'), '$(loading~spin) Connecting | none | Connecting to relay.example'],
    ['connected', input('connected'), '$(plug) Connected | none | Connected, quality good'],
    [
      'connected with one browser',
      input('connected', { clientsOnline: 1 }),
      '$(plug) Connected 1 | none | Connected, quality good, 1 browser',
    ],
    [
      'connected with two',
      input('connected', { clientsOnline: 2, quality: 'unknown' }),
      '$(plug) Connected 2 | none | Connected, quality unknown, 2 browsers',
    ],
    ['streaming', input('streaming', { runningStreams: 2 }), '$(sync~spin) Streaming 2 | none | Streaming 2 answers'],
    ['streaming one', input('streaming', { runningStreams: 1 }), '$(sync~spin) Streaming 1 | none | Streaming 1 answer'],
    [
      'reconnecting',
      input('reconnecting', { event: { timestamp: now - 2999 }, tunnel: { reconnectAttempts: 1 } }),
      '$(debug-restart) Reconnecting | none | Reconnecting, attempt 1',
    ],
    [
      'reconnecting for 3 s',
      input('reconnecting', { event: { timestamp: now - 3000 }, tunnel: { reconnectAttempts: 3 }, nextTryAt: now + 11_500 }),
      '$(debug-restart) Reconnecting | warning | Reconnecting, attempt 3, next in 12 s',
    ],
    [
      'reconnecting for 10 s',
      input('reconnecting', { event: { timestamp: now - 10_000 }, tunnel: { reconnectAttempts: 5 }, nextTryAt: now + 12_000 }),
      '$(debug-restart) Reconnecting 12 s | warning | Reconnecting, attempt 5, next in 12 s',
    ],
    [
      'an error',
      input('error', { event: { error: 'inviteExpired' } }),
      '$(error) Invite expired | error | The invite has expired. Ask the relay’s operator for a new one. Action: Set Up Relay',
    ],
    ['an error without a cause', input('error'), '$(error) Connection problem | error | The connection has failed. Action: Reconnect Now'],
    ['paused', input('connected', { paused: true }), '$(debug-pause) Paused | none | Remote access is paused'],
    [
      'Ollama stopped',
      input('connected', { ollama: { state: 'notRunning' }, paused: true }),
      '$(warning) Ollama stopped | warning | Ollama is not running on the computer. Connected to relay.example',
    ],
  ] as const)
    it(`draws ${what}`, () => {
      assert.equal(face(of), expected);
    });

  it('shows the worst hop, for every state of tunnel and Ollama', () => {
    const words: Readonly<Record<OllamaState, string | undefined>> = {
      ok: undefined,
      unknown: undefined,
      notInstalled: 'Ollama not found',
      notRunning: 'Ollama stopped',
      wrongHost: 'Ollama not found',
      blocked: 'Ollama refuses',
      foreign: 'Not Ollama',
      noModels: 'No models',
    };
    for (const state of tunnelConnectionStates)
      for (const [ollama, trouble] of Object.entries(words)) {
        const view = statusView(input(state, { ollama: { state: ollama as OllamaState } }));
        const alone = statusView(input(state));
        const isTunnelUp = state === 'connected' || state === 'streaming';
        const expected = isTunnelUp && trouble !== undefined ? [trouble, 'warning'] : [alone.text, alone.colour];
        assert.deepEqual([view.text, view.colour], expected, `${state} ${ollama}`);
      }
  });

  it('has a cause of at most three words for every error there is', () => {
    for (const code of Object.keys(errorCatalogue).filter(isErrorCode)) {
      const words = causeInShort(code, inEnglish);
      assert.ok(words.split(' ').length <= 3 && words.length <= 26, words);
      const view = statusView(input('error', { event: { error: code } }));
      assert.equal(view.text, words);
      assert.ok(view.actions.length >= 2 && view.actions.every((action) => action in statusActionTitles));
    }
  });

  it('offers what helps first', () => {
    const first = (of: StatusInput): string | undefined => statusView(of).actions[0];
    assert.equal(first(input('disconnected')), 'openChat');
    assert.ok(statusView(input('disconnected', { relayConfigured: false })).actions.includes('setUpRelay'));
    assert.equal(first(input('reconnecting')), 'reconnect');
    assert.equal(first(input('error', { event: { error: 'identityLost' } })), 'resetIdentity');
    assert.equal(first(input('connected', { ollama: { state: 'notRunning' } })), 'startOllama');
    assert.equal(first(input('connected', { ollama: { state: 'noModels' } })), 'pullModel');
    assert.equal(first(input('connected', { paused: true })), 'resumeRemote');
  });

  it('tells each hop in the hover, with what is measured', () => {
    const { tooltip } = statusView(input('streaming', { runningStreams: 1, clientsOnline: 2, clientsPaired: 3, deviceName: 'Desk' }));
    assert.deepEqual(tooltip, [
      { kind: 'headline', label: 'Streaming', value: 'Desk', level: 'up' },
      { kind: 'hop', label: 'Relay', value: 'relay.example, ok, 23 ms, quality good', level: 'up' },
      { kind: 'hop', label: 'Ollama', value: 'http://127.0.0.1:11434, 0.33.0, ok', level: 'up' },
      { kind: 'hop', label: 'Browsers', value: '2 online, 3 paired' },
      { kind: 'activity', label: 'Running', value: '1 stream' },
      { kind: 'activity', label: 'Last frame', value: '1 s ago' },
      { kind: 'role', label: 'Role', value: 'This window holds the connection' },
    ]);
  });

  it('tells in the hover how good the relay’s line has been, and how fast answers are written', () => {
    const { tooltip } = statusView(
      input('streaming', { runningStreams: 1, metrics: { reconnects: 2, uptimeMs: 3 * 3_600_000 + 5, tokensPerSecond: 31.4 } }),
    );
    const values = tooltip.map(({ label, value }) => `${label}: ${String(value)}`);
    assert.ok(values.includes('Relay: relay.example, ok, 23 ms, quality good, 2 reconnects, up 3 h'), values.join('\n'));
    assert.ok(values.includes('Running: 1 stream, 31 tok/s'));
    assert.deepEqual([59_999, 60_000, 5_400_000, 90_000_000].map(duration), ['59 s', '1 min', '1 h', '1 d']);
  });

  it('tells trouble in the hover, and never calls up what is not proved', () => {
    const silent = statusView(
      input('connected', { tunnel: { lastActivity: now - 26_000 }, ollama: { state: 'notRunning', standIn: true } }),
    );
    assert.deepEqual(silent.tooltip.slice(0, 3), [
      { kind: 'headline', label: 'Connected', level: 'down' },
      { kind: 'hop', label: 'Relay', value: 'relay.example, not known yet', level: 'unknown' },
      { kind: 'hop', label: 'Ollama', value: 'Ollama stopped, test stand-in', level: 'down' },
    ]);
    const lost = statusView(
      input('reconnecting', { event: { error: 'relaySilent' }, nextTryAt: now + 3000, role: 'agent', tunnel: { reconnectAttempts: 2 } }),
    );
    assert.deepEqual(lost.tooltip.slice(-3), [
      { kind: 'trouble', label: 'Trouble', value: 'The relay has gone silent. Connecting anew.' },
      { kind: 'trouble', label: 'Attempt', value: '2, next in 3 s' },
      { kind: 'role', label: 'Role', value: 'The background agent holds the connection' },
    ]);
    const local = statusView(input('disconnected', { relayConfigured: false, role: 'follows' })).tooltip;
    assert.deepEqual(
      local.map(({ label }) => label),
      ['Local chat', 'Ollama', 'Last frame', 'Role'],
    );
    assert.equal(local[0]?.level, 'up', 'a relay that is not in use is no trouble');
  });
});
