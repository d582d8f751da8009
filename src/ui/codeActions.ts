import type { CodeAction, CodeRequest } from '../protocol/webviewMessages.ts';
import { MAX_CODE_UNITS } from '../protocol/limits.ts';
import { cleanForClipboard } from './copyText.ts';
import { noted } from '../base/say.ts';
import { say } from './speech.ts';

/** Asks the host to do something with code; bubbles from the block. */
export const codeActionEvent = 'c2l-code';

type CodeButton = Exclude<CodeAction, 'copy'>;
const titles: Readonly<Record<CodeButton, string>> = {
  insert: noted('Insert at cursor'),
  apply: noted('Apply to the open file…'),
  newFile: noted('Open in a new file'),
  terminal: noted('Write to the terminal'),
};
/** What the buttons show; their names are the titles. */
const words: Readonly<Record<CodeButton, string>> = {
  insert: noted('Insert'),
  apply: noted('Apply'),
  newFile: noted('New file'),
  terminal: noted('Terminal'),
};
const shells: ReadonlySet<string> = new Set([
  'sh',
  'bash',
  'zsh',
  'fish',
  'shell',
  'shellscript',
  'console',
  'powershell',
  'ps1',
  'pwsh',
  'bat',
  'cmd',
]);

/**
 * Buttons for what an editor can do with a block of code. They are part of every block and drawn where the host has an editor
 * (`c2l-chat[editor-actions]`), so that a block need not know in which host it is.
 */
export function codeActionButtons(document: Document, code: () => { readonly language: string; readonly text: string }): HTMLElement {
  const row = document.createElement('span');
  row.className = 'code-actions';
  for (const action of ['insert', 'apply', 'newFile', 'terminal'] as const) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = `quiet code-${action}`;
    button.textContent = say(words[action]);
    button.title = say(titles[action]);
    button.setAttribute('aria-label', button.title);
    button.addEventListener('click', () => {
      const { language, text } = code();
      askCodeAction(row, { action, language, text });
    });
    row.append(button);
  }
  return row;
}

/** Commands can be written to a terminal; other code cannot. */
export function isShell(language: string): boolean {
  return shells.has(language.toLowerCase());
}

export function askCodeAction(from: Element, { action, language, text }: CodeRequest): void {
  const detail: CodeRequest = { action, language: language.slice(0, 64), text: cleanForClipboard(text) };
  from.dispatchEvent(new CustomEvent(codeActionEvent, { bubbles: true, detail }));
}

/**
 * A command of the editor may come while the keyboard is elsewhere, and then a page may not copy: its host may.
 * @returns whether there is a host to ask
 */
export function askHostToCopy(chat: Element, text: string): boolean {
  const canAsk = chat.hasAttribute('editor-actions') && text.length <= MAX_CODE_UNITS;
  if (canAsk) askCodeAction(chat, { action: 'copy', language: '', text });
  return canAsk;
}
