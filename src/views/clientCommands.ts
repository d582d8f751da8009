import * as vscode from 'vscode';
import type { AgentControl, PairedClient } from '../protocol/agentControl.ts';
import type { Scope } from '../protocol/pairingFrames.ts';
import { askClientName, wordsOfKeyScope } from './apiKeyCommand.ts';
import type { CommandHandlers } from './commands.ts';
import type { AgentReady } from './editorAgent.ts';
import { PREFIX } from './ids.ts';
import { plainLabel } from './plainLabel.ts';
import { readSetting } from './userSettings.ts';

/** Who may come from elsewhere: the paired browsers one by one, and all of them at once. */
export function clientCommands(agent: AgentReady): Pick<CommandHandlers, 'manageClients' | 'pauseRemote' | 'resumeRemote'> {
  return {
    manageClients: async () => {
      const { control } = await agent;
      const client = await pickClient(control);
      if (client) await manage(control, client);
    },
    pauseRemote: async () => {
      await (await agent).control.setRemotePaused(true);
    },
    resumeRemote: async () => {
      await (await agent).control.setRemotePaused(false);
    },
  };
}

async function pickClient({ clients }: AgentControl): Promise<PairedClient | undefined> {
  const items = clients.map((client) => ({
    label: `$(${client.kind === 'key' ? 'key' : 'device-mobile'}) ${plainLabel(client.name)}`,
    description: presence(client),
    detail: standing(client),
    client,
  }));
  const title = vscode.l10n.t('Paired Browsers and API Keys');
  return (await vscode.window.showQuickPick(items, { title, placeHolder: vscode.l10n.t('Choose one to rename, change or revoke it') }))
    ?.client;
}

async function manage(control: AgentControl, client: PairedClient): Promise<void> {
  const t = vscode.l10n.t;
  const actions = [
    { label: `$(edit) ${t('Rename…')}`, act: rename },
    ...(client.kind === 'key' ? [] : [{ label: `$(shield) ${t('Change Scope…')}`, act: changeScope }]),
    { label: `$(trash) ${t('Revoke…')}`, act: revoke },
  ];
  const chosen = await vscode.window.showQuickPick(actions, { title: plainLabel(client.name), placeHolder: presence(client) });
  await chosen?.act(control, client);
}

async function rename(control: AgentControl, { id, name }: PairedClient): Promise<void> {
  const entered = await askClientName({ title: vscode.l10n.t('Rename'), value: name });
  if (entered !== undefined) await control.changeClient(id, { name: entered });
}

async function changeScope(control: AgentControl, { id, name, scope }: PairedClient): Promise<void> {
  const words = wordsOfScope();
  const items = (['chat', 'models'] as const).map((each) => ({
    label: words[each],
    description: each === scope ? vscode.l10n.t('now') : '',
    scope: each,
  }));
  const chosen = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('What may {0} do?', plainLabel(name)) });
  if (!chosen) return;
  if (chosen.scope !== scope) await control.changeClient(id, { scope: chosen.scope });
  if (chosen.scope === 'models' && !readSetting('remote.modelManagement')) await tellSwitchedOff();
}

/** Nobody from elsewhere manages models while the setting is off, whatever was given. */
async function tellSwitchedOff(): Promise<void> {
  const t = vscode.l10n.t;
  const open = t('Open Setting');
  const text = t('Until it is switched on in the settings, nobody from elsewhere may pull or unload models.');
  if ((await vscode.window.showInformationMessage(text, open)) === open)
    await vscode.commands.executeCommand('workbench.action.openSettings', `${PREFIX}.remote.modelManagement`);
}

async function revoke(control: AgentControl, { id, name, isGuest }: PairedClient): Promise<void> {
  const t = vscode.l10n.t;
  const yes = t('Revoke');
  const detail =
    isGuest === true
      ? t('It is cut off at once and cannot come back. A new pairing begins without chats; its chats stay in a file here.')
      : t('It is cut off at once and cannot come back without a new pairing. Its chats stay here.');
  const chosen = await vscode.window.showWarningMessage(t('Revoke {0}?', plainLabel(name)), { modal: true, detail }, yes);
  if (chosen === yes) await control.revoke(id);
}

function presence({ online, lastSeenAt }: PairedClient): string {
  if (online) return vscode.l10n.t('Online');
  if (lastSeenAt === undefined) return vscode.l10n.t('Never used');
  return vscode.l10n.t('Last seen {0}', new Date(lastSeenAt).toLocaleString(vscode.env.language));
}

/** What it may do, for how long, and whose chats it sees. */
function standing({ scope, kind, isGuest, expiresAt }: PairedClient): string {
  if (kind === 'key') {
    const may = wordsOfKeyScope()[scope === 'chat' ? 'chat' : 'api'];
    return expiresAt === undefined
      ? may
      : vscode.l10n.t('{0}. Good until {1}', may, new Date(expiresAt).toLocaleString(vscode.env.language));
  }
  const words = wordsOfScope()[scope];
  return isGuest === true ? vscode.l10n.t('Another person: {0}. Never sees your chats', words) : words;
}

function wordsOfScope(): Readonly<Record<Scope, string>> {
  return {
    chat: vscode.l10n.t('May chat with your models'),
    models: vscode.l10n.t('May chat with your models, and pull and unload them'),
    api: vscode.l10n.t('May send requests to your Ollama'),
  };
}
