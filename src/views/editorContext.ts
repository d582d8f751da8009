import * as vscode from 'vscode';
import { fromUtf8 } from '../base/bytes.ts';
import { MAX_ATTACHMENTS, MAX_PROMPT_BYTES } from '../protocol/limits.ts';
import type { Attachment } from '../protocol/webviewMessages.ts';

/** The selected lines of the editor in use, whole lines only; one attachment a selection. */
export function selectedLines(): Attachment[] {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return [];
  const { document } = editor;
  const found = editor.selections
    .filter((selection) => !selection.isEmpty)
    .map(({ start, end }) => {
      // A selection up to the beginning of a line does not mean that line.
      const lastLine = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
      const text = document.getText(new vscode.Range(start.line, 0, lastLine, document.lineAt(lastLine).text.length));
      return { ...describe(document.uri), language: document.languageId, lines: { first: start.line + 1, last: lastLine + 1 }, text };
    });
  return fitting(found);
}

/** Whole files: those that were chosen in a list, the one of a menu, or the one in use. */
export async function chosenFiles(args: readonly unknown[]): Promise<Attachment[]> {
  const [one, many] = args;
  const chosen = Array.isArray(many) && many.length > 0 ? many.filter(isUri) : [one].filter(isUri);
  const uris = chosen.length > 0 ? chosen : [vscode.window.activeTextEditor?.document.uri].filter(isUri);
  const read = await Promise.all(uris.slice(0, MAX_ATTACHMENTS).map(readFile));
  return fitting(read.filter((item) => item !== undefined));
}

/** An open document as it is on the screen, saved or not; what is not open is read through the editor, wherever it lies. */
async function readFile(uri: vscode.Uri): Promise<Attachment | undefined> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open) return { ...describe(uri), language: open.languageId, text: open.getText() };
  try {
    const { size, type } = await vscode.workspace.fs.stat(uri);
    if ((type & vscode.FileType.File) === 0) return undefined;
    if (size > MAX_PROMPT_BYTES) {
      sayTooLong(describe(uri).path);
      return undefined;
    }
    const text = fromUtf8(await vscode.workspace.fs.readFile(uri));
    if (text.includes('\0')) throw new Error('binary');
    return { ...describe(uri), language: languageOf(uri), text };
  } catch {
    void vscode.window.showWarningMessage(vscode.l10n.t('{0} cannot be read as text.', describe(uri).path));
    return undefined;
  }
}

/** What is too long for a question is named, not cut: nobody would see what is missing. */
function fitting(items: readonly Attachment[]): Attachment[] {
  return items.filter(({ path, text }) => {
    const fits = text.length <= MAX_PROMPT_BYTES;
    if (!fits) sayTooLong(path);
    return fits;
  });
}

function sayTooLong(path: string): void {
  void vscode.window.showWarningMessage(vscode.l10n.t('{0} is too long for one question. Select the lines that matter.', path));
}

function describe(uri: vscode.Uri): { readonly path: string } {
  return { path: vscode.workspace.asRelativePath(uri).replace(/[`\n]/g, '').slice(-1024) };
}

/** For the fence around it. */
function languageOf({ path }: vscode.Uri): string {
  return /\.([A-Za-z0-9]{1,16})$/.exec(path)?.[1]?.toLowerCase() ?? '';
}

function isUri(value: unknown): value is vscode.Uri {
  return value instanceof vscode.Uri;
}
