import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseChatSettings, thinkLevels, type ChatSettings } from '../../src/protocol/chatSettings.ts';
import { MAX_REMOTE_CONTEXT_LENGTH } from '../../src/protocol/limits.ts';
import { emptyForm, formOf, keepAliveChoices, readForm } from '../../src/ui/settingsForm.ts';
import { settingsWords } from '../../src/ui/settingsWords.ts';

const settings = (): fc.Arbitrary<ChatSettings> =>
  fc.record(
    {
      systemPrompt: fc.string({ minLength: 1, maxLength: 200 }).filter((text) => text.trim() !== ''),
      temperature: fc.double({ min: 0, max: 2, noNaN: true }).map((value) => Math.abs(value)),
      contextLength: fc.integer({ min: 512, max: 32_768 }),
      keepAliveSeconds: fc.integer({ min: -1, max: 604_800 }),
      think: fc.constantFrom(...thinkLevels),
    },
    { requiredKeys: [], noNullPrototype: true },
  );

describe('the form of a chat’s settings', () => {
  it('reads back what it was filled with', () => {
    fc.assert(
      fc.property(settings(), (value) => {
        assert.deepEqual(readForm(formOf(value), MAX_REMOTE_CONTEXT_LENGTH), { settings: value, faults: {} });
      }),
    );
  });

  it('asks for nothing that the hub would not take, whatever is typed', () => {
    const typed = fc.record({
      systemPrompt: fc.string({ maxLength: 20 }),
      temperature: fc.oneof(fc.string({ maxLength: 5 }), fc.double().map(String)),
      contextLength: fc.oneof(fc.string({ maxLength: 5 }), fc.integer().map(String)),
      keepAliveSeconds: fc.constantFrom('', '0', '300', '-1'),
      think: fc.constantFrom('', ...thinkLevels, 'wild'),
    });
    fc.assert(
      fc.property(typed, (form) => {
        const { settings: read, faults } = readForm(form);
        if (Object.keys(faults).length === 0) assert.deepEqual(parseChatSettings(read), read);
      }),
    );
  });

  it('says in words what is wrong, and what may be asked for from a browser', () => {
    const faults = (form: Partial<typeof emptyForm>, remoteContext?: number) => readForm({ ...emptyForm, ...form }, remoteContext).faults;
    assert.deepEqual(faults({ temperature: '2.1' }), { temperature: 'Enter a number from 0 to 2.' });
    assert.deepEqual(faults({ temperature: 'warm' }), { temperature: 'Enter a number from 0 to 2.' });
    assert.deepEqual(faults({ contextLength: '100' }), { contextLength: 'Enter a whole number from 512 to 4,194,304.' });
    assert.deepEqual(faults({ contextLength: '65536' }), {});
    assert.deepEqual(faults({ contextLength: '65536' }, MAX_REMOTE_CONTEXT_LENGTH), {
      contextLength: 'Enter a whole number from 512 to 32,768, the most from a browser.',
    });
    assert.deepEqual(faults({ contextLength: '65536' }, 131_072), {}, 'the owner allows it');
    assert.deepEqual(faults({ systemPrompt: 'x'.repeat(8191) }), { systemPrompt: 'Too long by 1 bytes. Shorten it.' });
  });

  it('takes numbers as people write them', () => {
    const tokens = (text: string) => readForm({ ...emptyForm, contextLength: text }).settings.contextLength;
    for (const text of ['8192', ' 8192 ', '8,192', '8 192', '8k', '8K']) assert.equal(tokens(text), 8192, text);
    assert.equal(readForm({ ...emptyForm, temperature: '0,7' }).settings.temperature, 0.7);
  });

  it('offers how long a model may stay in memory, no more from afar than is allowed, and what was set', () => {
    const values = (isRemote: boolean, current = ''): string[] => keepAliveChoices(isRemote, current).map(([value]) => value);
    assert.deepEqual(values(false), ['', '0', '300', '1800', '3600', '86400', '-1']);
    assert.deepEqual(values(true), ['', '0', '300', '1800']);
    assert.deepEqual(keepAliveChoices(true, '-1').at(-1), ['-1', 'Until it is unloaded']);
    assert.deepEqual(keepAliveChoices(false, '1234').at(-1), ['1234', '1,234 seconds']);
  });

  it('names in few words what is not the default', () => {
    assert.deepEqual(settingsWords(undefined), []);
    assert.deepEqual(settingsWords({}), []);
    assert.deepEqual(settingsWords({ systemPrompt: 'x', temperature: 0, contextLength: 8192, think: 'off', keepAliveSeconds: -1 }), [
      ...['system prompt', 'temperature 0', 'context 8,192', 'thinking off', 'time in memory'],
    ]);
  });
});
