import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { ChatSettings } from '../protocol/chatSettings.ts';
import type { ViewPreferences } from '../protocol/webviewMessages.ts';
import { onDidChangeSetting, readSetting } from './userSettings.ts';

/** How the person wants a chat to look and to be typed in. */
export function readPreferences(): ViewPreferences {
  return {
    sendWith: readSetting('chat.sendWith'),
    answerDetails: readSetting('chat.answerDetails'),
    thinking: readSetting('chat.thinking'),
    remoteImages: readSetting('chat.remoteImages'),
  };
}

const preferences = ['chat.sendWith', 'chat.answerDetails', 'chat.thinking', 'chat.remoteImages'] as const;

export function onDidChangePreferences(listener: () => void): Disposable {
  const owned = new DisposableStore();
  for (const name of preferences) owned.add(onDidChangeSetting(name, listener));
  return owned;
}

/** How chats are asked that say nothing themselves. */
export function readChatDefaults(): ChatSettings {
  const systemPrompt = readSetting('chat.systemPrompt');
  const contextLength = readSetting('chat.contextLength');
  return { ...(systemPrompt === '' ? {} : { systemPrompt }), ...(contextLength === null ? {} : { contextLength }) };
}
