import * as vscode from 'vscode';
import type { AgentControl } from '../protocol/agentControl.ts';
import { firstFailure, wasCancelled, type Diagnosis, type FailedHop } from '../protocol/diagnosis.ts';
import { TunnelError, wordsOf, type ErrorCode } from '../protocol/errors.ts';
import { causeAndRemedy } from '../status/diagnosisText.ts';
import { inOwnLanguage } from './inOwnLanguage.ts';
import { parseRelayInvitation, type RelayInvitation } from './relayInvitation.ts';
import { writeSetting } from './userSettings.ts';

/** The ways to a relay that are not an address. */
export interface OtherWays {
  /** Starts one on this computer and uses it. Resolves to whether the person went through with it. @throws TunnelError */
  startTrial(): Promise<boolean>;
  openGuide(): Promise<unknown>;
}

/** Asks how the relay is to be had, and remembers one that has taken this device in. Resolves to whether there is one now. */
export async function setUpRelay(control: AgentControl, ways: OtherWays): Promise<boolean> {
  const t = vscode.l10n.t;
  const items = [
    {
      label: `$(link) ${t('Enter an Address or a Join Link…')}`,
      detail: t('Somebody runs a relay for you, or you do.'),
      go: () => askForRelay(control, control.relay?.origin ?? ''),
    },
    {
      label: `$(play) ${t('Start a Trial Relay on This Computer')}`,
      detail: t('In a terminal. Browsers on this computer reach it, no phone does.'),
      go: () => ways.startTrial(),
    },
    {
      label: `$(book) ${t('Put a Relay on a Server')}`,
      detail: t('Opens the guide: what it takes, and what to type there.'),
      go: async () => {
        await ways.openGuide();
        return false;
      },
    },
  ];
  const chosen = await vscode.window.showQuickPick(items, {
    title: t('Set Up Relay'),
    placeHolder: t('How should browsers elsewhere reach this computer?'),
    ignoreFocusOut: true,
  });
  return (await chosen?.go()) ?? false;
}

/**
 * Looks at the relay first, asks for an invite where it wants one, and stores both only after it has taken this device in; an address that
 * fails can be changed. Resolves to whether the person went through with it.
 */
export async function useRelay(control: AgentControl, { origin, invite }: RelayInvitation): Promise<boolean> {
  let given = invite ?? (origin === control.relay?.origin ? control.relay.invite : undefined);
  for (;;) {
    const found = await look(control, origin, given);
    if (wasCancelled(found)) return false;
    const failed = firstFailure(found);
    if (!failed) {
      await storeRelay(control, { origin, ...(given !== undefined && { invite: given }) });
      return true;
    }
    if (aboutInvite.has(failed.error)) {
      given = await askInvite(new URL(origin).host, failed);
      if (given === undefined) return false;
      continue;
    }
    const next = await askNext(failed);
    if (next === 'change') return askForRelay(control, origin);
    if (next === undefined) return false;
  }
}

/** Remembers a relay that has just taken this device in, in the settings too. @throws TunnelError */
export async function storeRelay(control: AgentControl, { origin, invite }: RelayInvitation): Promise<void> {
  await control.setRelay(origin, invite);
  await writeSetting('relay.url', origin);
}

async function askForRelay(control: AgentControl, value: string): Promise<boolean> {
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('Set Up Relay'),
    prompt: vscode.l10n.t('Address of the relay, or a join link.'),
    placeHolder: 'https://relay.example',
    value,
    ignoreFocusOut: true,
    validateInput: whatIsWrong,
  });
  return text !== undefined && useRelay(control, parseRelayInvitation(text));
}

function whatIsWrong(text: string): string | undefined {
  try {
    parseRelayInvitation(text);
    return undefined;
  } catch (error) {
    const { code, detail } = TunnelError.from(error);
    return wordsOf(code, detail, inOwnLanguage);
  }
}

/** Shown on its way, and cancellable. */
async function look(control: AgentControl, origin: string, invite: string | undefined): Promise<Diagnosis> {
  const title = vscode.l10n.t('Looking at {0}', new URL(origin).host);
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return vscode.window.withProgress(options, (_progress, token) => {
    const cancelling = new AbortController();
    token.onCancellationRequested(() => {
      cancelling.abort();
    });
    return control.probeRelay(origin, invite, { signal: cancelling.signal });
  });
}

/** Refusals that another invite mends. */
const aboutInvite: ReadonlySet<ErrorCode> = new Set(['inviteRequired', 'inviteRefused', 'inviteExpired']);

/** Asks until it is given something; what was wrong with the last one stands above the field. */
async function askInvite(host: string, failed: FailedHop): Promise<string | undefined> {
  const t = vscode.l10n.t;
  const { cause, remedy } = causeAndRemedy(failed);
  const text = await vscode.window.showInputBox({
    title: t('Set Up Relay'),
    prompt: failed.error === 'inviteRequired' ? t('{0} wants an invite, which its operator gives you.', host) : `${cause}. ${remedy}`,
    password: true,
    ignoreFocusOut: true,
    validateInput: (typed) => (typed.trim() === '' ? t('Paste the invite.') : undefined),
  });
  return text?.trim();
}

/** Names what fails there. */
async function askNext(failed: FailedHop): Promise<'again' | 'change' | undefined> {
  const t = vscode.l10n.t;
  const { cause, remedy } = causeAndRemedy(failed);
  const [change, again] = [t('Change Address'), t('Look Again')];
  const detail = `${remedy}\n\n${t('Nothing was changed.')}`;
  const chosen = await vscode.window.showWarningMessage(`${cause}.`, { modal: true, detail }, change, again);
  return chosen === change ? 'change' : chosen === again ? 'again' : undefined;
}
