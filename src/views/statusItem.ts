import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { Event } from '../base/emitter.ts';
import { Coalescer } from './coalescer.ts';
import { STATUS_ITEM } from './firstClick.ts';
import { commandId } from './ids.ts';
import type { StatusFace } from './statusFace.ts';

/** At most five writes in any second, both its ends counted: the eye sees no more, and each one crosses to the editor’s window. */
const WRITE_INTERVAL_MS = 250;

export interface StatusItemOptions {
  readonly clock: Clock;
  /** What to draw now. */
  readonly face: () => StatusFace;
  /** Something that the face shows may have changed. */
  readonly onDidChange: Event<unknown>;
}

/** The one item in the status bar. It draws a face, on change alone, and asks nobody by itself. */
export class StatusItem implements Disposable {
  readonly #owned = new DisposableStore();
  readonly #item: vscode.StatusBarItem;
  readonly #face: () => StatusFace;
  #drawn = '';

  constructor({ clock, face, onDidChange }: StatusItemOptions) {
    this.#face = face;
    this.#item = this.#owned.add(vscode.window.createStatusBarItem('status', vscode.StatusBarAlignment.Left, 50));
    this.#item.name = 'CloudToLocalLLM';
    this.#item.command = { command: commandId('showMenu'), title: 'CloudToLocalLLM', arguments: [STATUS_ITEM] };
    const drawing = this.#owned.add(
      new Coalescer(clock, WRITE_INTERVAL_MS, () => {
        this.#draw();
      }),
    );
    drawing.request();
    this.#item.show();
    this.#owned.add(
      onDidChange(() => {
        drawing.request();
      }),
    );
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #draw(): void {
    const face = this.#face();
    const drawn = JSON.stringify(face);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#item.text = face.text;
    this.#item.backgroundColor = face.colour === 'none' ? undefined : new vscode.ThemeColor(`statusBarItem.${face.colour}Background`);
    this.#item.accessibilityInformation = { label: face.spoken };
    this.#item.tooltip = tooltip(face);
  }
}

/** Only the commands that the text names may run from it. */
function tooltip({ hover, hoverCommands }: StatusFace): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString(hover, true);
  markdown.isTrusted = { enabledCommands: hoverCommands.map(commandId) };
  return markdown;
}
