import assert from 'node:assert/strict';
import * as vscode from 'vscode';

const id = 'cloudtolocalllm.cloudtolocalllm';

interface Keybinding {
  readonly key: string;
  readonly command: string;
  readonly when?: string;
}
interface Manifest {
  readonly contributes: { readonly keybindings: readonly Keybinding[] };
}

/** What the editor binds by itself on this platform: the text that *Open Default Keyboard Shortcuts (JSON)* shows. */
async function defaultKeybindings(): Promise<Keybinding[]> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse('vscode://defaultsettings/keybindings.json'));
  // Comments are whole lines, and the commands without keys stand in such behind the list.
  const lines = document
    .getText()
    .split('\n')
    .filter((text) => !/^\s*\/\//.test(text));
  return JSON.parse(lines.join('\n')) as Keybinding[];
}

/** One key after another; each with its modifiers in one order. */
function chords(key: string): string[] {
  return key.split(' ').map((chord) => chord.split('+').sort().join('+'));
}

/** The same keys, or one of them the beginning of the other. */
function clash(a: string, b: string): boolean {
  const [one, other] = [chords(a), chords(b)];
  return one.every((chord, index) => other[index] === undefined || other[index] === chord);
}

describe('keys', () => {
  let defaults: Keybinding[];
  let ours: readonly Keybinding[];
  before(async () => {
    defaults = (await defaultKeybindings()).filter(({ command, when }) => !command.startsWith('cloudtolocalllm.') && when !== 'false');
    ours = (vscode.extensions.getExtension(id)?.packageJSON as Manifest).contributes.keybindings;
  });

  it('are compared with all that the editor binds by itself', () => {
    assert.ok(defaults.length > 500, String(defaults.length));
    assert.ok(defaults.some(({ key, command }) => key === 'ctrl+n' && command === 'workbench.action.files.newUntitledFile'));
    assert.deepEqual(
      [clash('ctrl+k l', 'ctrl+k'), clash('shift+ctrl+k', 'ctrl+shift+k'), clash('ctrl+k l', 'ctrl+k m')],
      [true, true, false],
    );
  });

  it('of ours clash with none of the editor’s, unless the keyboard is in our chat', () => {
    const clashes = ours
      .filter(({ when = '' }) => !/(?<![!\w.])cloudtolocalllm\.chatFocused\b/.test(when))
      .flatMap(({ key, command }) =>
        defaults
          .filter((other) => clash(key, other.key))
          .map((other) => `${key} ${command}: ${other.key} ${other.command} ${other.when ?? ''}`),
      );
    assert.deepEqual(clashes, []);
  });
});
