import * as vscode from 'vscode';
import { readSetting } from './userSettings.ts';

const CONNECT = 'connect';
const STAY_APART = 'stay apart';

/**
 * Whether the user wants to be connected: the last Connect or Disconnect, in a file of the extension's own folder. All windows see it at
 * once, and it is there when a window goes away in the same moment; the editor's own memory is written later.
 */
export class ConnectionIntent {
  readonly #folder: vscode.Uri;

  /** @param folder the extension's `globalStorageUri` */
  constructor(folder: vscode.Uri) {
    this.#folder = folder;
  }

  async remember(wanted: boolean): Promise<void> {
    await vscode.workspace.fs.createDirectory(this.#folder);
    await vscode.workspace.fs.writeFile(this.#file, new TextEncoder().encode(wanted ? CONNECT : STAY_APART));
  }

  /** What a start should do, by the setting `relay.autoConnect`. */
  async connectAtStart(): Promise<boolean> {
    const mode = readSetting('relay.autoConnect');
    return mode === 'remember' ? (await this.#remembered()) === CONNECT : mode === 'always';
  }

  get #file(): vscode.Uri {
    return vscode.Uri.joinPath(this.#folder, 'connection');
  }

  async #remembered(): Promise<string> {
    try {
      return new TextDecoder().decode(await vscode.workspace.fs.readFile(this.#file));
    } catch {
      return ''; // nobody has connected yet
    }
  }
}
