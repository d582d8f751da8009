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
  /** Ollama answers, and has one to ask. */
  readonly hasModels: boolean;
  /** At least one answer is being written. */
  readonly generating: boolean;
  /** At least one browser is paired. */
  readonly hasClients: boolean;
  /** …and one is here now. */
  readonly remoteActive: boolean;
  /** Nobody from elsewhere is let in, for now. */
  readonly remotePaused: boolean;
  /** This window's agent holds the connection; no other window does. */
  readonly isLeader: boolean;
  /** The background agent is installed for this user. */
  readonly agentInstalled: boolean;
  /** This window runs a relay in a terminal. */
  readonly trialRelayRunning: boolean;
  /** The keyboard is in the chat. */
  readonly chatFocused: boolean;
  /** …and in what is being written there. */
  readonly inputFocused: boolean;
  /** The chat that is shown holds a message. */
  readonly hasConversation: boolean;
  /** …and an answer. */
  readonly hasAnswer: boolean;
  /** The walkthrough has been opened by its command. */
  readonly walkthroughOpen: boolean;
}

/** Before anything is known. */
export const initialContext: ContextValues = {
  ready: false,
  relayConfigured: false,
  state: 'disconnected',
  ollama: 'unknown',
  hasModels: false,
  generating: false,
  hasClients: false,
  remoteActive: false,
  remotePaused: false,
  isLeader: false,
  agentInstalled: false,
  trialRelayRunning: false,
  chatFocused: false,
  inputFocused: false,
  hasConversation: false,
  hasAnswer: false,
  walkthroughOpen: false,
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
