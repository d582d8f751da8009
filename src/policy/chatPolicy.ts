import type { ChatRequest } from '../protocol/chat.ts';
import type { Scope } from '../protocol/pairingFrames.ts';

/** Who asks: a view on this machine, or a paired client with its scope. */
export type ChatScope = 'local' | Scope;

const always = ['hello'] as const;
const look = [...always, 'listModels'] as const;
const chat = [
  ...look,
  ...(['listConversations', 'listDeleted', 'search', 'open', 'close', 'page', 'ack'] as const),
  ...(['send', 'stop', 'regenerate', 'edit', 'choose', 'rename', 'deleteConversation', 'restoreConversation'] as const),
] as const;

/** An API key reads models and asks over `http` streams; conversations are not its business. */
const allowed: Readonly<Record<ChatScope, readonly ChatRequest['type'][]>> = { local: chat, chat, models: chat, api: look };

/** May a client of this scope send such a request? */
export function mayRequest(scope: ChatScope, type: ChatRequest['type']): boolean {
  return allowed[scope].includes(type);
}

/** Does this name lead to Ollama's own servers? Ollama signs such requests with the user's key and forwards the text. */
export function isCloudModelName(name: string): boolean {
  return /[:-]cloud$/i.test(name.trim());
}

/** May a client of this scope see and ask this model? Cloud-backed ones are for the person at the machine alone: text would leave it. */
export function mayUseModel(scope: ChatScope, model: { readonly name: string; readonly cloud?: boolean | undefined }): boolean {
  return scope === 'local' || !(model.cloud === true || isCloudModelName(model.name));
}
