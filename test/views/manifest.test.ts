import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import '../fakes/vscodeModule.ts';
import type { ContextValues } from '../../src/views/contextKeys.ts';
import { tunnelConnectionStates } from '../../src/protocol/status.ts';
import { errorCatalogue } from '../../src/protocol/errors.ts';
import { suggestedModels } from '../../src/protocol/suggestedModels.ts';
import { statusActionTitles } from '../../src/status/statusActions.ts';
import { detailTexts } from '../status/detailTexts.ts';
import { english, manifest, manifestText, manifestTexts, readText, readTexts, sourceTexts } from './readManifest.ts';
import { evaluateWhen } from './whenClause.ts';
const { isEnabled } = await import('../../src/views/enablement.ts');
const { CHAT_VIEW_ID, commandId, commandNames, PREFIX } = await import('../../src/views/ids.ts');
const { readSetting, settingNames } = await import('../../src/views/userSettings.ts');

const root = new URL('../../', import.meta.url);
const { commands, menus, keybindings, views, configuration, walkthroughs } = manifest.contributes;

const editorKeys = { editorHasSelection: true, isWorkspaceTrusted: true };
const flag = [false, true] as const;
const valuesOf: { readonly [K in keyof ContextValues]: readonly ContextValues[K][] } = {
  ready: flag,
  relayConfigured: flag,
  state: tunnelConnectionStates,
  ollama: ['unknown', 'ok', 'notInstalled', 'notRunning', 'wrongHost', 'blocked', 'foreign', 'noModels'],
  hasModels: flag,
  generating: flag,
  hasClients: flag,
  remoteActive: flag,
  remotePaused: flag,
  isLeader: flag,
  agentInstalled: flag,
  trialRelayRunning: flag,
  chatFocused: flag,
  inputFocused: flag,
  hasConversation: flag,
  hasAnswer: flag,
  walkthroughOpen: flag,
};

/** Every combination of the context keys that a clause names. */
function contextsOf(clause: string): Partial<ContextValues>[] {
  const names = (Object.keys(valuesOf) as (keyof ContextValues)[]).filter((name) => new RegExp(`\\b${PREFIX}\\.${name}\\b`).test(clause));
  return names.reduce<Partial<ContextValues>[]>(
    (found, name) => found.flatMap((context) => valuesOf[name].map((value) => ({ ...context, [name]: value }))),
    [{}],
  );
}

/** Who asks for another key fails. */
function guarded(context: Partial<ContextValues>): ContextValues {
  return new Proxy(context, {
    get: (target, name) => (name in target ? (Reflect.get(target, name) as unknown) : assert.fail(`asks for ${String(name)}`)),
  }) as ContextValues;
}

/** The context as when clauses name it. */
function named(context: Partial<ContextValues>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(context).map(([key, value]) => [`${PREFIX}.${key}`, value as unknown]));
}

/** What a context menu was opened on: the palette has no such thing. */
const ofWhatIsPointedAt = ['copyMessage', 'copyCode', 'insertCode', 'editMessage'];

describe('package.json', () => {
  it('declares exactly the commands that are registered', () => {
    assert.deepEqual(commands.map(({ command }) => command).sort(), commandNames.map(commandId).sort());
  });

  for (const { command, enablement } of commands)
    it(`enables ${command} when the views do, in the palette too`, () => {
      const name = commandNames.find((each) => commandId(each) === command);
      assert.ok(name);
      const inPalette = menus['commandPalette']?.find((entry) => entry.command === command)?.when;
      assert.equal(inPalette, ofWhatIsPointedAt.includes(name) ? 'false' : enablement);
      for (const context of contextsOf(enablement ?? '')) {
        // The editor's own keys are judged with its menus: no menu of ours offers what asks for them.
        const expected = enablement === undefined || evaluateWhen(enablement, { ...named(context), ...editorKeys });
        assert.equal(isEnabled(name, guarded(context)), expected, JSON.stringify(context));
      }
    });

  it('names only our commands in menus and keybindings', () => {
    const known = new Set(commands.map(({ command }) => command));
    for (const { command } of [...Object.values(menus).flat(), ...keybindings]) assert.ok(known.has(command), command);
  });

  it('declares exactly the settings that are read, with the defaults that reading falls back to', () => {
    const declared = configuration.properties;
    assert.deepEqual(Object.keys(declared).sort(), settingNames.map((name) => `${PREFIX}.${name}`).sort());
    for (const name of settingNames) assert.equal(declared[`${PREFIX}.${name}`]?.default, readSetting(name), name);
  });

  it('keeps every setting out of a workspace’s reach', () => {
    for (const [name, { scope }] of Object.entries(configuration.properties)) assert.equal(scope, 'application', name);
  });

  it('reads every setting somewhere', () => {
    const sources = sourceTexts('src/').join('\n');
    for (const name of settingNames) assert.ok(sources.includes(`readSetting('${name}')`), name);
  });

  it('has a text for every placeholder, and no text too many', () => {
    const used = new Set([...manifestText.matchAll(/"%([^%"]+)%"/g)].map(([, key]) => key));
    assert.deepEqual(Object.keys(manifestTexts).sort(), [...used].sort());
  });

  it('shows the chat view that is provided, and files that are there', () => {
    assert.deepEqual(
      Object.values(views)
        .flat()
        .map(({ id, type }) => [id, type]),
      [[CHAT_VIEW_ID, 'webview']],
    );
    for (const path of [manifest.icon, 'media/view.svg', 'media/pairing.js', 'media/pairing.css', 'media/metrics.js', 'media/metrics.css'])
      assert.ok(existsSync(new URL(path, root)), path);
  });
});

describe('the walkthrough', () => {
  const steps = walkthroughs.flatMap((walkthrough) => walkthrough.steps);

  it('goes from Ollama to the phone, each step with a picture and words in its place', () => {
    assert.deepEqual(
      steps.map(({ title }) => english(title)),
      ['Find Ollama', 'Get a model', 'Ask something', 'Chat from your phone'],
    );
    for (const { media } of steps) {
      assert.match(readText(media.svg), /^<svg [^>]*viewBox=/);
      assert.ok(english(media.altText).length > 20, media.svg);
    }
  });

  it('has buttons of our commands alone, in both languages', () => {
    for (const texts of [manifestTexts, readTexts('package.nls.de.json')])
      for (const { id, description } of steps) {
        const linked = [...(texts[description.slice(1, -1)] ?? '').matchAll(/\]\(command:([^)]+)\)/g)].map(([, command = '']) => command);
        assert.ok(linked.length > 0, id);
        for (const command of linked) assert.ok(commandNames.map(commandId).includes(command), command);
      }
  });
});

describe('views', () => {
  it('set no timers but through a clock', () => {
    for (const source of sourceTexts('src/views/')) assert.ok(!/\b(setTimeout|setInterval|setImmediate)\b/.test(source));
  });

  it('are translated: every text of the editor, the status and the errors stands in the bundle, and none too many', () => {
    const texts = new Set<string>(Object.values(statusActionTitles));
    for (const { short, words } of Object.values(errorCatalogue)) texts.add(short).add(words);
    for (const { words } of suggestedModels) texts.add(words);
    for (const detail of detailTexts()) texts.add(detail);
    for (const source of [...sourceTexts('src/views/'), ...sourceTexts('src/status/')]) {
      for (const [, single, double] of source.matchAll(/(?:l10n\.t|\bt|\bnoted)\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g))
        texts.add(single ?? double ?? '');
    }
    const bundle = readTexts(`${manifest.l10n}/bundle.l10n.json`);
    assert.deepEqual(Object.keys(bundle).sort(), [...texts].sort());
  });
});
