import * as vscode from 'vscode';
import type { ContextValues } from './contextKeys.ts';
import { isEnabled } from './enablement.ts';
import type { CommandName } from './ids.ts';

interface Choice extends vscode.QuickPickItem {
  readonly command?: CommandName;
}

/** What the status item's menu offers now: four groups, only what is enabled, no empty group. */
export function statusMenu(context: ContextValues): readonly Choice[] {
  const t = vscode.l10n.t;
  const groups: readonly (readonly [string, readonly Choice[]])[] = [
    [
      t('Chat'),
      [
        choice('openChat', 'comment-discussion', t('Open Chat')),
        choice('newChat', 'add', t('New Chat')),
        choice('stopGeneration', 'stop-circle', t('Stop Generating')),
        choice('startOllama', 'play', t('Start Ollama')),
        choice('selectModel', 'sparkle', t('Select Model…')),
        choice('pullModel', 'cloud-download', t('Pull Model…')),
        choice('showModels', 'server', t('Show Loaded Models…')),
      ],
    ],
    [
      t('Connection'),
      [
        choice('connect', 'plug', t('Connect')),
        choice('reconnect', 'refresh', t('Reconnect Now')),
        choice('disconnect', 'debug-disconnect', t('Disconnect')),
        choice('setUpRelay', 'server-environment', t('Set Up Relay…')),
        choice('stopTrialRelay', 'debug-stop', t('Stop Trial Relay on This Computer')),
        choice('keepReachable', 'server-process', t('Keep This Computer Reachable…')),
        choice('removeAgent', 'server-process', t('Stop Keeping Reachable…')),
      ],
    ],
    [
      t('Browsers'),
      [
        choice('pairBrowser', 'device-mobile', t('Pair a Browser…')),
        choice('manageClients', 'shield', t('Manage Paired Browsers…')),
        choice('pauseRemote', 'debug-pause', t('Pause Remote Access')),
        choice('resumeRemote', 'debug-continue', t('Resume Remote Access')),
        choice('createApiKey', 'key', t('Create API Key…')),
        choice('openWebPage', 'globe', t('Open Chat in Browser')),
        choice('copyWebPageAddress', 'link', t('Copy Chat Page Address')),
      ],
    ],
    [
      t('Help'),
      [
        choice('checkOllama', 'sync', t('Check Ollama Again')),
        choice('runDiagnostics', 'pulse', t('Run Diagnostics')),
        choice('showMetrics', 'graph-line', t('Show Connection Metrics')),
        choice('copyDiagnosticReport', 'clippy', t('Copy Diagnostic Report')),
        choice('showLog', 'output', t('Show Log')),
        choice('openSettings', 'settings-gear', t('Open Settings')),
        choice('openWalkthrough', 'book', t('Get Started')),
      ],
    ],
  ];
  return groups.flatMap(([title, choices]) => {
    const offered = choices.filter(({ command }) => command !== undefined && isEnabled(command, context));
    return offered.length === 0 ? [] : [{ label: title, kind: vscode.QuickPickItemKind.Separator }, ...offered];
  });
}

/** Shows the menu and resolves to the command chosen, if any. */
export async function pickFromStatusMenu(context: ContextValues): Promise<CommandName | undefined> {
  const chosen = await vscode.window.showQuickPick(statusMenu(context), {
    title: 'CloudToLocalLLM',
    placeHolder: vscode.l10n.t('Choose what to do'),
  });
  return chosen?.command;
}

function choice(command: CommandName, icon: string, label: string): Choice {
  return { label: `$(${icon}) ${label}`, command };
}
