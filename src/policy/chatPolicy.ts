import type { ChatRequest } from '../protocol/chat.ts';
import type { ChatSettings } from '../protocol/chatSettings.ts';
import { MAX_REMOTE_CONTEXT_LENGTH, MAX_REMOTE_KEEP_ALIVE_S } from '../protocol/limits.ts';
import type { Scope } from '../protocol/pairingFrames.ts';

/** Who asks: a view on this machine, or a paired client with its scope. */
export type ChatScope = 'local' | Scope;

/** Who asks, and what the machine's owner has set for those from elsewhere. */
export interface Asker {
  readonly scope: ChatScope;
  /** Does the owner let them use models that run elsewhere? Default: no. */
  readonly cloudModels?: boolean | undefined;
  /** Tokens of context that they may ask for. Default {@link MAX_REMOTE_CONTEXT_LENGTH}. */
  readonly maxContextLength?: number | undefined;
}

const always = ['hello'] as const;
const look = [...always, 'listModels'] as const;
const chat = [
  ...look,
  ...(['listLoaded', 'listConversations', 'listDeleted', 'search', 'open', 'close', 'page', 'ack'] as const),
  ...(['putImage', 'getImage', 'putChatFile', 'getChatFile'] as const),
  ...([
    'send',
    'stop',
    'regenerate',
    'edit',
    'continue',
    'configure',
    'choose',
    'rename',
    'deleteConversation',
    'restoreConversation',
    'listPrompts',
    'savePrompt',
    'deletePrompt',
  ] as const),
] as const;

/** What changes which models there are is for those who were given it (CVE-2025-63389: Ollama itself asks nobody who they are). */
const manage = [...chat, 'pullModel', 'cancelPull', 'unloadModel'] as const;
const local = [...manage, 'deleteModel'] as const;

/** An API key reads models and asks over `http` streams; conversations are not its business. */
const allowed: Readonly<Record<ChatScope, readonly ChatRequest['type'][]>> = { local, chat, models: manage, api: look };

/** May a client of this scope send such a request? */
export function mayRequest(scope: ChatScope, type: ChatRequest['type']): boolean {
  return allowed[scope].includes(type);
}

/** Does this name lead to Ollama's own servers? Ollama signs such requests with the user's key and forwards the text. */
export function isCloudModelName(name: string): boolean {
  return /[:-]cloud$/i.test(name.trim());
}

/** May they see and ask this model? Cloud-backed ones are for the person at the machine alone, unless they say otherwise: text would leave it. */
export function mayUseModel(
  { scope, cloudModels = false }: Asker,
  model: { readonly name: string; readonly cloud?: boolean | undefined },
): boolean {
  return scope === 'local' || cloudModels || !(model.cloud === true || isCloudModelName(model.name));
}

/**
 * May they have this model downloaded? From afar only from Ollama's own library: a name with a host makes the device call on
 * whatever host it names, in its own network too.
 */
export function mayPullModel(asker: Asker, name: string): boolean {
  const { scope } = asker;
  const [first = '', ...rest] = name.split('/');
  const namesHost =
    rest.length > 1 || (rest.length === 1 && /[.:]|^localhost$/i.test(first)) || name.includes('://') || name.includes('\\');
  return scope === 'local' || (mayRequest(scope, 'pullModel') && mayUseModel(asker, { name }) && !namesHost);
}

/** What of these settings they get: from afar nothing that holds the machine's memory at will. */
export function allowedSettings({ scope, maxContextLength = MAX_REMOTE_CONTEXT_LENGTH }: Asker, settings: ChatSettings): ChatSettings {
  if (scope === 'local') return settings;
  const { contextLength, keepAliveSeconds, ...rest } = settings;
  const forEver = keepAliveSeconds === -1;
  return {
    ...rest,
    ...(contextLength === undefined ? {} : { contextLength: Math.min(contextLength, maxContextLength) }),
    ...(keepAliveSeconds === undefined
      ? {}
      : { keepAliveSeconds: forEver ? MAX_REMOTE_KEEP_ALIVE_S : Math.min(keepAliveSeconds, MAX_REMOTE_KEEP_ALIVE_S) }),
  };
}
