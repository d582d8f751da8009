import * as vscode from 'vscode';
import type { Say } from '../base/say.ts';

/** In the language of the editor, for texts that other rooms choose. */
export const inOwnLanguage: Say = (english, ...values) => vscode.l10n.t(english, ...values);
