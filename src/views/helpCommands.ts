import * as vscode from 'vscode';
import type { CommandHandlers } from './commands.ts';
import { EXTENSION_ID, WALKTHROUGH_ID } from './ids.ts';

/** The editor's own pages about this extension. `onWalkthrough` hears that one of them was asked for. */
export function helpCommands(onWalkthrough: () => void): Pick<CommandHandlers, 'openSettings' | 'openWalkthrough'> {
  return {
    openSettings: () => vscode.commands.executeCommand('workbench.action.openSettings', `@ext:${EXTENSION_ID}`),
    openWalkthrough: async () => {
      await vscode.commands.executeCommand('workbench.action.openWalkthrough', WALKTHROUGH_ID);
      onWalkthrough();
    },
  };
}
