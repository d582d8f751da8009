import assert from 'node:assert/strict';
import { inEnglish } from '../../src/base/say.ts';
import { german } from '../../src/ui/german.ts';
import { locale, say, speak } from '../../src/ui/speech.ts';
import { translateTemplate } from '../../src/ui/templateTexts.ts';
import { figures, fileSize, lastSeenWords } from '../../src/ui/words.ts';
import { languageOf } from '../../src/web/pageLanguage.ts';
import { assertTranslated } from '../harness/translations.ts';
import { readTexts } from '../views/readManifest.ts';
import { spokenTexts, textsOf } from './spokenTexts.ts';

/** What is the same in both languages: names, and words that German took over. */
const alike = new Set(
  [
    '{0} ms',
    'Chat',
    'Chats',
    'Code',
    'Code, {0}',
    'Computer offline',
    'Downloads',
    'Name',
    'Offline',
    'Ollama',
    'Online',
    'Terminal',
    'Text',
  ].concat(['Version {0} of {1}', 'ollama.com/library', 'qwen3:8b', 'review']),
);

/** As a page that draws in a language. */
function template(strings: TemplateStringsArray, ...values: readonly unknown[]): string {
  const [parts, ...rest] = german.template(strings, values);
  return parts.reduce((before, part, index) => `${before}${String(rest[index - 1])}${part}`);
}

describe('the German texts of chat and page', () => {
  afterEach(() => {
    speak(undefined);
  });

  it('are there for every text that the sources can say, sorted, and none too many', () => {
    const texts = spokenTexts();
    assert.ok(texts.size > 500, 'the scan finds the texts');
    assert.deepEqual(Object.keys(german.texts), [...texts].sort());
  });

  it('keep every place, number and emphasis, end as the English ones do, and have no English word', () => {
    assertTranslated(Object.entries(german.texts), alike);
    // They stand in templates, between quotes too.
    for (const text of Object.values(german.texts)) assert.doesNotMatch(text, /["&]|<(?!\/?(?:b|code)>)/, text);
  });

  it('call a thing what the editor calls it', () => {
    const host = readTexts('l10n/bundle.l10n.de.json');
    for (const [english, text] of Object.entries(german.texts)) if (host[english] !== undefined) assert.equal(text, host[english], english);
  });

  it('are found wherever a source says one: at once, later, by choice and in a template', () => {
    const source =
      "const a = say('One {0}', 1), b = noted('Two'), c = say(x ? 'Three' : 'Four');" +
      'html`<p title="Five">Six ${n} <b>seven</b></p><i aria-label="Eight ${n}" class="no"></i>${n}`;';
    assert.deepEqual(textsOf(source), ['One {0}', 'Two', 'Three', 'Four', 'Five', 'Six {0} <b>seven</b>', 'Eight {0}']);
  });

  it('are said with their values, of one and of many, and as they stand without a language', () => {
    assert.equal(say('{0} words', 2), '2 words');
    speak(german);
    assert.deepEqual([say('1 word'), say('{0} words', 2), say('never written')], ['1 Wort', '2 Wörter', 'never written']);
    assert.equal(say('Enter a whole number from {0} to {1}{2}.', 1, '{0}', ''), 'Geben Sie eine ganze Zahl von 1 bis {0} ein.');
  });

  it('draw a template with its values in the order of the German sentence', () => {
    assert.equal(
      template`<button aria-label="Forget ${'Desk'}" class=${'x'}>
        ${'!'} </button><h1>Look at ${'Desk'}: allow ${'Phone'}?</h1>`,
      `<button aria-label="Desk vergessen" class=x>
        ! </button><h1>Sehen Sie auf Desk: Phone zulassen?</h1>`,
    );
    const swapped = translateTemplate(['<p>', ' of ', '</p>'], () => '{1}: {0}');
    assert.deepEqual(
      [swapped.order, [...swapped.strings]],
      [
        [1, 0],
        ['<p>', ': ', '</p>'],
      ],
    );
  });

  it('know a template again, as Lit must', () => {
    const draw = (value: string): unknown => german.template(...one`<p>Copy</p>${value}`)[0];
    assert.equal(draw('a'), draw('a'));
  });

  it('write numbers and times as Germans do', () => {
    const at = new Date(2026, 2, 5, 8, 12).getTime();
    const now = new Date(2026, 10, 5).getTime();
    const stats = { totalMs: 2500, reason: 'stop', loadMs: 0, promptMs: 1500, answerMs: 1000, answerTokens: 1234, promptTokens: 1 };
    assert.deepEqual([fileSize(5_225_388_164), lastSeenWords(at, now), locale('en-GB')], ['5.2 GB', '5 Mar, 08:12', 'en-GB']);
    speak(german);
    assert.deepEqual([fileSize(5_225_388_164), lastSeenWords(at, now), locale('en-GB')], ['5,2 GB', '5. März, 08:12', 'de']);
    assert.deepEqual(figures(stats), ['1234 Token/s', 'erstes Token 1,5 s', '1.234 Token']);
  });
});

/** The strings of a template by themselves: one object for each place in the source. */
function one(strings: TemplateStringsArray, ...values: readonly unknown[]): [TemplateStringsArray, readonly unknown[]] {
  return [strings, values];
}

describe('the language of the page', () => {
  it('is the first of the reader’s that it speaks', () => {
    assert.deepEqual([['de-AT'], ['fr', 'de', 'en'], ['en-GB', 'de'], ['fr'], [], ['deu'], ['DE']].map(languageOf), [
      'de',
      'de',
      'en',
      'en',
      'en',
      'en',
      'de',
    ]);
    assert.equal(inEnglish('{0} of {1}', 1), '1 of {1}');
  });
});
