import * as vscode from 'vscode';
import { TunnelError } from '../protocol/errors.ts';
import type { AgentControl } from '../protocol/agentControl.ts';
import { parseRelayInvitation, type RelayInvitation } from './relayInvitation.ts';
import { writeSetting } from './userSettings.ts';

/** Asks for a relay's address and invite and remembers both. Resolves to whether the user went through with it. */
export async function setUpRelay(control: AgentControl): Promise<boolean> {
  const given = await askAddress(control.relay?.origin);
  if (!given) return false;
  const invite = given.invite ?? (await askInvite(new URL(given.origin).host));
  if (invite === undefined) return false;
  await control.setRelay(given.origin, invite === '' ? undefined : invite);
  await writeSetting('relay.url', given.origin);
  return true;
}

async function askAddress(current: string | undefined): Promise<RelayInvitation | undefined> {
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('Set Up Relay'),
    prompt: vscode.l10n.t('Address of the relay, or a join link.'),
    placeHolder: 'https://relay.example',
    value: current ?? '',
    ignoreFocusOut: true,
    validateInput: whatIsWrong,
  });
  return text === undefined ? undefined : parseRelayInvitation(text);
}

function whatIsWrong(text: string): string | undefined {
  try {
    parseRelayInvitation(text);
    return undefined;
  } catch (error) {
    return TunnelError.from(error).words;
  }
}

async function askInvite(host: string): Promise<string | undefined> {
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('Set Up Relay'),
    prompt: vscode.l10n.t('Invite for {0}. Leave empty if it needs none.', host),
    password: true,
    ignoreFocusOut: true,
  });
  return text?.trim();
}
