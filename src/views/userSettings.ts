import * as vscode from 'vscode';
import * as v from 'valibot';
import { contextLength, systemPrompt } from '../protocol/chatSettings.ts';
import { MAX_REMOTE_CONTEXT_LENGTH } from '../protocol/limits.ts';
import { remoteImageChoices, sendKeys, thinkingViews } from '../protocol/webviewMessages.ts';
import { PREFIX } from './ids.ts';

const whole = (least: number, most: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(least), v.maxValue(most));

/** What each setting may hold; anything else reads as the default, which package.json repeats. */
const schemas = {
  'relay.url': v.fallback(v.string(), ''),
  'relay.autoConnect': v.fallback(v.picklist(['remember', 'always', 'never']), 'remember'),
  'ollama.url': v.fallback(v.string(), ''),
  'ollama.firstTokenTimeout': v.fallback(whole(30, 3600), 600),
  'ollama.idleTimeout': v.fallback(whole(10, 1800), 120),
  'ollama.keepAlive': v.fallback(v.string(), ''),
  'chat.defaultModel': v.fallback(v.pipe(v.string(), v.trim(), v.maxLength(256)), ''),
  'chat.contextLength': v.fallback(v.nullable(contextLength), null),
  'chat.systemPrompt': v.fallback(systemPrompt, ''),
  'chat.sendWith': v.fallback(v.picklist(sendKeys), 'enter'),
  'chat.answerDetails': v.fallback(v.boolean(), true),
  'chat.thinking': v.fallback(v.picklist(thinkingViews), 'collapsed'),
  'chat.remoteImages': v.fallback(v.picklist(remoteImageChoices), 'ask'),
  'chat.notifyWhenDone': v.fallback(v.picklist(['hidden', 'never']), 'hidden'),
  'history.retentionDays': v.fallback(whole(0, 3650), 0),
  'remote.maxGenerations': v.fallback(whole(1, 4), 2),
  'remote.maxContextLength': v.fallback(contextLength, MAX_REMOTE_CONTEXT_LENGTH),
  'remote.modelManagement': v.fallback(v.boolean(), false),
  'remote.cloudModels': v.fallback(v.boolean(), false),
  'remote.idleExpiryDays': v.fallback(whole(0, 365), 30),
  'remote.privatePacing': v.fallback(v.boolean(), false),
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
