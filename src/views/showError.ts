import * as vscode from 'vscode';
import type { LogFields, Logger } from '../base/log.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { commandId, type CommandName } from './ids.ts';

/** Errors that the relay's address or invite mends. */
const mendedByRelaySetUp: ReadonlySet<ErrorCode> = new Set([
  'relayNotFound',
  'relayVersion',
  'inviteRequired',
  'inviteRefused',
  'inviteExpired',
  'proofRefused',
  'badRelayUrl',
  'certificate',
] satisfies ErrorCode[]);

/** The command that helps against `code`, if one does. */
export function remedyOf(code: ErrorCode): CommandName {
  return mendedByRelaySetUp.has(code) ? 'setUpRelay' : 'showLog';
}

/** Words for a person: what happened, with the detail that is safe to show. */
export function errorText(error: TunnelError): string {
  return error.detail === undefined ? error.words : `${error.words} (${error.detail})`;
}

/** Logs a failure, and tells it with the button that helps. What the user cancelled is not told. */
export function showError(error: unknown, log: Logger, fields: LogFields = {}): void {
  const known = TunnelError.from(error);
  if (known.code === 'cancelled') return;
  log.error('failed', { ...fields, code: known.code, detail: known.detail, cause: causeOf(known) });
  const remedy = remedyOf(known.code);
  const label = remedy === 'setUpRelay' ? vscode.l10n.t('Set Up Relay…') : vscode.l10n.t('Show Log');
  void vscode.window.showErrorMessage(errorText(known), label).then((chosen) => {
    if (chosen === label) void vscode.commands.executeCommand(commandId(remedy));
  });
}

function causeOf(error: TunnelError): string | undefined {
  return error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : undefined;
}
