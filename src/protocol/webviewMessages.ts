import * as v from 'valibot';
import { DecodeError } from '../base/bytes.ts';
import { parseChatReply, parseChatRequest, type ChatReply, type ChatRequest } from './chat.ts';
import type { ChatCapabilities, ChatPortStatus } from './chatPort.ts';
import { model } from './chatMessage.ts';
import { isErrorCode, type ErrorCode } from './errors.ts';
import { MAX_ATTACHMENTS, MAX_CODE_UNITS, MAX_PROMPT_BYTES, MAX_TITLE_UNITS } from './limits.ts';
import { tunnelConnectionStates } from './status.ts';

/**
 * What a webview and its host say to each other through `postMessage`. The webview speaks first: `ready`. The host answers `init`, and
 * only then anything else; a view that was hidden is a new page, says `ready` again and gets `init` again. Messages that do not decode
 * are dropped by both sides.
 */
export type HostToWebview =
  /** Answer to `ready`. `conversationId` is opened when the view remembers none of its own. */
  | {
      readonly type: 'init';
      readonly capabilities: ChatCapabilities;
      readonly status: ChatPortStatus;
      readonly preferences: ViewPreferences;
      readonly conversationId?: string;
    }
  /** The person has changed them. */
  | { readonly type: 'preferences'; readonly preferences: ViewPreferences }
  | { readonly type: 'reply'; readonly reply: ChatReply }
  | { readonly type: 'status'; readonly status: ChatPortStatus }
  /** A command of the editor that the view carries out. */
  | { readonly type: 'command'; readonly command: WebviewCommand }
  | { readonly type: 'openConversation'; readonly conversationId: string }
  /** The next question goes to this model. */
  | { readonly type: 'useModel'; readonly model: string }
  /** Files and lines that the person added to the question that is being written. */
  | { readonly type: 'attach'; readonly items: readonly Attachment[] };

export type WebviewToHost =
  | { readonly type: 'ready' }
  | { readonly type: 'request'; readonly request: ChatRequest }
  /** What the view shows, for context keys and titles; sent on each change. */
  | { readonly type: 'view'; readonly view: WebviewView }
  /** A press on a code block. Nothing is run and nothing is written before the person has seen it. */
  | { readonly type: 'code'; readonly code: CodeRequest }
  /** A press on what mends Ollama. */
  | { readonly type: 'mend'; readonly action: MendAction }
  /** A press on what makes files of chats, or chats of a file: the host has the dialogs. */
  | { readonly type: 'files'; readonly files: FilesRequest };

/** Keys that send a message; Enter alone begins a new line where it does not send. */
export const sendKeys = ['enter', 'ctrlEnter'] as const;
/** How to show what a model has thought. */
export const thinkingViews = ['collapsed', 'expanded', 'hidden'] as const;
/** Whether a picture of another server may be opened by a press; it is never loaded by itself. */
export const remoteImageChoices = ['ask', 'never'] as const;
const preferencesSchema = v.object({
  sendWith: v.picklist(sendKeys),
  /** The figures below an answer. */
  answerDetails: v.boolean(),
  thinking: v.picklist(thinkingViews),
  remoteImages: v.picklist(remoteImageChoices),
});
/** How the person wants a view to look and to be typed in. */
export type ViewPreferences = v.InferOutput<typeof preferencesSchema>;

/** Commands that a view carries out: the same as its own buttons. */
export const webviewCommands = [
  ...(['focusInput', 'focusLastMessage', 'newChat', 'newTemporaryChat', 'showChats', 'searchChats', 'renameChat', 'deleteChat'] as const),
  ...(['stop', 'regenerate', 'copyLastAnswer', 'openLastAnswer'] as const),
  // of what the context menu was opened on
  ...(['copyMessage', 'copyCode', 'insertCode', 'editMessage', 'regenerateMessage'] as const),
] as const;
export type WebviewCommand = (typeof webviewCommands)[number];

const line = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const attachmentSchema = v.pipe(
  v.object({
    path: v.pipe(v.string(), v.minLength(1), v.maxLength(1024)),
    /** The editor's name of the language. */
    language: v.pipe(v.string(), v.maxLength(64)),
    /** From 1; of a whole file there are none. */
    lines: v.optional(v.object({ first: line, last: line })),
    text: v.pipe(v.string(), v.maxLength(MAX_PROMPT_BYTES)),
  }),
  v.transform(({ lines, ...rest }): Attachment => (lines ? { ...rest, lines } : rest)),
);
/** A file or lines of one that go with a question. */
export interface Attachment {
  readonly path: string;
  readonly language: string;
  readonly lines?: { readonly first: number; readonly last: number };
  readonly text: string;
}

/**
 * What can be done in the editor with a block of code, or with a message. `terminal` writes it to the terminal and leaves Enter to the
 * person; `copy` is for a page that may not, because the keyboard is elsewhere.
 */
export const codeActions = ['insert', 'apply', 'newFile', 'terminal', 'copy'] as const;
export type CodeAction = (typeof codeActions)[number];
const codeSchema = v.object({
  action: v.picklist(codeActions),
  /** As the answer named it; may be empty. */
  language: v.pipe(v.string(), v.maxLength(64)),
  text: v.pipe(v.string(), v.maxLength(MAX_CODE_UNITS)),
});
export type CodeRequest = v.InferOutput<typeof codeSchema>;

/** What the editor can do about an Ollama that is not there. */
export const mendActions = ['installOllama', 'startOllama', 'openOllamaSettings'] as const;
export type MendAction = (typeof mendActions)[number];

/** A press on what exports or imports chats. */
export interface FilesRequest {
  readonly command: 'exportChat' | 'importChats';
  /** Of an export. */
  readonly chat?: { readonly conversationId: string; readonly title: string };
}

/** Reads attachments from outside, such as a view's storage. @throws DecodeError */
export function parseAttachments(value: unknown): readonly Attachment[] {
  const result = v.safeParse(attachments, value);
  if (!result.success) throw new DecodeError(`attachments: ${result.issues[0].message}`);
  return result.output;
}
const attachments = v.pipe(v.array(attachmentSchema), v.maxLength(MAX_ATTACHMENTS));

const id = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/));

const filesSchema = v.pipe(
  v.object({
    command: v.picklist(['exportChat', 'importChats']),
    chat: v.optional(v.object({ conversationId: id, title: v.pipe(v.string(), v.maxLength(MAX_TITLE_UNITS)) })),
  }),
  v.transform(({ command, chat }): FilesRequest => (chat ? { command, chat } : { command })),
);

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
  /** The next question goes to it; absent while there is none to ask. */
  model: v.exactOptional(model),
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
    preferences: preferencesSchema,
    conversationId: v.optional(id),
  }),
  v.object({ type: v.literal('preferences'), preferences: preferencesSchema }),
  v.object({ type: v.literal('reply'), reply: v.unknown() }),
  v.object({ type: v.literal('status'), status: statusSchema }),
  v.object({ type: v.literal('command'), command: v.picklist(webviewCommands) }),
  v.object({ type: v.literal('openConversation'), conversationId: id }),
  v.object({ type: v.literal('useModel'), model }),
  v.object({ type: v.literal('attach'), items: attachments }),
]);

const webviewSchema = v.variant('type', [
  v.object({ type: v.literal('ready') }),
  v.object({ type: v.literal('request'), request: v.unknown() }),
  v.object({ type: v.literal('view'), view: viewSchema }),
  v.object({ type: v.literal('code'), code: codeSchema }),
  v.object({ type: v.literal('mend'), action: v.picklist(mendActions) }),
  v.object({ type: v.literal('files'), files: filesSchema }),
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
