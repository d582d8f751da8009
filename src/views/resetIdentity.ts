import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import type { AgentState } from './agentState.ts';
import type { CommandHandlers } from './commands.ts';

/** How long browsers that are here have to hear that they were removed, ms. */
const LAST_WORDS_MS = 500;

export interface ResetParts {
  readonly state: AgentState;
  readonly clock: Clock;
  /** Ends the agent and makes its device another one. @throws TunnelError `anotherLeads`, `storeFailed` */
  readonly resetIdentity: () => Promise<void>;
}

/** Makes this computer another one for everybody who knows it: the remedy for a key that was lost, or may be in other hands. */
export function resetIdentityCommand({ state, clock, resetIdentity }: ResetParts): Pick<CommandHandlers, 'resetIdentity'> {
  return {
    resetIdentity: async () => {
      // without an agent when its key is lost
      const clients = state.control?.clients ?? [];
      if (!(await confirm(clients.length))) return;
      for (const { id } of clients) await state.control?.revoke(id);
      if (clients.some(({ online }) => online)) await new Promise<void>((resolve) => void clock.after(LAST_WORDS_MS, resolve));
      try {
        await resetIdentity();
      } finally {
        // the agent of this window has ended, whatever came of it
        await vscode.commands.executeCommand('workbench.action.reloadWindow');
      }
    },
  };
}

async function confirm(clients: number): Promise<boolean> {
  const t = vscode.l10n.t;
  const reset = t('Reset Identity');
  const detail = [
    t('It gets a new key and is another computer for every browser and program. Each must pair again, and API keys are made anew.'),
    clients === 0 ? t('Nobody is paired now.') : t('Paired browsers and API keys that are lost: {0}.', clients),
    t('Your chats, the relay and its invite are kept. Chats of other people stay in a file here that no new pairing sees.'),
    t('This window reloads.'),
  ].join('\n\n');
  return (await vscode.window.showWarningMessage(t('Reset the identity of this computer?'), { modal: true, detail }, reset)) === reset;
}
