import * as vscode from 'vscode';
import type { Disposable } from '../base/disposable.ts';
import type { Logger } from '../base/log.ts';
import { TunnelError } from '../protocol/errors.ts';
import { relayPaths } from '../protocol/relayUrl.ts';
import { parseRelayInvitation, type RelayInvitation } from './relayInvitation.ts';
import { showError } from './showError.ts';

/** Far more than a relay's name and an invite can have. */
const MAX_LINK_UNITS = 2048;

/** What a join link acts on. */
export interface JoinLinkTarget {
  /** The relay now in use, if any. */
  current(): Promise<string | undefined>;
  /** Takes the new one. @throws TunnelError */
  use(invitation: RelayInvitation): Promise<void>;
}

/**
 * Hears `vscode://cloudtolocalllm.cloudtolocalllm/join?link=<join link>`, which any page may open. It only opens a question that names the
 * relay; everything else is refused.
 */
export function registerJoinLinks(target: JoinLinkTarget, log: Logger): Disposable {
  const handle = async (uri: vscode.Uri): Promise<void> => {
    const invitation = readJoinLink(uri);
    const current = await target.current();
    if (await isWanted(invitation.origin, current)) await target.use(invitation);
  };
  return vscode.window.registerUriHandler({
    handleUri: (uri) =>
      handle(uri).catch((error: unknown) => {
        showError(error, log, { part: 'join link' });
      }),
  });
}

/** @throws TunnelError `badRelayUrl` */
export function readJoinLink({ path, query }: Pick<vscode.Uri, 'path' | 'query'>): RelayInvitation {
  const [, link] = /^link=(.+)$/.exec(query) ?? [];
  if (path !== relayPaths.join || link === undefined || link.length > MAX_LINK_UNITS)
    throw new TunnelError('badRelayUrl', vscode.l10n.t('the link is no join link'));
  return parseRelayInvitation(link);
}

/** To keep what is comes first, for the first button of a modal is the one that Enter presses. */
async function isWanted(origin: string, current: string | undefined): Promise<boolean> {
  const t = vscode.l10n.t;
  const { host } = new URL(origin);
  const use = t('Use This Relay');
  const detail = [
    ...(current === undefined || current === origin ? [] : [t('It takes the place of {0}.', new URL(current).host)]),
    t('A link asks for this. Whoever runs a relay sees when you chat and from which address, and never what you write.'),
  ].join('\n\n');
  const chosen = await vscode.window.showWarningMessage(
    t('Reach this computer through the relay {0}?', host),
    { modal: true, detail },
    t('Keep as It Is'),
    use,
  );
  return chosen === use;
}
