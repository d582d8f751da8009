import * as vscode from 'vscode';
import { utf8 } from '../base/bytes.ts';
import type { AgentControl, PairedClient } from '../protocol/agentControl.ts';
import { MAX_CLIENT_NAME_BYTES } from '../protocol/limits.ts';
import type { Scope } from '../protocol/pairingFrames.ts';
import type { CommandHandlers } from './commands.ts';
import type { AgentReady } from './editorAgent.ts';

/** Who may come from elsewhere: the paired browsers one by one, and all of them at once. */
export function clientCommands(agent: AgentReady): Pick<CommandHandlers, 'manageClients' | 'pauseRemote' | 'resumeRemote'> {
  return {
    manageClients: async () => {
      const { control } = await agent;
      const client = await pickClient(control);
      if (client) await manage(control, client);
    },
    pauseRemote: async () => {
      (await agent).control.setRemotePaused(true);
    },
    resumeRemote: async () => {
      (await agent).control.setRemotePaused(false);
    },
  };
}

async function pickClient({ clients }: AgentControl): Promise<PairedClient | undefined> {
  const items = clients.map((client) => ({
    label: `$(${client.kind === 'key' ? 'key' : 'device-mobile'}) ${plain(client.name)}`,
    description: presence(client),
    detail: wordsOfScope()[client.scope],
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
  const chosen = await vscode.window.showQuickPick(actions, { title: plain(client.name), placeHolder: presence(client) });
  await chosen?.act(control, client);
}

async function rename(control: AgentControl, { id, name }: PairedClient): Promise<void> {
  const t = vscode.l10n.t;
  const entered = await vscode.window.showInputBox({
    title: t('Rename'),
    value: name,
    validateInput: (text) => {
      if (text.trim() === '') return t('Enter a name.');
      return utf8(text.trim()).length > MAX_CLIENT_NAME_BYTES ? t('This name is too long.') : undefined;
    },
  });
  if (entered !== undefined) control.changeClient(id, { name: entered.trim() });
}

async function changeScope(control: AgentControl, { id, name, scope }: PairedClient): Promise<void> {
  const words = wordsOfScope();
  const items = (['chat', 'models'] as const).map((each) => ({
    label: words[each],
    description: each === scope ? vscode.l10n.t('now') : '',
    scope: each,
  }));
  const chosen = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('What may {0} do?', plain(name)) });
  if (chosen && chosen.scope !== scope) control.changeClient(id, { scope: chosen.scope });
}

async function revoke(control: AgentControl, { id, name }: PairedClient): Promise<void> {
  const t = vscode.l10n.t;
  const yes = t('Revoke');
  const detail = t('It is cut off at once and cannot come back without a new pairing. Its chats stay here.');
  const chosen = await vscode.window.showWarningMessage(t('Revoke {0}?', plain(name)), { modal: true, detail }, yes);
  if (chosen === yes) control.revoke(id);
}

function presence({ online, lastSeenAt }: PairedClient): string {
  if (online) return vscode.l10n.t('Online');
  if (lastSeenAt === undefined) return vscode.l10n.t('Never used');
  return vscode.l10n.t('Last seen {0}', new Date(lastSeenAt).toLocaleString(vscode.env.language));
}

function wordsOfScope(): Readonly<Record<Scope, string>> {
  return {
    chat: vscode.l10n.t('May chat with your models'),
    models: vscode.l10n.t('May chat with your models, and pull and delete them'),
    api: vscode.l10n.t('May send requests to your Ollama'),
  };
}

/** A name is somebody else's text: no icon of the editor may stand in it. */
function plain(name: string): string {
  return name.replaceAll('$(', '$\u200b(');
}
