import type * as vscode from 'vscode';
import { readSetting } from './userSettings.ts';

const KEY = 'connectionWanted';

/** Whether the user wants to be connected: the last Connect or Disconnect, remembered across windows and restarts. */
export class ConnectionIntent {
  readonly #state: Pick<vscode.Memento, 'get' | 'update'>;

  constructor(state: Pick<vscode.Memento, 'get' | 'update'>) {
    this.#state = state;
  }

  async remember(wanted: boolean): Promise<void> {
    await this.#state.update(KEY, wanted);
  }

  /** What a start should do, by the setting `relay.autoConnect`. */
  get connectAtStart(): boolean {
    const mode = readSetting('relay.autoConnect');
    return mode === 'remember' ? this.#state.get<unknown>(KEY) === true : mode === 'always';
  }
}
