import assert from 'node:assert/strict';
import { inEnglish, type Say } from '../../src/base/say.ts';
import { errorCatalogue, isErrorCode } from '../../src/protocol/errors.ts';
import { tunnelConnectionStates, type OllamaState } from '../../src/protocol/status.ts';
import { causeInShort } from '../../src/status/causes.ts';
import type { StatusInput } from '../../src/status/statusInput.ts';
import { statusView } from '../../src/status/statusView.ts';
import { faceOf } from '../../src/views/faceOf.ts';
import { readTexts } from './readManifest.ts';

/** What is the same in both languages. */
const alike = new Set(['Chat', 'Chats', 'Computer offline', 'Downloads', 'Online', '{0} ms', '{0} online']);

/** What must come through a translation unchanged: places for values, commands, code and addresses, in any order. */
function fixedParts(text: string): string[] {
  return [...text.matchAll(/\{\d+\}|\(command:[^)]+\)|`[^`]+`|https?:\/\/[^\s)`]+|\n|\d+/g)].map(([part]) => part).sort();
}

describe('the German texts', () => {
  for (const [english, german] of [
    ['package.nls.json', 'package.nls.de.json'],
    ['l10n/bundle.l10n.json', 'l10n/bundle.l10n.de.json'],
  ] as const) {
    const from = readTexts(english);
    const to = readTexts(german);

    it(`are all in ${german}, in the same order, and none too many`, () => {
      assert.deepEqual(Object.keys(to), Object.keys(from));
    });

    it(`of ${german} keep every place, command, address and number`, () => {
      for (const [key, text] of Object.entries(from)) assert.deepEqual(fixedParts(to[key] ?? ''), fixedParts(text), key);
    });

    it(`of ${german} are none of them left in English`, () => {
      const left = Object.entries(from).filter(([key, text]) => to[key] === text && !alike.has(text));
      assert.deepEqual(left, []);
      // Words that no German sentence has.
      for (const text of Object.values(to))
        assert.doesNotMatch(text.replace(/`[^`]*`|\(command:[^)]*\)/g, ''), /\b(the|and|of|is|your|with|you)\b/i, text);
    });

    it(`of ${german} end as the English ones do: with a full stop, a question mark, or without`, () => {
      const end = (text: string): string => /[.?…:]$/.exec(text)?.[0] ?? '';
      for (const [key, text] of Object.entries(from)) assert.equal(end(to[key] ?? ''), end(text), key);
    });
  }

  it('call one thing one name: a command in a menu is called as it is in the palette', () => {
    const commands = readTexts('package.nls.json');
    const german = readTexts('package.nls.de.json');
    const bundle = readTexts('l10n/bundle.l10n.de.json');
    for (const [key, text] of Object.entries(commands))
      if (key.startsWith('command.') && bundle[text] !== undefined) assert.equal(bundle[text], german[key], key);
  });
});

describe('the status in German', () => {
  const bundle = readTexts('l10n/bundle.l10n.de.json');
  const inGerman: Say = (english, ...values) => inEnglish(bundle[english] ?? assert.fail(`not translated: ${english}`), ...values);
  const now = 1_000_000;
  const input = (change: Partial<StatusInput>): StatusInput => ({
    event: { state: 'connected', endpoint: 'https://relay.example', timestamp: now - 11_000 },
    tunnel: { state: 'connected', reconnectAttempts: 2, latency: 12, lastActivity: now - 2_000 },
    quality: 'good',
    ollama: { state: 'ok', url: 'http://127.0.0.1:11434', version: '0.33.0' },
    runningStreams: 0,
    clientsOnline: 0,
    relayConfigured: true,
    now,
    ...change,
  });
  const spoken = (of: StatusInput): string => {
    const { text, spokenLabel } = statusView(of, inGerman);
    return `${text} | ${spokenLabel}`;
  };

  it('says what is, in the bar and to a screen reader', () => {
    const [event] = [input({}).event];
    assert.deepEqual(
      [
        spoken(input({ relayConfigured: false, event: { ...event, state: 'disconnected' }, runningStreams: 2 })),
        spoken(input({ event: { ...event, state: 'disconnected' } })),
        spoken(input({ event: { ...event, state: 'connecting' } })),
        spoken(input({ clientsOnline: 2 })),
        spoken(input({ event: { ...event, state: 'streaming' }, runningStreams: 1 })),
        spoken(input({ event: { ...event, state: 'reconnecting' }, nextTryAt: now + 3_000 })),
        spoken(input({ event: { ...event, state: 'error', error: 'inviteExpired' } })),
        spoken(input({ paused: true })),
        spoken(input({ ollama: { state: 'notRunning' } })),
      ],
      [
        'Lokale KI | Lokaler Chat, kein Relay eingerichtet, schreibt 2 Antworten',
        'Lokale KI | Nicht verbunden mit relay.example',
        'Verbindet | Verbindung mit relay.example wird hergestellt',
        'Verbunden 2 | Verbunden, Qualität gut, 2 Browser',
        'Überträgt 1 | Überträgt 1 Antwort',
        'Verbindet neu 3 s | Verbindet neu, Versuch 2, nächster in 3 s',
        'Einladung abgelaufen | Die Einladung ist abgelaufen. Beim Betreiber des Relays eine neue erbitten. Aktion: Relay einrichten',
        'Angehalten | Der Fernzugriff ist angehalten',
        'Ollama gestoppt | Ollama läuft auf dem Computer nicht. Verbunden mit relay.example',
      ],
    );
  });

  it('says it in the hover, links and all, for every state of the connection and of Ollama, with no English word', () => {
    const states: readonly OllamaState[] = ['ok', 'unknown', 'notInstalled', 'notRunning', 'wrongHost', 'blocked', 'foreign', 'noModels'];
    for (const state of tunnelConnectionStates)
      for (const ollama of states) {
        const of = input({
          ...{
            event: { state, timestamp: now, error: 'relayUnreachable' },
            ollama: { state: ollama, standIn: true },
            nextTryAt: now + 1_000,
          },
          ...{ runningStreams: 3, clientsOnline: 1, clientsPaired: 2, metrics: { reconnects: 2, uptimeMs: 5_000, tokensPerSecond: 9 } },
        });
        const { hover } = faceOf(statusView(of, inGerman), 'full', inGerman);
        const words = hover.replace(/\(command:[^)]*\)/g, '').replace(/\$\([^)]*\)/g, '');
        assert.doesNotMatch(words, /\b(the|and|of|is|your|with|connected|open|show|run|last|window|down|waiting|not|trouble|answers?)\b/i);
      }
  });

  it('has for every error a cause of at most three words and 26 letters', () => {
    for (const code of Object.keys(errorCatalogue).filter(isErrorCode)) {
      const cause = causeInShort(code, inGerman);
      assert.ok(cause.split(' ').length <= 3 && cause.length <= 26, cause);
    }
  });
});
