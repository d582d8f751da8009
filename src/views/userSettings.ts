import * as vscode from 'vscode';
import * as v from 'valibot';
import { contextLength, systemPrompt } from '../protocol/chatSettings.ts';
import { sendKeys } from '../protocol/webviewMessages.ts';
import { PREFIX } from './ids.ts';

/** What each setting may hold; anything else reads as the default, which package.json repeats. */
const schemas = {
  'relay.url': v.fallback(v.string(), ''),
  'relay.autoConnect': v.fallback(v.picklist(['remember', 'always', 'never']), 'remember'),
  'ollama.url': v.fallback(v.string(), ''),
  'ollama.keepAlive': v.fallback(v.string(), ''),
  'chat.contextLength': v.fallback(v.nullable(contextLength), null),
  'chat.systemPrompt': v.fallback(systemPrompt, ''),
  'chat.sendWith': v.fallback(v.picklist(sendKeys), 'enter'),
  'chat.answerDetails': v.fallback(v.boolean(), true),
  'statusBar.label': v.fallback(v.picklist(['full', 'icon']), 'full'),
  notifications: v.fallback(v.picklist(['all', 'errors', 'off']), 'errors'),
} as const;

export type SettingName = keyof typeof schemas;
export type SettingValue<N extends SettingName> = v.InferOutput<(typeof schemas)[N]>;
export const settingNames = Object.keys(schemas) as readonly SettingName[];

/** The user's own settings. What a workspace or a folder says is never read, so that opening one cannot redirect anything. */
export function readSetting<N extends SettingName>(name: N): SettingValue<N> {
  const own: unknown = vscode.workspace.getConfiguration(PREFIX).inspect(name)?.globalValue;
  return v.parse(schemas[name], own);
}

/** Writes the user's own value. */
export async function writeSetting<N extends SettingName>(name: N, value: SettingValue<N>): Promise<void> {
  await vscode.workspace.getConfiguration(PREFIX).update(name, value, vscode.ConfigurationTarget.Global);
}

/** Hears that the user's value of `name` may have changed. */
export function onDidChangeSetting(name: SettingName, listener: () => void): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration(`${PREFIX}.${name}`)) listener();
  });
}
