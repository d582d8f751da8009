import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import type { AgentControl } from '../protocol/agentControl.ts';
import type { AgentState } from './agentState.ts';
import { runCommand, type CommandHandlers } from './commands.ts';

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
      // ahead of anything that cannot be undone
      if (await isHeldElsewhere(state.control?.role)) return;
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

/** Only who leads can become another computer; says where that is, and what can be pressed. */
async function isHeldElsewhere(role: AgentControl['role'] = 'leads'): Promise<boolean> {
  const t = vscode.l10n.t;
  if (role === 'leads') return false;
  if (role === 'follows') {
    void vscode.window.showWarningMessage(
      t('Another window holds the connection. Reset the identity there, or close that window and try again.'),
    );
    return true;
  }
  const stop = t('Stop Keeping Reachable…');
  const words = t('The background agent holds the connection. Stop keeping this computer reachable, then reset its identity.');
  if ((await vscode.window.showWarningMessage(words, stop)) === stop) await runCommand('removeAgent');
  return true;
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
