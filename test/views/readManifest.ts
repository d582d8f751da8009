import { readdirSync, readFileSync } from 'node:fs';

/** A command in a menu or on keys. */
export interface MenuEntry {
  readonly command: string;
  readonly when?: string;
  readonly group?: string;
}

export interface Keybinding extends MenuEntry {
  readonly key: string;
  readonly mac?: string;
}

export interface SettingSchema {
  readonly scope: string;
  readonly type: string | readonly string[];
  readonly default: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly ignoreSync?: boolean;
}

export interface WalkthroughStep {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly media: { readonly svg: string; readonly altText: string };
  readonly completionEvents: readonly string[];
}

/** What tests read of package.json. */
export interface Manifest {
  readonly main: string;
  readonly icon: string;
  readonly l10n: string;
  readonly activationEvents: readonly string[];
  readonly contributes: {
    readonly commands: readonly {
      readonly command: string;
      readonly title: string;
      readonly icon?: string;
      readonly enablement?: string;
    }[];
    readonly menus: Readonly<Record<string, readonly MenuEntry[]>>;
    readonly keybindings: readonly Keybinding[];
    readonly views: Readonly<Record<string, readonly { readonly id: string; readonly type: string; readonly icon: string }[]>>;
    readonly configuration: { readonly properties: Readonly<Record<string, SettingSchema>> };
    readonly walkthroughs: readonly { readonly id: string; readonly title: string; readonly steps: readonly WalkthroughStep[] }[];
  };
}

const root = new URL('../../', import.meta.url);

/** A file of the repository, by its path from the root. */
export function readText(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}

/** A file of names and texts. */
export function readTexts(path: string): Readonly<Record<string, string>> {
  return JSON.parse(readText(path)) as Record<string, string>;
}

export const manifestText = readText('package.json');
export const manifest = JSON.parse(manifestText) as Manifest;
/** The manifest's texts in English. */
export const manifestTexts = readTexts('package.nls.json');

/** A `%key%` of the manifest as English text. */
export function english(placeholder: string): string {
  return manifestTexts[placeholder.slice(1, -1)] ?? placeholder;
}

/** The TypeScript sources below a folder. */
export function sourceTexts(folder: string): string[] {
  return readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readText(`${folder}${name}`));
}
