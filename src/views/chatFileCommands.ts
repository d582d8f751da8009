import * as vscode from 'vscode';
import { DecodeError, fromUtf8, utf8 } from '../base/bytes.ts';
import type { ChatFiles, ExportFormat, ImportResult } from '../protocol/chatFiles.ts';
import { exportName } from '../protocol/exportName.ts';
import { TunnelError } from '../protocol/errors.ts';
import { MAX_IMPORT_UNITS } from '../protocol/limits.ts';
import type { CommandHandlers } from './commands.ts';
import type { AgentReady } from './editorAgent.ts';

/** A chat that is to be a file. */
export interface ChosenChat {
  readonly conversationId: string;
  readonly title: string;
}

/** Chats to files and back, through the editor's own dialogs. `shown` is the chat on the screen, for who names none. */
export function chatFileCommands(
  agent: AgentReady,
  shown: () => ChosenChat | undefined,
): Pick<CommandHandlers, 'exportChat' | 'importChats'> {
  return {
    exportChat: async (chosen) => {
      const chat = isChosenChat(chosen) ? chosen : shown();
      if (chat) await exportChat((await agent).chats, chat);
    },
    importChats: async () => {
      await importChats((await agent).chats);
    },
  };
}

async function exportChat(chats: ChatFiles, { conversationId, title }: ChosenChat): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const name = exportName(title, 'markdown');
  const uri = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('Export Chat'),
    saveLabel: vscode.l10n.t('Export'),
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, name) } : { defaultUri: vscode.Uri.file(`/${name}`) }),
    filters: { [vscode.l10n.t('Markdown, to be read')]: ['md'], [vscode.l10n.t('JSON, all branches')]: ['json'] },
  });
  if (!uri) return;
  const format: ExportFormat = /\.json$/i.test(uri.path) ? 'json' : 'markdown';
  await vscode.workspace.fs.writeFile(uri, utf8(await chats.exportChat(conversationId, format)));
  const open = vscode.l10n.t('Open');
  const chosen = await vscode.window.showInformationMessage(vscode.l10n.t('The chat is in {0}.', nameOf(uri)), open);
  if (chosen === open) await vscode.commands.executeCommand('vscode.open', uri);
}

async function importChats(chats: ChatFiles): Promise<void> {
  const [uri] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t('Import Chats: of this extension, of ChatGPT (conversations.json) or of Open WebUI'),
      openLabel: vscode.l10n.t('Import'),
      filters: { JSON: ['json'] },
    })) ?? [];
  if (!uri) return;
  const options = { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Importing chats'), cancellable: true };
  const result = await vscode.window.withProgress(options, async (progress, token) => {
    const json = await readText(uri);
    let shownShare = 0;
    return chats.importChats(json, {
      isCancelled: () => token.isCancellationRequested,
      onProgress: (done, total) => {
        const share = Math.floor((100 * done) / total);
        if (share === shownShare) return;
        progress.report({ increment: share - shownShare, message: vscode.l10n.t('{0} of {1}', done, total) });
        shownShare = share;
      },
    });
  });
  await vscode.window.showInformationMessage(wordsFor(result));
}

/** @throws TunnelError `importFailed` */
async function readText(uri: vscode.Uri): Promise<string> {
  const { size } = await vscode.workspace.fs.stat(uri);
  if (size > MAX_IMPORT_UNITS) throw new TunnelError('importFailed', 'the file is too large');
  const bytes = await vscode.workspace.fs.readFile(uri);
  try {
    return fromUtf8(bytes);
  } catch (error) {
    throw error instanceof DecodeError ? new TunnelError('importFailed', 'the file is not text', { cause: error }) : error;
  }
}

function wordsFor({ added, skipped, left }: ImportResult): string {
  const { t } = vscode.l10n;
  const came = added === 1 ? t('1 chat was imported.') : t('{0} chats were imported.', added);
  const notCome = left === 0 ? '' : ` ${t('You stopped before {0} more.', left)}`;
  const leftOut = skipped === 0 ? '' : ` ${t('{0} could not be read and were left out.', skipped)}`;
  return came + notCome + leftOut;
}

function nameOf({ path }: vscode.Uri): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function isChosenChat(value: unknown): value is ChosenChat {
  if (typeof value !== 'object' || value === null || !('conversationId' in value) || !('title' in value)) return false;
  return typeof value.conversationId === 'string' && typeof value.title === 'string';
}
