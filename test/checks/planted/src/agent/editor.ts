import type { Uri } from 'vscode';

export type Address = Uri;
