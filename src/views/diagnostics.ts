import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { Logger } from '../base/log.ts';
import type { AgentControl } from '../protocol/agentControl.ts';
import { diagnosisHops, firstFailure, wasCancelled, type Diagnosis, type HopResult } from '../protocol/diagnosis.ts';
import { TunnelError } from '../protocol/errors.ts';
import { PRODUCT_VERSION } from '../protocol/versions.ts';
import { causeAndRemedy, diagnosisText, hopTitles, verdictLines } from '../status/diagnosisText.ts';
import { reportText } from '../status/report.ts';
import type { AgentState } from './agentState.ts';
import { runCommand, type CommandHandlers } from './commands.ts';
import type { AgentReady } from './editorAgent.ts';
import { inOwnLanguage } from './inOwnLanguage.ts';
import { remedyOf } from './showError.ts';
import { StatusHistory } from './statusHistory.ts';
import type { TextPages } from './textPages.ts';

/** What of this machine is in a report, and what must not be. */
export interface Machine {
  /** Name and version of the system, and of the runtime. */
  readonly system: string;
  readonly home: string;
  /** Of the machine and of its user. */
  readonly names: readonly string[];
  /** Where issues are reported, as the manifest names it. */
  readonly issuesUrl: string | undefined;
}

export interface DiagnosticViewsOptions {
  readonly agent: AgentReady;
  readonly state: AgentState;
  readonly machine: Machine;
  readonly clock: Clock;
  readonly log: Logger;
  readonly pages: TextPages;
}

/** An address that is longer is cut by browsers and servers; the rest goes by the clipboard. */
const MAX_ISSUE_URL = 6_000;

/** What people do when something does not work: look at every hop, and hand on what was found. Nothing is sent from here. */
export class DiagnosticViews implements Disposable {
  readonly #options: DiagnosticViewsOptions;
  readonly #owned = new DisposableStore();
  readonly #pages: TextPages;
  readonly #history: StatusHistory;
  #last: Diagnosis | undefined;
  #running: Promise<Diagnosis> | undefined;

  constructor(options: DiagnosticViewsOptions) {
    this.#options = options;
    this.#pages = options.pages;
    this.#history = this.#owned.add(new StatusHistory(options.state.bus));
  }

  get commands(): Pick<CommandHandlers, 'runDiagnostics' | 'copyDiagnosticReport' | 'reportIssue'> {
    return {
      runDiagnostics: async () => {
        const diagnosis = await this.#look();
        await this.#pages.show('Diagnostics.txt', diagnosisText(diagnosis, inOwnLanguage));
        tellVerdict(diagnosis);
      },
      copyDiagnosticReport: async () => {
        const report = await this.#preview();
        const copy = vscode.l10n.t('Copy Report');
        if ((await vscode.window.showInformationMessage(reviewWords(), copy)) === copy) await vscode.env.clipboard.writeText(report);
      },
      reportIssue: () => this.#reportIssue(),
    };
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** Whoever asks while one runs is given that one. */
  #look(): Promise<Diagnosis> {
    this.#running ??= this.#diagnose().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #diagnose(): Promise<Diagnosis> {
    const control = await this.#control();
    const title = vscode.l10n.t('Looking at every hop');
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    this.#last = await vscode.window.withProgress(options, (progress, token) => {
      const cancelling = new AbortController();
      token.onCancellationRequested(() => {
        cancelling.abort();
      });
      const onHop = (result: HopResult): void => {
        this.#log(result);
        progress.report({ message: hopTitles[result.hop], increment: 100 / diagnosisHops.length });
      };
      return control.diagnose({ signal: cancelling.signal, onHop });
    });
    return this.#last;
  }

  /** @throws TunnelError `anotherLeads`, or why the agent cannot run */
  async #control(): Promise<AgentControl> {
    const { agent, state } = this.#options;
    // the agent is promised and may come in hours
    if (!state.control && state.bus.current.error === 'anotherLeads') throw new TunnelError('anotherLeads');
    return (await agent).control;
  }

  #log(result: HopResult): void {
    const { hop, outcome } = result;
    const fields = outcome === 'skipped' ? { why: result.why } : { ms: Math.round(result.ms) };
    this.#options.log.info('hop', { hop, outcome, ...fields, ...(outcome === 'failed' ? { code: result.error } : {}) });
  }

  /** Looks first when nobody has: a report says where it fails. Shows the report as it would be handed on. */
  async #preview(): Promise<string> {
    if (!this.#last && this.#options.state.control) await this.#look();
    const report = this.#report();
    await this.#pages.show('Report.md', report);
    return report;
  }

  #report(): string {
    const { state, machine, clock } = this.#options;
    const { control } = state;
    const { home, names, system } = machine;
    const clients = control?.clients ?? [];
    return reportText(
      {
        programs: [`CloudToLocalLLM ${PRODUCT_VERSION}`, `${vscode.env.appName} ${vscode.version}`, system],
        events: this.#history.events,
        metrics: control?.metrics,
        ollama: control?.ollama ?? { state: 'unknown' },
        clientsPaired: clients.length,
        clientsOnline: clients.filter(({ online }) => online).length,
        paused: control?.isRemotePaused ?? false,
        diagnosis: this.#last,
        now: clock.now(),
      },
      {
        home,
        names: control ? [...names, control.deviceName] : names,
        ...(control?.relay ? { relayHost: new URL(control.relay.origin).host } : {}),
      },
    );
  }

  async #reportIssue(): Promise<void> {
    const report = await this.#preview();
    const { issuesUrl } = this.#options.machine;
    const { t } = vscode.l10n;
    if (issuesUrl === undefined) {
      const copy = t('Copy Report');
      const words = t('This build names no page for issues. Copy the report and give it to whoever gave you the extension.');
      if ((await vscode.window.showInformationMessage(words, copy)) === copy) await vscode.env.clipboard.writeText(report);
      return;
    }
    const open = t('Open Issue Page');
    if ((await vscode.window.showInformationMessage(reviewWords(), open)) !== open) return;
    const whole = issueUrl(issuesUrl, report);
    if (whole.length > MAX_ISSUE_URL) await vscode.env.clipboard.writeText(report);
    const url = whole.length > MAX_ISSUE_URL ? issueUrl(issuesUrl, t('(Paste the report here: it is on your clipboard.)')) : whole;
    await vscode.env.openExternal(vscode.Uri.parse(url, true));
  }
}

function reviewWords(): string {
  return vscode.l10n.t('Review the report: keys, chats, addresses and names are left out, and nothing is sent by itself.');
}

function issueUrl(issuesUrl: string, report: string): string {
  const questions = 'What did you do?\n\n\nWhat did you expect, and what happened?\n\n\n';
  return `${issuesUrl.replace(/\/$/, '')}/new?body=${encodeURIComponent(questions + report)}`;
}

/** The document tells all; this tells the one thing, with what can be pressed. */
function tellVerdict(diagnosis: Diagnosis): void {
  const { t } = vscode.l10n;
  const report = { label: t('Copy Diagnostic Report'), command: 'copyDiagnosticReport' } as const;
  const failed = firstFailure(diagnosis);
  if (!failed) {
    if (wasCancelled(diagnosis)) return;
    void vscode.window.showInformationMessage(verdictLines(diagnosis, inOwnLanguage).join(' '), report.label).then(press([report]));
    return;
  }
  const { cause, remedy } = causeAndRemedy(failed, inOwnLanguage);
  const resume = { label: t('Resume Remote Access'), command: 'resumeRemote' } as const;
  const first = failed.error === 'paused' ? resume : remedyOf(failed.error);
  const buttons = [first, report];
  const labels = buttons.map(({ label }) => label);
  void vscode.window.showErrorMessage(`${t(hopTitles[failed.hop])}: ${cause}. ${remedy}`, ...labels).then(press(buttons));
}

function press(buttons: readonly { readonly label: string; readonly command: Parameters<typeof runCommand>[0] }[]) {
  return async (chosen: string | undefined): Promise<void> => {
    const button = buttons.find(({ label }) => label === chosen);
    if (button) await runCommand(button.command);
  };
}
