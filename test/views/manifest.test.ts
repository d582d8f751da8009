import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import '../fakes/vscodeModule.ts';
import type { ContextValues } from '../../src/views/contextKeys.ts';
import { tunnelConnectionStates } from '../../src/protocol/status.ts';
import { evaluateWhen } from './whenClause.ts';
const { isEnabled } = await import('../../src/views/enablement.ts');
const { CHAT_VIEW_ID, commandId, commandNames, PREFIX } = await import('../../src/views/ids.ts');
const { readSetting, settingNames } = await import('../../src/views/userSettings.ts');
const { initialContext } = await import('../../src/views/contextKeys.ts');

interface MenuEntry {
  readonly command: string;
  readonly when?: string;
}
interface Manifest {
  readonly main: string;
  readonly icon: string;
  readonly l10n: string;
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string; readonly enablement?: string }[];
    readonly menus: Readonly<Record<string, readonly MenuEntry[]>>;
    readonly keybindings: readonly (MenuEntry & { readonly key: string })[];
    readonly views: Readonly<Record<string, readonly { readonly id: string; readonly type: string; readonly icon: string }[]>>;
    readonly configuration: { readonly properties: Readonly<Record<string, { readonly scope: string; readonly default: unknown }>> };
  };
}

const ollamaStates = ['unknown', 'ok', 'notRunning', 'noModels'] as const;
const root = new URL('../../', import.meta.url);
const text = readFileSync(new URL('package.json', root), 'utf8');
const manifest = JSON.parse(text) as Manifest;
const nls = JSON.parse(readFileSync(new URL('package.nls.json', root), 'utf8')) as Record<string, string>;
const { commands, menus, keybindings, views, configuration } = manifest.contributes;

/** Every combination of the context keys. */
function* contexts(): Iterable<ContextValues> {
  const flags = [false, true];
  for (const ready of flags)
    for (const relayConfigured of flags)
      for (const state of tunnelConnectionStates)
        for (const generating of flags)
          for (const ollama of ollamaStates)
            for (const hasClients of flags)
              for (const remotePaused of flags)
                for (const chatFocused of flags)
                  for (const hasConversation of flags)
                    for (const hasAnswer of flags)
                      yield {
                        ...{ ready, relayConfigured, state, ollama, generating, hasClients, remotePaused },
                        ...{ chatFocused, hasConversation, hasAnswer },
                      };
}

/** The context as when clauses name it. */
function named(context: ContextValues): Record<string, unknown> {
  return {
    view: CHAT_VIEW_ID,
    ...{
      editorHasSelection: true,
      editorTextFocus: true,
      isWorkspaceTrusted: true,
      resourceScheme: 'file',
      explorerResourceIsFolder: false,
    },
    ...Object.fromEntries(Object.entries(context).map(([key, value]) => [`${PREFIX}.${key}`, value as unknown])),
  };
}

describe('package.json', () => {
  it('declares exactly the commands that are registered', () => {
    assert.deepEqual(commands.map(({ command }) => command).sort(), commandNames.map(commandId).sort());
  });

  for (const { command, enablement } of commands)
    it(`enables ${command} when the views do, in the palette too`, () => {
      const name = commandNames.find((each) => commandId(each) === command);
      assert.ok(name);
      const inPalette = menus['commandPalette']?.find((entry) => entry.command === command)?.when;
      assert.equal(inPalette, enablement);
      for (const context of contexts()) {
        const expected = enablement === undefined || evaluateWhen(enablement, named(context));
        assert.equal(isEnabled(name, context), expected, JSON.stringify(context));
      }
    });

  it('names only our commands and known context keys in menus and keybindings', () => {
    const known = new Set(commands.map(({ command }) => command));
    for (const { command, when } of [...Object.values(menus).flat(), ...keybindings]) {
      assert.ok(known.has(command), command);
      if (when !== undefined) evaluateWhen(when, named(initialContext));
    }
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
    const sources = sourceFiles('src/').join('\n');
    for (const name of settingNames) assert.ok(sources.includes(`readSetting('${name}')`), name);
  });

  it('has a text for every placeholder, and no text too many', () => {
    const used = new Set([...text.matchAll(/"%([^%"]+)%"/g)].map(([, key]) => key));
    assert.deepEqual(Object.keys(nls).sort(), [...used].sort());
  });

  it('shows the chat view that is provided, and files that are there', () => {
    assert.deepEqual(
      Object.values(views)
        .flat()
        .map(({ id, type }) => [id, type]),
      [[CHAT_VIEW_ID, 'webview']],
    );
    for (const path of [manifest.icon, 'media/view.svg', 'media/pairing.js', 'media/pairing.css'])
      assert.ok(existsSync(new URL(path, root)), path);
  });
});

describe('views', () => {
  it('set no timers but through a clock', () => {
    for (const source of sourceFiles('src/views/')) assert.ok(!/\b(setTimeout|setInterval|setImmediate)\b/.test(source));
  });

  it('are translated: every text passed to l10n.t stands in the bundle, and none too many', () => {
    const texts = new Set<string>();
    for (const source of sourceFiles('src/views/')) {
      for (const [, single, double] of source.matchAll(/(?:l10n\.t|\bt)\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g))
        texts.add(single ?? double ?? '');
    }
    const bundle = JSON.parse(readFileSync(new URL(`${manifest.l10n}/bundle.l10n.json`, root), 'utf8')) as Record<string, string>;
    assert.deepEqual(Object.keys(bundle).sort(), [...texts].sort());
  });
});

function sourceFiles(folder: string): string[] {
  return readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(new URL(`${folder}${name}`, root), 'utf8'));
}
