import * as vscode from 'vscode';

/** As people would know this window from another one: the editor and its folder. */
export function windowName(): string {
  return `${vscode.env.appName}, ${vscode.workspace.name ?? vscode.l10n.t('no folder')}`;
}
