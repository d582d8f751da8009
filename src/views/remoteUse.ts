import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { AgentControl, PairedClient } from '../protocol/agentControl.ts';
import { runCommand } from './commands.ts';
import { plainLabel } from './plainLabel.ts';

/**
 * Says once a day that somebody from elsewhere is here, with a way to keep everybody out. The day it was last said stands in a file of the
 * extension's own folder, so that neither a restart nor another window says it again.
 */
export class RemoteUse implements Disposable {
  readonly #control: AgentControl;
  readonly #clock: Clock;
  readonly #folder: vscode.Uri;
  readonly #listening: Disposable;
  #told: string | undefined;
  #isAsking = false;

  /** @param folder the extension's `globalStorageUri` */
  constructor(control: AgentControl, clock: Clock, folder: vscode.Uri) {
    this.#control = control;
    this.#clock = clock;
    this.#folder = folder;
    this.#listening = control.onDidChangeClients(this.#check);
    this.#check();
  }

  dispose(): void {
    this.#listening.dispose();
  }

  readonly #check = (): void => {
    const client = this.#control.clients.find(({ online }) => online);
    const today = this.#today();
    if (!client || this.#told === today || this.#isAsking) return;
    this.#isAsking = true;
    void this.#isNews(today).then(async (isNews) => {
      this.#isAsking = false;
      this.#told = today;
      if (isNews) await tell(client);
    });
  };

  /** Of the person's own calendar. */
  #today(): string {
    const now = new Date(this.#clock.now());
    return `${String(now.getFullYear())}-${String(now.getMonth() + 1)}-${String(now.getDate())}`;
  }

  /** Writes the day down unless it stands there. What cannot be written down is told again after a restart. */
  async #isNews(today: string): Promise<boolean> {
    const file = vscode.Uri.joinPath(this.#folder, 'remote-use-told');
    try {
      if (new TextDecoder().decode(await vscode.workspace.fs.readFile(file)) === today) return false;
    } catch {
      // it was never told
    }
    try {
      await vscode.workspace.fs.createDirectory(this.#folder);
      await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(today));
    } catch {
      // a full disk must not keep it from being told
    }
    return true;
  }
}

async function tell({ name }: PairedClient): Promise<void> {
  const pause = vscode.l10n.t('Pause');
  const text = vscode.l10n.t('{0} uses your models from elsewhere. This is said once a day.', plainLabel(name));
  if ((await vscode.window.showInformationMessage(text, pause)) === pause) await runCommand('pauseRemote');
}
