import * as vscode from 'vscode';
import type { EditorAgent } from './editorAgent.ts';

/** Says which damaged files were set aside when the agent started, with a way to them. */
export function tellSetAside({ damaged, damagedPairings }: Pick<EditorAgent, 'damaged' | 'damagedPairings'>): void {
  const t = vscode.l10n.t;
  if (damaged !== undefined)
    tell(
      t(
        'The file of your chats was damaged and set aside as {0}. Chats that could still be read: {1}.',
        damaged.file,
        damaged.conversations,
      ),
      damaged.file,
    );
  if (damagedPairings !== undefined)
    tell(
      t('The file of paired devices was damaged and set aside as {0}. Pair them again, and make new API keys.', damagedPairings),
      damagedPairings,
    );
}

function tell(text: string, file: string): void {
  const show = vscode.l10n.t('Show Folder');
  void vscode.window.showWarningMessage(text, show).then((chosen) => {
    if (chosen === show) void vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(file));
  });
}
