import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { Logger } from '../base/log.ts';
import { isBackgroundFault, type BackgroundFault, type BackgroundLoader, type PlanOptions } from '../protocol/backgroundAgent.ts';
import type { AgentState } from './agentState.ts';
import { runCommand, type CommandHandlers } from './commands.ts';
import { PREFIX, type CommandName } from './ids.ts';
import { inOwnLanguage } from './inOwnLanguage.ts';
import { showError } from './showError.ts';
import type { TextPages } from './textPages.ts';

export interface KeepReachableOptions {
  readonly background: BackgroundLoader;
  readonly pages: TextPages;
  readonly state: AgentState;
  readonly log: Logger;
  /** It was installed or removed. */
  readonly onDidChange: () => void;
}

/** Something to press against a fault. */
interface Button {
  readonly label: string;
  readonly press: () => unknown;
}

/** What people do so that this computer is reachable while no editor runs, and what a window does about it by itself. */
export class KeepReachable implements Disposable {
  readonly #options: KeepReachableOptions;
  readonly #owned = new DisposableStore();

  constructor(options: KeepReachableOptions) {
    this.#options = options;
    this.#owned.add(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(PREFIX)) void this.#handOver();
      }),
    );
  }

  get commands(): Pick<CommandHandlers, 'keepReachable' | 'removeAgent'> {
    return {
      keepReachable: () => this.#telling('keepReachable', () => this.#keep({})),
      removeAgent: () => this.#telling('removeAgent', () => this.#remove()),
    };
  }

  /** At the start of a window: the agent gets the settings of now, and this version once nothing is being written. */
  start(): void {
    void this.#handOver();
    const { background, state } = this.#options;
    if (!background.isInstalled) return;
    const waiting = this.#owned.add(new DisposableStore());
    const look = (): void => {
      if (waiting.isDisposed || (state.control?.runningStreams ?? 0) > 0) return;
      this.#owned.delete(waiting);
      void this.#telling('keepReachable', () => this.#renew());
    };
    waiting.add(state.onDidChange(look));
    look();
  }

  dispose(): void {
    this.#owned.dispose();
  }

  async #keep(asked: PlanOptions): Promise<void> {
    const { background, pages, log, onDidChange } = this.#options;
    const t = vscode.l10n.t;
    const { agent, words } = await background.load();
    const plan = await onItsWay(t('Looking for what it takes to stay reachable'), () => agent.plan(asked));
    await pages.show('KeepReachable.txt', words.plan(plan, inOwnLanguage));
    const keep = t('Keep Reachable');
    const detail = [
      t(
        'A small program of yours runs in the background. Paired browsers and API keys reach this computer through it while no editor runs.',
      ),
      t('All that is written and run stands in the tab behind this question. Nothing has been written yet.'),
      t('It runs with Node {0}: {1}', plan.node.version, plan.node.path),
      ...plan.notes.map((note) => words.note(note, inOwnLanguage)),
    ].join('\n\n');
    const question = t('Keep this computer reachable while no editor runs?');
    if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, keep)) !== keep) return;
    try {
      const installed = await onItsWay(t('Starting the background agent'), () => agent.install(plan));
      log.info('background agent installed', { version: installed.version, node: plan.node.version });
      tell(words.installed(installed, inOwnLanguage), [{ label: t('Show Status'), press: () => this.#showStatus() }]);
    } finally {
      onDidChange();
    }
  }

  async #remove(): Promise<void> {
    const { background, log, onDidChange } = this.#options;
    const t = vscode.l10n.t;
    const remove = t('Stop Keeping Reachable');
    const detail = t('The background agent ends, and what was written for it is removed. Chats, pairings and the relay are kept. Browsers then reach this computer only while an editor runs.'); // prettier-ignore
    const question = t('Stop keeping this computer reachable?');
    if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, remove)) !== remove) return;
    const { agent, words } = await background.load();
    try {
      const removed = await onItsWay(t('Ending the background agent'), () => agent.uninstall());
      log.info('background agent removed', { files: removed.removed.length });
      tell(words.removed(removed, inOwnLanguage), []);
    } finally {
      onDidChange();
    }
  }

  async #renew(): Promise<void> {
    const { background, log, onDidChange } = this.#options;
    const from = await (await background.load()).agent.renew();
    if (from === undefined) return;
    log.info('background agent renewed', { from });
    onDidChange();
  }

  async #showStatus(): Promise<void> {
    const { background, pages } = this.#options;
    const { agent, words } = await background.load();
    await pages.show('BackgroundAgent.txt', `${words.status(await agent.status(), inOwnLanguage)}\n`);
  }

  async #handOver(): Promise<void> {
    const { background, log } = this.#options;
    if (!background.isInstalled) return;
    try {
      (await background.load()).agent.settingsChanged();
    } catch (error) {
      log.warn('the background agent does not get the settings', { cause: String(error) });
    }
  }

  /** A fault of this is told with what helps; any other goes the usual way. */
  async #telling(command: CommandName, work: () => Promise<void>): Promise<void> {
    const { background, log } = this.#options;
    try {
      await work();
    } catch (error) {
      if (!isBackgroundFault(error)) {
        showError(error, log, { command });
        return;
      }
      const cause = error.cause instanceof Error ? error.cause.message : undefined;
      log.error('failed', { command, code: error.code, detail: error.detail, cause });
      const { happened, next } = await background.load().then(
        ({ words }) => words.fault(error, inOwnLanguage),
        () => ({
          happened: vscode.l10n.t('The program is not whole: {0}.', error.detail),
          next: vscode.l10n.t('Install the extension anew.'),
        }),
      );
      tell(`${happened} ${next}`, this.#buttonsFor(error, command), 'error');
    }
  }

  #buttonsFor({ code, detail }: BackgroundFault, command: CommandName): readonly Button[] {
    const t = vscode.l10n.t;
    const showLog = { label: t('Show Log'), press: () => runCommand('showLog') };
    const again = { label: t('Try Again'), press: () => runCommand(command) };
    switch (code) {
      case 'noNode':
      case 'nodeUnfit':
      case 'unsafePath':
        return [
          { label: t('Choose Node…'), press: () => this.#telling('keepReachable', () => this.#chooseNode()) },
          { label: t('Get Node.js'), press: () => vscode.env.openExternal(vscode.Uri.parse('https://nodejs.org/en/download', true)) },
        ];
      case 'noRelay':
        return [{ label: t('Set Up Relay…'), press: () => runCommand('setUpRelay') }];
      case 'foreignService':
      case 'recordDamaged':
        return [{ label: t('Show File'), press: () => vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(detail)) }, again];
      case 'unsupported':
      case 'notInstalled':
        return [showLog];
      default:
        return [again, showLog];
    }
  }

  async #chooseNode(): Promise<void> {
    const title = vscode.l10n.t('Choose Node…');
    const [chosen] = (await vscode.window.showOpenDialog({ title, openLabel: title, canSelectMany: false })) ?? [];
    if (chosen) await this.#keep({ node: chosen.fsPath });
  }
}

/** Nobody waits for what is pressed. */
function tell(words: string, buttons: readonly Button[], kind: 'info' | 'error' = 'info'): void {
  const labels = buttons.map(({ label }) => label);
  const shown = kind === 'info' ? vscode.window.showInformationMessage(words, ...labels) : vscode.window.showErrorMessage(words, ...labels);
  void shown.then((chosen) => buttons.find(({ label }) => label === chosen)?.press());
}

function onItsWay<T>(title: string, work: () => Promise<T>): Promise<T> {
  return Promise.resolve(vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title }, work));
}
