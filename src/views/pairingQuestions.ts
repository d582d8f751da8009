import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { Logger } from '../base/log.ts';
import type { AgentControl, PairingQuestion } from '../protocol/agentControl.ts';

/**
 * Asks the user, one question at a time, whether a browser may pair; then says that it has.
 * @param onDenied hears each no: the offer is used up with it
 */
export function answerPairingQuestions(control: AgentControl, log: Logger, onDenied: () => void): Disposable {
  const owned = new DisposableStore();
  let last = Promise.resolve();
  owned.add(
    control.onPairingQuestion((question) => {
      last = last.then(async () => {
        if (!(await ask(question, log))) onDenied();
      });
    }),
  );
  owned.add(
    control.onDidPair((clientId) => {
      const name = control.clients.find((client) => client.id === clientId)?.name;
      void vscode.window.showInformationMessage(
        name === undefined ? vscode.l10n.t('A browser is paired.') : vscode.l10n.t('{0} is paired and can chat with your models.', name),
      );
    }),
  );
  return owned;
}

/** Resolves to whether the browser was let in. */
async function ask(question: PairingQuestion, log: Logger): Promise<boolean> {
  const over = new AbortController();
  const ending = question.onDidEnd(() => {
    over.abort();
  });
  try {
    const allowed = await isAllowed(question);
    if (!over.signal.aborted) question.answer(allowed);
    else if (allowed)
      void vscode.window.showWarningMessage(vscode.l10n.t('The question was over before your answer. Make a new pairing link.'));
    log.info('pairing question answered', { allowed, tooLate: over.signal.aborted });
    return allowed;
  } catch (error) {
    // the editor refused to show the question: nobody has allowed anything
    log.error('pairing question could not be asked', { cause: String(error) });
    if (!over.signal.aborted) question.answer(false);
    return false;
  } finally {
    ending.dispose();
  }
}

/** Deny comes first, for the first button of a modal is the one that Enter presses; dismissing it is a no as well. */
async function isAllowed(question: PairingQuestion): Promise<boolean> {
  const allow = vscode.l10n.t('Allow');
  const detail = [scopeText(question), vscode.l10n.t('Allow it only if the browser shows these six words:'), question.words.join(' ')].join(
    '\n\n',
  );
  const chosen = await vscode.window.showWarningMessage(
    vscode.l10n.t('{0} wants to chat with your models.', question.name),
    { modal: true, detail },
    vscode.l10n.t('Deny'),
    allow,
  );
  return chosen === allow;
}

function scopeText(question: PairingQuestion): string {
  switch (question.scope) {
    case 'chat':
      return vscode.l10n.t('It will be able to read and write your chats on this computer.');
    case 'models':
      return vscode.l10n.t('It will be able to read and write your chats on this computer, and to pull and delete models.');
    case 'api':
      return vscode.l10n.t('It will be able to send requests to Ollama on this computer.');
  }
}
