import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { PREFIX } from './ids.ts';

/** Scheme of documents that only we write. The editor asks to save none of them, and looks for none on a disk. */
export const TEXT_SCHEME = `${PREFIX}-text`;

/** Texts to read, select and copy, each in a tab of its own. */
export class TextPages implements Disposable {
  readonly #owned = new DisposableStore();
  readonly #texts = new Map<string, string>();
  readonly #changed = this.#owned.add(new vscode.EventEmitter<vscode.Uri>());

  constructor() {
    this.#owned.add(
      vscode.workspace.registerTextDocumentContentProvider(TEXT_SCHEME, {
        onDidChange: this.#changed.event,
        provideTextDocumentContent: ({ path }) => this.#texts.get(path),
      }),
    );
  }

  /** Shows `text` in the tab of this name. @param name of a file; what it ends with tells the editor its language */
  async show(name: string, text: string): Promise<void> {
    const uri = vscode.Uri.parse(`${TEXT_SCHEME}:/${name}`, true);
    this.#texts.set(uri.path, text);
    this.#changed.fire(uri); // a tab that is open shows it anew
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
