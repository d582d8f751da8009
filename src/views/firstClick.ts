import * as vscode from 'vscode';

/** The status item passes this on, so that its click is told from the palette. */
export const STATUS_ITEM = 'statusItem';

/** Whether the status item was ever clicked on this computer, in a file of the extension's own folder. */
export class FirstClick {
  readonly #folder: vscode.Uri;

  /** @param folder the extension's `globalStorageUri` */
  constructor(folder: vscode.Uri) {
    this.#folder = folder;
  }

  /** True once. What cannot be written down is as if it had been clicked: the menu is never out of reach. */
  async take(): Promise<boolean> {
    const file = vscode.Uri.joinPath(this.#folder, 'status-clicked');
    try {
      await vscode.workspace.fs.stat(file);
      return false;
    } catch {
      return this.#write(file);
    }
  }

  async #write(file: vscode.Uri): Promise<boolean> {
    try {
      await vscode.workspace.fs.createDirectory(this.#folder);
      await vscode.workspace.fs.writeFile(file, new Uint8Array());
      return true;
    } catch {
      return false;
    }
  }
}
