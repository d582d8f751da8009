import * as vscode from 'vscode';
import { TunnelError } from '../protocol/errors.ts';
import type { AgentReady } from './editorAgent.ts';

/** The chat page that the relay serves. Its address holds no secret. */
export class WebPage {
  readonly #agent: AgentReady;

  constructor(agent: AgentReady) {
    this.#agent = agent;
  }

  /** @throws TunnelError when no relay is set */
  async open(): Promise<void> {
    await vscode.env.openExternal(vscode.Uri.parse(await this.#address(), true));
  }

  /** @throws TunnelError when no relay is set */
  async copyAddress(): Promise<void> {
    await vscode.env.clipboard.writeText(await this.#address());
    vscode.window.setStatusBarMessage(vscode.l10n.t('Address copied'), 2_000);
  }

  async #address(): Promise<string> {
    const { relay } = (await this.#agent).control;
    if (!relay) throw new TunnelError('badRelayUrl', vscode.l10n.t('no relay is set'));
    return `${relay.origin}/`;
  }
}
