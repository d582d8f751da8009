import assert from 'node:assert/strict';
import { inEnglish, type Say } from '../../src/base/say.ts';
import { diagnosisHops, type Diagnosis, type HopResult } from '../../src/protocol/diagnosis.ts';
import { errorCatalogue, isErrorCode, sayDetail } from '../../src/protocol/errors.ts';
import { tunnelConnectionStates, type OllamaState } from '../../src/protocol/status.ts';
import { causeInShort } from '../../src/status/causes.ts';
import { diagnosisText, verdictLines } from '../../src/status/diagnosisText.ts';
import type { StatusInput } from '../../src/status/statusInput.ts';
import { statusView } from '../../src/status/statusView.ts';
import { faceOf } from '../../src/views/faceOf.ts';
import { assertTranslated, englishWords } from '../harness/translations.ts';
import { readTexts } from './readManifest.ts';

/** What is the same in both languages. */
const alike = new Set(['Chat', 'Chats', 'Computer offline', 'Downloads', 'Ollama', 'Online', 'Relay', '{0} ms', '{0} online']);

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

    it(`of ${german} keep every place, command, address and number, end as the English ones do, and none is left in English`, () => {
      assertTranslated(
        Object.entries(from).map(([key, text]) => [text, to[key] ?? '']),
        alike,
      );
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

describe('a diagnosis in German', () => {
  const bundle = readTexts('l10n/bundle.l10n.de.json');
  const inGerman: Say = (english, ...values) => {
    const isText = /\p{Ll}{2}/u.test(english);
    return inEnglish(bundle[english] ?? (isText ? assert.fail(`not translated: ${english}`) : english), ...values);
  };
  const diagnosis = (hops: readonly HopResult[]): Diagnosis => ({ startedAt: 0, tookMs: 1_234, hops });

  it('says its hops, notes and what to do, a line each', () => {
    const hops: HopResult[] = [
      { hop: 'address', outcome: 'passed', ms: 1, note: 'https://relay.example' },
      { hop: 'network', outcome: 'failed', ms: 5_000, error: 'relayUnreachable', detail: 'relay.example:443 does not answer within 5 s' },
      { hop: 'certificate', outcome: 'skipped', why: 'afterFailure' },
      { hop: 'ollama', outcome: 'passed', ms: 3, note: 'http://127.0.0.1:11434 · 0.33.0 · a stand-in, not a model' },
      { hop: 'models', outcome: 'passed', ms: 3, note: '3 models' },
    ];
    assert.equal(
      diagnosisText(diagnosis(hops), inGerman),
      [
        'Der erste Abschnitt, der scheitert: Name und Netz. Das Relay ist nicht erreichbar: relay.example:443 antwortet nicht innerhalb von 5 s.',
        'Was zu tun ist: Prüfen Sie die Adresse, ob das Relay läuft und ob dieses Netz Sie zu ihm durchlässt.',
        '',
        'in Ordnung  Adresse des Relays        1 ms  https://relay.example',
        'FEHLER      Name und Netz          5000 ms  Das Relay ist nicht erreichbar: relay.example:443 antwortet nicht innerhalb von 5 s',
        '–           Zertifikat                      nicht geprüft: ein Abschnitt davor ist gescheitert',
        'in Ordnung  Ollama                    3 ms  http://127.0.0.1:11434 · 0.33.0 · ein Ersatz für Tests, kein Modell',
        'in Ordnung  Modelle                   3 ms  3 Modelle',
        '',
        'Dauer: 1.2 s.',
      ].join('\n'),
    );
  });

  it('has German words for every error at every hop, every reason to skip one, and every end', () => {
    const texts = Object.keys(errorCatalogue)
      .filter(isErrorCode)
      .map((error, index) => {
        const hop = diagnosisHops[index % diagnosisHops.length] ?? 'relay';
        return diagnosisText(diagnosis([{ hop, outcome: 'failed', ms: 1, error }]), inGerman);
      });
    for (const why of ['afterFailure', 'notSetUp', 'notNeeded', 'cancelled'] as const)
      texts.push(...verdictLines(diagnosis([{ hop: 'farEnd', outcome: 'skipped', why }]), inGerman));
    for (const text of texts) assert.doesNotMatch(text, englishWords, text);
  });

  it('leaves a detail as it is that nobody has translated, and English as it always was', () => {
    const detail = 'ECONNRESET at 10.0.0.1:443 · C2L_STATE {0} 7 s';
    assert.equal(sayDetail(detail, inEnglish), detail);
    assert.equal(
      sayDetail(detail, (text, ...values) => inEnglish(bundle[text] ?? text, ...values)),
      detail,
    );
  });
});
