import type { takeFiles } from '../takeFiles.ts';
import type { ChatFilesElement } from './chatFilesElement.ts';
import type { ChatSettingsElement } from './chatSettingsElement.ts';
import type { ModelsElement } from './modelsElement.ts';
import type { PromptsElement } from './promptsElement.ts';

interface Sheets {
  'c2l-chat-files': ChatFilesElement;
  'c2l-chat-settings': ChatSettingsElement;
  'c2l-models': ModelsElement;
  'c2l-prompts': PromptsElement;
}

/** What the code that comes later offers besides its elements. */
interface SheetsModule {
  readonly takeFiles: typeof takeFiles;
}

let loading: Promise<SheetsModule | undefined> | undefined;

/** Fetches the code that the first picture of a chat does not wait for; undefined when it cannot be had now. */
export function loadSheets(): Promise<SheetsModule | undefined> {
  loading ??= import('./sheets.ts').then(
    (module) => module,
    () => {
      loading = undefined; // the page is offline: the next press tries again
      return undefined;
    },
  );
  return loading;
}

/** Has a sheet of `chat` do something, such as open, as soon as its code is there. */
export async function withSheet<Name extends keyof Sheets>(
  chat: Element,
  name: Name,
  action: (sheet: Sheets[Name]) => unknown,
): Promise<void> {
  if (!(await loadSheets())) return;
  const sheet = chat.querySelector<Sheets[Name]>(name);
  if (sheet) action(sheet);
}
