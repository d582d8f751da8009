import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { Logger } from '../base/log.ts';
import type { AgentControl, PairingQuestion, Person } from '../protocol/agentControl.ts';
import { runCommand } from './commands.ts';

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
      const text =
        name === undefined ? vscode.l10n.t('A browser is paired.') : vscode.l10n.t('{0} is paired and can chat with your models.', name);
      const manage = vscode.l10n.t('Manage');
      void vscode.window.showInformationMessage(text, manage).then((chosen) => {
        if (chosen === manage) void runCommand('manageClients');
      });
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
    const person = await letIn(question);
    const allowed = person !== undefined;
    if (!over.signal.aborted) question.answer(allowed, person);
    else if (allowed)
      void vscode.window.showWarningMessage(vscode.l10n.t('The question was over before your answer. Make a new pairing link.'));
    log.info('pairing question answered', { allowed, person, tooLate: over.signal.aborted });
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

/**
 * As whom the browser may come, or undefined for a no. Deny comes first, for the first button of a modal is the one that Enter presses;
 * dismissing it is a no as well.
 */
async function letIn(question: PairingQuestion): Promise<Person | undefined> {
  const t = vscode.l10n.t;
  // who sends requests alone has no chats
  const people: readonly { readonly label: string; readonly person: Person }[] =
    question.scope === 'api'
      ? [{ label: t('Allow'), person: 'owner' }]
      : [
          { label: t('Allow as My Own Browser'), person: 'owner' },
          { label: t('Allow as Another Person'), person: 'guest' },
        ];
  const detail = [...scopeTexts(question), t('Allow it only if the browser shows these six words:'), question.words.join(' ')].join('\n\n');
  const chosen = await vscode.window.showWarningMessage(
    t('{0} wants to chat with your models.', question.name),
    { modal: true, detail },
    t('Deny'),
    ...people.map(({ label }) => label),
  );
  return people.find(({ label }) => label === chosen)?.person;
}

function scopeTexts({ scope }: PairingQuestion): readonly string[] {
  const t = vscode.l10n.t;
  if (scope === 'api') return [t('It will be able to send requests to Ollama on this computer.')];
  return [
    ...(scope === 'models' ? [t('It will be able to pull models and to unload them.')] : []),
    t('As your own browser it will read and write your chats on this computer.'),
    t('As another person’s it has chats of its own and never sees yours. They are kept on this computer too, where you could read them.'),
  ];
}
