import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { AgentReady } from './editorAgent.ts';
import { HubLine } from './hubLine.ts';
import { showError } from './showError.ts';

export interface HubListParts {
  readonly agent: AgentReady;
  readonly random: Random;
  readonly log: Logger;
}

/** A list of the editor's own that is open, the line to the hub that fills it, and what ends with it. */
export interface HubList<T extends vscode.QuickPickItem> {
  readonly pick: vscode.QuickPick<T>;
  readonly line: HubLine;
  readonly owned: DisposableStore;
}

/** The editor's own lists of what the hub has. Each goes with its line when it is hidden. */
export class HubLists implements Disposable {
  readonly #parts: HubListParts;
  readonly #owned = new DisposableStore();

  constructor(parts: HubListParts) {
    this.#parts = parts;
  }

  /** Shows one, busy until it is filled. */
  async open<T extends vscode.QuickPickItem>(title: string, placeholder: string): Promise<HubList<T>> {
    const line = await this.#line();
    const owned = this.#owned.add(new DisposableStore());
    owned.add(line);
    const pick = owned.add(vscode.window.createQuickPick<T>());
    pick.title = title;
    pick.placeholder = placeholder;
    pick.busy = true;
    owned.add(
      pick.onDidHide(() => {
        this.#owned.delete(owned);
      }),
    );
    pick.show();
    return { pick, line, owned };
  }

  /** On a line of its own: the list may be left while it is done. @throws TunnelError why it is not */
  async change(request: Parameters<HubLine['change']>[0]): Promise<void> {
    const line = this.#owned.add(await this.#line());
    try {
      await line.change(request);
    } finally {
      this.#owned.delete(line);
    }
  }

  /** Tells what went wrong. @param part of the log's line */
  attempt(task: Promise<void>, part: string): void {
    task.catch((error: unknown) => {
      showError(error, this.#parts.log, { part });
    });
  }

  dispose(): void {
    this.#owned.dispose();
  }

  async #line(): Promise<HubLine> {
    const { agent, random } = this.#parts;
    return new HubLine((await agent).createChatPort(), random);
  }
}
