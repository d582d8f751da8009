import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { RemoteRules } from '../protocol/remoteRules.ts';
import { onDidChangeSetting, readSetting } from './userSettings.ts';

/** How Ollama is asked, but for how long it keeps a model. */
export function readOllamaSettings(): { readonly url: string; readonly firstTokenTimeoutMs: number; readonly idleTimeoutMs: number } {
  return {
    url: readSetting('ollama.url'),
    firstTokenTimeoutMs: readSetting('ollama.firstTokenTimeout') * 1000,
    idleTimeoutMs: readSetting('ollama.idleTimeout') * 1000,
  };
}

/** What clients from elsewhere may do. */
export function readRemoteRules(): RemoteRules {
  return {
    maxGenerations: readSetting('remote.maxGenerations'),
    maxContextLength: readSetting('remote.maxContextLength'),
    modelManagement: readSetting('remote.modelManagement'),
    cloudModels: readSetting('remote.cloudModels'),
    idleExpiryDays: readSetting('remote.idleExpiryDays'),
    privatePacing: readSetting('remote.privatePacing'),
  };
}

const told = [
  'chat.defaultModel',
  'remote.maxContextLength',
  'remote.modelManagement',
  'remote.cloudModels',
  'remote.idleExpiryDays',
] as const;

/** Hears of changes that the agent has to tell its views of. Everything else it reads by itself when it needs it. */
export function onDidChangeAgentSettings(listener: () => void): Disposable {
  const owned = new DisposableStore();
  for (const name of told) owned.add(onDidChangeSetting(name, listener));
  return owned;
}
