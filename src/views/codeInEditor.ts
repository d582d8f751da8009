import * as vscode from 'vscode';
import { assertNever } from '../base/assertNever.ts';
import type { CodeRequest } from '../protocol/webviewMessages.ts';
import { placeOfCode } from './placeOfCode.ts';
import { terminalLines } from './terminalLines.ts';

/** What answers call languages, where the editor calls them otherwise. */
const languageIds: Readonly<Record<string, string>> = {
  ...{ ts: 'typescript', tsx: 'typescriptreact', js: 'javascript', mjs: 'javascript', jsx: 'javascriptreact', py: 'python' },
  ...{ sh: 'shellscript', bash: 'shellscript', zsh: 'shellscript', shell: 'shellscript', console: 'shellscript', ps1: 'powershell' },
  ...{ md: 'markdown', yml: 'yaml', rb: 'ruby', rs: 'rust', cs: 'csharp', 'c++': 'cpp', golang: 'go', kt: 'kotlin', docker: 'dockerfile' },
};

/** Carries out a press on a block of code. Nothing is run, and no file changes before the person has seen the change. */
export async function runCodeAction({ action, language, text }: CodeRequest): Promise<void> {
  switch (action) {
    case 'insert':
      return insert(text);
    case 'apply':
      return apply(text);
    case 'newFile':
      return openNewFile(language, text);
    case 'terminal':
      return writeToTerminal(text);
    case 'copy':
      await vscode.env.clipboard.writeText(text);
      return;
    default:
      assertNever(action);
  }
}

async function insert(text: string): Promise<void> {
  const editor = editorForCode();
  if (!editor) {
    sayNoEditor();
    return;
  }
  // As a snippet every further line is indented as the first; in a snippet of text alone nothing is a placeholder.
  const done = await editor.insertSnippet(new vscode.SnippetString().appendText(text.replace(/\n$/, '')));
  if (done) await show(editor);
  else void vscode.window.showWarningMessage(vscode.l10n.t('This file cannot be changed.'));
}

/** Shows the change in the editor's own preview of refactorings, where each file is accepted or discarded. */
async function apply(text: string): Promise<void> {
  const editor = editorForCode();
  if (!editor) {
    sayNoEditor();
    return;
  }
  const { document, selection } = editor;
  const lines = Array.from({ length: document.lineCount }, (_, index) => document.lineAt(index).text);
  const place = selection.isEmpty ? placeOfCode(lines, text) : undefined;
  const whole = new vscode.Range(0, 0, document.lineCount, 0);
  const range = !selection.isEmpty
    ? new vscode.Range(selection.start, selection.end)
    : place
      ? new vscode.Range(place.first, 0, place.last, lines[place.last]?.length ?? 0)
      : whole;
  const isWhole = selection.isEmpty && !place;
  const edit = new vscode.WorkspaceEdit();
  const label = isWhole
    ? vscode.l10n.t('Replace the whole file')
    : vscode.l10n.t('Replace lines {0}–{1}', range.start.line + 1, range.end.line + 1);
  edit.replace(document.uri, range, isWhole ? text : text.replace(/\n$/, ''), {
    needsConfirmation: true,
    label,
    description: vscode.l10n.t('from the chat'),
  });
  await vscode.workspace.applyEdit(edit, { isRefactoring: true });
}

async function openNewFile(language: string, text: string): Promise<void> {
  const wanted = languageIds[language.toLowerCase()] ?? language.toLowerCase();
  const known = await vscode.languages.getLanguages();
  const content = { content: text, ...(known.includes(wanted) ? { language: wanted } : {}) };
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(content), { preview: false });
}

/** Writes one command to the terminal and leaves Enter to the person; of several they choose. */
async function writeToTerminal(text: string): Promise<void> {
  const lines = terminalLines(text);
  const placeHolder = vscode.l10n.t('Command to write to the terminal');
  const line =
    lines.length > 1
      ? (
          await vscode.window.showQuickPick(
            lines.map((label) => ({ label })),
            { placeHolder },
          )
        )?.label
      : lines[0];
  if (line === undefined) return;
  const terminal = vscode.window.activeTerminal ?? vscode.window.createTerminal();
  terminal.show();
  terminal.sendText(line, false);
}

/** The editor that was used last; the chat has the focus, and what is shown in panels of output is no file. */
function editorForCode(): vscode.TextEditor | undefined {
  const isFile = ({ document }: vscode.TextEditor): boolean => !['output', 'comment', 'debug'].includes(document.uri.scheme);
  return [vscode.window.activeTextEditor, ...vscode.window.visibleTextEditors].find((editor) => editor && isFile(editor));
}

async function show({ document, viewColumn }: vscode.TextEditor): Promise<void> {
  await vscode.window.showTextDocument(document, { ...(viewColumn === undefined ? {} : { viewColumn }), preview: false });
}

function sayNoEditor(): void {
  void vscode.window.showInformationMessage(vscode.l10n.t('Open a file first.'));
}
