import * as vscode from 'vscode';
import type { OllamaState, TunnelConnectionState } from '../protocol/status.ts';
import { PREFIX } from './ids.ts';

/** What `when` and `enablement` clauses of package.json may ask, without the prefix. */
export interface ContextValues {
  /** The agent runs. */
  readonly ready: boolean;
  readonly relayConfigured: boolean;
  readonly state: TunnelConnectionState;
  readonly ollama: OllamaState;
  /** At least one answer is being written. */
  readonly generating: boolean;
  /** At least one browser is paired. */
  readonly hasClients: boolean;
  /** Nobody from elsewhere is let in, for now. */
  readonly remotePaused: boolean;
  /** The keyboard is in the chat view. */
  readonly chatFocused: boolean;
  /** The chat that is shown holds a message. */
  readonly hasConversation: boolean;
  /** …and an answer. */
  readonly hasAnswer: boolean;
}

/** Before anything is known. */
export const initialContext: ContextValues = {
  ready: false,
  relayConfigured: false,
  state: 'disconnected',
  ollama: 'unknown',
  generating: false,
  hasClients: false,
  remotePaused: false,
  chatFocused: false,
  hasConversation: false,
  hasAnswer: false,
};

/** The one place that sets context keys; a key is told to the editor only when its value has changed. */
export class ContextKeys {
  #values = initialContext;
  readonly #told = new Map<string, unknown>();

  get values(): ContextValues {
    return this.#values;
  }

  set(changes: Partial<ContextValues>): void {
    this.#values = { ...this.#values, ...changes };
    for (const [name, value] of Object.entries(this.#values)) {
      if (this.#told.get(name) === value) continue;
      this.#told.set(name, value);
      void vscode.commands.executeCommand('setContext', `${PREFIX}.${name}`, value);
    }
  }
}
