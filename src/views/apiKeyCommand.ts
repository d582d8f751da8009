import * as vscode from 'vscode';
import { utf8 } from '../base/bytes.ts';
import type { KeyGrant } from '../protocol/agentControl.ts';
import { MAX_CLIENT_NAME_BYTES } from '../protocol/limits.ts';
import type { CommandHandlers } from './commands.ts';
import type { AgentReady } from './editorAgent.ts';

/** Makes a key for programs on other computers, and shows it this once. */
export function apiKeyCommand(agent: AgentReady): Pick<CommandHandlers, 'createApiKey'> {
  return {
    createApiKey: async () => {
      const t = vscode.l10n.t;
      const name = await askClientName({
        title: t('Create API Key'),
        prompt: t('What the key is for, for example the computer that will use it.'),
      });
      if (name === undefined) return;
      const scope = await askScope();
      const end = scope && (await askEnd());
      if (!scope || !end) return;
      const { key } = await (await agent).control.createApiKey(name, { scope: scope.scope, ...end.grant });
      const copy = t('Copy Key');
      const detail = [
        key,
        t('It is shown this once. Whoever has it may send requests to your Ollama, until you revoke it under Manage Paired Browsers.'),
        `${scope.label}. ${end.label}.`,
        t('On the other computer: cloudtolocalllm proxy'),
      ].join('\n\n');
      const chosen = await vscode.window.showInformationMessage(t('API key for {0}', name), { modal: true, detail }, copy);
      if (chosen !== copy) return;
      await vscode.env.clipboard.writeText(key);
      vscode.window.setStatusBarMessage(t('Key copied'), 2_000);
    },
  };
}

/** What a key may do, in words. */
export function wordsOfKeyScope(): Readonly<Record<NonNullable<KeyGrant['scope']>, string>> {
  const t = vscode.l10n.t;
  return { api: t('May send requests to your Ollama'), chat: t('May ask your Ollama chat requests alone') };
}

async function askScope(): Promise<{ readonly label: string; readonly scope: 'api' | 'chat' } | undefined> {
  const t = vscode.l10n.t;
  const words = wordsOfKeyScope();
  const items = [
    {
      label: words.api,
      detail: t('Chat, completions and embeddings, in the words of Ollama and of OpenAI. No key changes your models.'),
      scope: 'api' as const,
    },
    {
      label: words.chat,
      detail: t('/api/chat and /v1/chat/completions, up to 4 at once, and which models there are.'),
      scope: 'chat' as const,
    },
  ];
  return vscode.window.showQuickPick(items, { title: t('Create API Key'), placeHolder: t('What may the key do?') });
}

async function askEnd(): Promise<{ readonly label: string; readonly grant: Pick<KeyGrant, 'days'> } | undefined> {
  const t = vscode.l10n.t;
  const items = [
    ...[30, 90, 365, 7, 1].map((days) => ({ label: days === 1 ? t('Good for one day') : t('Good for {0} days', days), grant: { days } })),
    { label: t('Good until you revoke it'), grant: {} },
  ];
  return vscode.window.showQuickPick(items, { title: t('Create API Key'), placeHolder: t('How long is the key good?') });
}

/** Asks how a browser or a key is to be called; trimmed, or undefined when the person gave up. */
export async function askClientName(asked: Pick<vscode.InputBoxOptions, 'title' | 'prompt' | 'value'>): Promise<string | undefined> {
  const t = vscode.l10n.t;
  const entered = await vscode.window.showInputBox({
    ...asked,
    validateInput: (text) => {
      if (text.trim() === '') return t('Enter a name.');
      return utf8(text.trim()).length > MAX_CLIENT_NAME_BYTES ? t('This name is too long.') : undefined;
    },
  });
  return entered?.trim();
}
