import * as vscode from 'vscode';
import { assertNever } from '../base/assertNever.ts';
import type { MendAction } from '../protocol/webviewMessages.ts';
import { OLLAMA_DOWNLOAD_URL } from '../status/ollamaLinks.ts';
import type { AgentReady } from './editorAgent.ts';
import { PREFIX } from './ids.ts';

export interface OllamaMenderOptions {
  readonly agent: AgentReady;
  /** @throws TunnelError when Ollama is not installed */
  readonly startOllama: () => Promise<void>;
}

/** Carries out what mends an Ollama that is not there; that it worked is seen by whoever watches over it. */
export function ollamaMender({ agent, startOllama }: OllamaMenderOptions): (action: MendAction) => Promise<void> {
  return async (action) => {
    switch (action) {
      case 'installOllama':
        await vscode.env.openExternal(vscode.Uri.parse(OLLAMA_DOWNLOAD_URL, true));
        return;
      case 'startOllama':
        await startOllama();
        await (await agent).control.checkOllama();
        return;
      case 'openOllamaSettings':
        await vscode.commands.executeCommand('workbench.action.openSettings', `${PREFIX}.ollama`);
        return;
      default:
        assertNever(action);
    }
  };
}
