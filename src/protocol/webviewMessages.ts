import * as v from 'valibot';
import { DecodeError } from '../base/bytes.ts';
import { parseChatReply, parseChatRequest, type ChatReply, type ChatRequest } from './chat.ts';
import type { ChatCapabilities, ChatPortStatus } from './chatPort.ts';
import { isErrorCode, type ErrorCode } from './errors.ts';
import { tunnelConnectionStates } from './status.ts';

/**
 * What a webview and its host say to each other through `postMessage`. The webview speaks first: `ready`. The host answers `init`, and
 * only then anything else; a view that was hidden is a new page, says `ready` again and gets `init` again. Messages that do not decode
 * are dropped by both sides.
 */
export type HostToWebview =
  /** Answer to `ready`. `conversationId` is opened when the view remembers none of its own. */
  | { readonly type: 'init'; readonly capabilities: ChatCapabilities; readonly status: ChatPortStatus; readonly conversationId?: string }
  | { readonly type: 'reply'; readonly reply: ChatReply }
  | { readonly type: 'status'; readonly status: ChatPortStatus }
  /** A command of the editor that the view carries out. */
  | { readonly type: 'command'; readonly command: WebviewCommand }
  | { readonly type: 'openConversation'; readonly conversationId: string };

export type WebviewToHost =
  | { readonly type: 'ready' }
  | { readonly type: 'request'; readonly request: ChatRequest }
  /** What the view shows, for context keys and titles; sent on each change. */
  | { readonly type: 'view'; readonly view: WebviewView };

/** Commands that a view carries out: the same as its own buttons. */
export const webviewCommands = ['focusInput', 'focusLastMessage', 'newChat', 'showChats', 'stop', 'copyLastAnswer'] as const;
export type WebviewCommand = (typeof webviewCommands)[number];

const id = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/));

const viewSchema = v.object({
  /** The conversation shown; it may be new and hold nothing yet. */
  conversationId: id,
  title: v.string(),
  /** The conversation shown holds a message. */
  hasConversation: v.boolean(),
  hasAnswer: v.boolean(),
  generating: v.boolean(),
  chatFocused: v.boolean(),
  inputFocused: v.boolean(),
});
/** What a view shows. */
export type WebviewView = v.InferOutput<typeof viewSchema>;

const errorCode = v.pipe(
  v.string(),
  v.transform((value): ErrorCode => (isErrorCode(value) ? value : 'internal')),
);
const statusSchema = v.pipe(
  v.object({
    state: v.picklist(tunnelConnectionStates),
    error: v.optional(errorCode),
    rttMs: v.optional(v.number()),
    quality: v.optional(v.picklist(['excellent', 'good', 'fair', 'poor'])),
  }),
  v.transform(({ state, error, rttMs, quality }): ChatPortStatus => ({
    state,
    ...(error === undefined ? {} : { error }),
    ...(rttMs === undefined ? {} : { rttMs }),
    ...(quality === undefined ? {} : { quality }),
  })),
);

const hostSchema = v.variant('type', [
  v.object({
    type: v.literal('init'),
    capabilities: v.object({ editorActions: v.boolean(), showsConnection: v.boolean() }),
    status: statusSchema,
    conversationId: v.optional(id),
  }),
  v.object({ type: v.literal('reply'), reply: v.unknown() }),
  v.object({ type: v.literal('status'), status: statusSchema }),
  v.object({ type: v.literal('command'), command: v.picklist(webviewCommands) }),
  v.object({ type: v.literal('openConversation'), conversationId: id }),
]);

const webviewSchema = v.variant('type', [
  v.object({ type: v.literal('ready') }),
  v.object({ type: v.literal('request'), request: v.unknown() }),
  v.object({ type: v.literal('view'), view: viewSchema }),
]);

/** Reads in the webview what the host posted. @throws DecodeError */
export function parseHostMessage(value: unknown): HostToWebview {
  const result = v.safeParse(hostSchema, value);
  if (!result.success) throw new DecodeError(`host message: ${result.issues[0].message}`);
  const message = result.output;
  if (message.type === 'reply') return { type: 'reply', reply: parseChatReply(message.reply) };
  if (message.type !== 'init') return message;
  const { conversationId, ...init } = message;
  return conversationId === undefined ? init : { ...init, conversationId };
}

/** Reads in the host what the webview posted. @throws DecodeError */
export function parseWebviewMessage(value: unknown): WebviewToHost {
  const result = v.safeParse(webviewSchema, value);
  if (!result.success) throw new DecodeError(`webview message: ${result.issues[0].message}`);
  const message = result.output;
  return message.type === 'request' ? { type: 'request', request: parseChatRequest(message.request) } : message;
}
