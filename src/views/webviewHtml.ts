import * as vscode from 'vscode';
import type { Random } from '../base/random.ts';
import { toBase64url } from '../base/bytes.ts';

export interface WebviewDocument {
  readonly title: string;
  /** The one folder that the webview may load from. */
  readonly root: vscode.Uri;
  /** Script and styles in it; the script runs as a module. */
  readonly script: string;
  readonly styles: readonly string[];
  /** Names of the Trusted Types policies that the script makes. */
  readonly trustedTypes: string;
  /** A script of our own that runs before the other, in the document itself: what the first picture needs. */
  readonly begin?: string;
  /** HTML of the body, safe by itself. */
  readonly body?: string;
}

/** The webview's whole document. Nothing in it comes from outside but what {@link escapeHtml} has cleaned. */
export function webviewHtml(webview: vscode.Webview, document: WebviewDocument, random: Random): string {
  const { begin = '' } = document;
  const nonce = toBase64url(random.bytes(16));
  const address = (name: string): string => escapeHtml(webview.asWebviewUri(vscode.Uri.joinPath(document.root, name)).toString());
  const own = webview.cspSource;
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}' ${own}`,
    `style-src ${own}`,
    `font-src ${own}`,
    `img-src ${own} data:`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `require-trusted-types-for 'script'`,
    `trusted-types ${document.trustedTypes}`,
  ].join('; ');
  return [
    '<!DOCTYPE html>',
    `<html lang="${speaksGerman() ? 'de' : 'en'}">`,
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(document.title)}</title>`,
    ...document.styles.map((name) => `<link rel="stylesheet" href="${address(name)}">`),
    `${begin === '' ? '' : `<script nonce="${nonce}">${begin}</script>`}</head>`,
    `<body>${document.body ?? ''}<script type="module" nonce="${nonce}" src="${address(document.script)}"></script></body>`,
    '</html>',
  ].join('\n');
}

/** Is the editor German? What is said here is English in every other language. */
export function speaksGerman(): boolean {
  return /^de\b/.test(vscode.env.language);
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
