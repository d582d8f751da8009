import * as vscode from 'vscode';
import type { LogFields, Logger } from '../base/log.ts';
import { errorCatalogue, TunnelError, wordsOf, type ErrorCode } from '../protocol/errors.ts';
import { commandId, type CommandName } from './ids.ts';
import { inOwnLanguage } from './inOwnLanguage.ts';

/** What helps against an error, as a button: the command of its action. */
export interface Remedy {
  readonly label: string;
  readonly command: CommandName;
}

export function remedyOf(code: ErrorCode): Remedy {
  if (code === 'replaced' || code === 'duplicateDevice') return { label: vscode.l10n.t('Use Here'), command: 'connect' };
  switch (errorCatalogue[code].action) {
    case 'changeRelay':
    case 'newInvite':
      return { label: vscode.l10n.t('Set Up Relay…'), command: 'setUpRelay' };
    case 'resetIdentity':
      return { label: vscode.l10n.t('Reset Device Identity…'), command: 'resetIdentity' };
    case 'pullModel':
      return { label: vscode.l10n.t('Pull Model…'), command: 'pullModel' };
    case 'chooseModel':
      return { label: vscode.l10n.t('Select Model…'), command: 'selectModel' };
    case 'installOllama':
    case 'startOllama':
    case 'checkOllama':
      return { label: vscode.l10n.t('Check Ollama Again'), command: 'checkOllama' };
    default:
      return { label: vscode.l10n.t('Show Log'), command: 'showLog' };
  }
}

/** Tells what happened, with the button that helps. */
export function tellError(words: string, code: ErrorCode): void {
  const { label, command } = remedyOf(code);
  void vscode.window.showErrorMessage(words, label).then((chosen) => {
    if (chosen === label) void vscode.commands.executeCommand(commandId(command));
  });
}

/** Logs a failure, and tells it with the button that helps. What the user cancelled is not told. */
export function showError(error: unknown, log: Logger, fields: LogFields = {}): void {
  const known = TunnelError.from(error);
  if (known.code === 'cancelled') return;
  log.error('failed', { ...fields, code: known.code, detail: known.detail, cause: causeOf(known) });
  tellError(wordsOf(known.code, known.detail, inOwnLanguage), known.code);
}

function causeOf(error: TunnelError): string | undefined {
  return error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : undefined;
}
