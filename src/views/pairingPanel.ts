import * as vscode from 'vscode';
import { renderSVG } from 'uqr';
import * as v from 'valibot';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { PairingOffer } from '../protocol/agentControl.ts';
import { isLoopbackHost } from '../protocol/relayUrl.ts';
import { PAIRING_PANEL_TYPE } from './ids.ts';
import { escapeHtml, webviewHtml } from './webviewHtml.ts';

export interface PairingPanelOptions {
  readonly extensionUri: vscode.Uri;
  readonly random: Random;
  readonly log: Logger;
  readonly deviceName: string;
}

/** White around a QR code, in modules: ISO/IEC 18004, section 9.1. */
const QUIET_MODULES = 4;

/** What the panel's script (media/pairing.js) says. */
const fromPanel = v.variant('type', [
  v.object({ type: v.literal('copy') }),
  v.object({ type: v.literal('open') }),
  v.object({ type: v.literal('renew') }),
]);

/** The panel with the pairing link, its countdown and what can be done with it. */
export class PairingPanel implements Disposable {
  readonly #options: PairingPanelOptions;
  readonly #panel: vscode.WebviewPanel;
  readonly #owned = new DisposableStore();
  readonly #closed = this.#owned.add(new Emitter<undefined>());
  readonly #renew = this.#owned.add(new Emitter<undefined>());
  #offer: PairingOffer | undefined;

  readonly onDidClose = this.#closed.event;
  readonly onRenew = this.#renew.event;

  constructor(options: PairingPanelOptions) {
    this.#options = options;
    this.#panel = vscode.window.createWebviewPanel(PAIRING_PANEL_TYPE, vscode.l10n.t('Pair a Browser'), vscode.ViewColumn.Active, {
      enableScripts: true,
      enableCommandUris: false,
      retainContextWhenHidden: false,
      localResourceRoots: [this.#media],
    });
    this.#panel.webview.onDidReceiveMessage((message: unknown) => {
      this.#receive(message);
    });
    this.#panel.onDidDispose(() => {
      this.#closed.fire(undefined);
      this.#owned.dispose();
    });
  }

  get #media(): vscode.Uri {
    return vscode.Uri.joinPath(this.#options.extensionUri, 'media');
  }

  /** Shows `offer`, in place of an earlier one. */
  show(offer: PairingOffer): void {
    this.#offer = offer;
    this.#panel.webview.html = webviewHtml(
      this.#panel.webview,
      {
        title: vscode.l10n.t('Pair a Browser'),
        root: this.#media,
        script: 'pairing.js',
        styles: ['pairing.css'],
        trustedTypes: `'none'`,
        body: pairingBody(offer, this.#options.deviceName),
      },
      this.#options.random,
    );
    this.#panel.reveal();
  }

  dispose(): void {
    this.#panel.dispose();
  }

  #receive(message: unknown): void {
    const read = v.safeParse(fromPanel, message);
    if (!read.success || !this.#offer) {
      this.#options.log.warn('pairing panel: message refused');
      return;
    }
    switch (read.output.type) {
      case 'copy':
        void vscode.env.clipboard.writeText(this.#offer.link);
        break;
      case 'open':
        void vscode.env.openExternal(vscode.Uri.parse(this.#offer.link, true));
        break;
      case 'renew':
        this.#renew.fire(undefined);
        break;
    }
  }
}

/** The panel's body; all that comes from outside is escaped. */
export function pairingBody(offer: PairingOffer, deviceName: string): string {
  const t = (message: string, ...args: string[]): string => escapeHtml(vscode.l10n.t(message, ...args));
  return [
    `<main data-expires-at="${String(offer.expiresAt)}" data-left="${t('This link works once, for another {0} s.', '{0}')}" data-over="${t('This link has expired.')}">`,
    `<h1>${t('Pair a browser with {0}', deviceName)}</h1>`,
    `<p>${t('Scan the code with the phone that is to chat with your models, or open the link on another computer.')}</p>`,
    `<div class="ways"><div class="qr" role="img" aria-label="${t('QR code of the pairing link')}">${renderSVG(offer.link, { border: QUIET_MODULES })}</div><div>`,
    `<label for="link">${t('Pairing link')}</label>`,
    `<input id="link" type="text" readonly value="${escapeHtml(offer.link)}">`,
    `<p class="actions"><button id="copy" data-done="${t('Copied')}">${t('Copy Link')}</button>`,
    `<button id="open" class="secondary">${t('Open in Browser')}</button>`,
    `<button id="renew" class="secondary">${t('New Link')}</button></p>`,
    `<p>${t('Or type this code on {0}', new URL(offer.link).origin)}</p>`,
    `<p class="code">${escapeHtml(offer.code)}</p>`,
    ...(isLoopbackHost(new URL(offer.link).hostname)
      ? [`<p>${t('This relay is on this computer alone: a phone cannot reach it.')}</p>`]
      : []),
    '</div></div>',
    `<p id="left" role="timer"></p>`,
    `<p id="said" role="status"></p>`,
    `<p>${t('This window then asks you, and shows six words that must be the same on both screens.')}</p>`,
    '</main>',
  ].join('\n');
}
