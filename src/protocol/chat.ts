import * as v from 'valibot';
import { DecodeError, fromUtf8, utf8 } from '../base/bytes.ts';
import { answerState, answerStats, count, errorCode, id, message, model } from './chatMessage.ts';
import { fileReplies, fileRequests } from './chatFiles.ts';
import { imageReplies, imageRequests } from './chatImages.ts';
import { modelReplies, modelRequests } from './chatModels.ts';
import { promptReplies, promptRequests } from './chatPrompts.ts';
import { chatSettings } from './chatSettings.ts';
import { CHAT_VERSION, CHAT_VERSION_OLDEST } from './versions.ts';
import {
  MAX_CHAT_MESSAGE_BYTES,
  MAX_CLIENT_NAME_BYTES,
  MAX_MESSAGE_IMAGES,
  MAX_PROMPT_BYTES,
  MAX_QUERY_UNITS,
  MAX_SEARCH_HITS,
  MAX_SNAPSHOT_MESSAGES,
  MAX_TITLE_UNITS,
  MAX_VIEWER_NAMES,
} from './limits.ts';

/**
 * The chat contract: what a view and the hub say to each other, over a webview's messages, a mux stream or in one process. JSON,
 * additive: unknown fields are dropped, an unknown type is answered `refused`. Every mutating message carries a `requestId`, 128 random
 * bits made by the client; a repeat is answered with the first answer and changes nothing.
 */

const title = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(MAX_TITLE_UNITS));
const query = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(MAX_QUERY_UNITS));
const text = v.pipe(
  v.string(),
  v.check((value) => utf8(value).length <= MAX_PROMPT_BYTES, 'too long'),
);
const conversationSummary = v.object({
  id,
  title: v.string(),
  model: v.optional(v.string()),
  createdAt: v.number(),
  updatedAt: v.number(),
  running: v.boolean(),
});
export type ConversationSummary = v.InferOutput<typeof conversationSummary>;

const ollamaStatus = v.object({
  state: v.picklist(['unknown', 'ok', 'notInstalled', 'notRunning', 'wrongHost', 'blocked', 'foreign', 'noModels']),
  url: v.optional(v.string()),
  version: v.optional(v.string()),
  standIn: v.optional(v.boolean()),
});

const streamingMessage = v.object({
  id,
  conversationId: id,
  chunk: v.string(),
  isComplete: v.boolean(),
  sequence: count,
  timestamp: v.number(),
});

/**
 * What can happen in a conversation, one at a time, numbered without a gap from the snapshot on. An answer ends with its one complete
 * `chunk`, then the `answerState` that says how. Deletion and the change to another branch are no events: viewers get a snapshot.
 */
const conversationEvent = v.variant('type', [
  /** A turn was committed: the question and the answer that is about to come. */
  v.object({ type: v.literal('turn'), question: message, answer: message }),
  v.object({
    type: v.literal('answerState'),
    answerId: id,
    state: answerState,
    error: v.optional(errorCode),
    errorDetail: v.optional(v.string()),
    stats: v.optional(answerStats),
  }),
  v.object({ type: v.literal('chunk'), message: streamingMessage }),
  v.object({ type: v.literal('title'), title: v.string() }),
  /** More of what the model thinks; `offset` is the length of what came before, in UTF-16 units, `ms` how long it has thought. */
  v.object({ type: v.literal('thought'), answerId: id, offset: count, text: v.string(), ms: count }),
  v.object({ type: v.literal('settings'), settings: chatSettings }),
]);
export type ConversationEvent = v.InferOutput<typeof conversationEvent>;

/** A new conversation is never written down, and goes when its last viewer has gone. Only for a hub whose `welcome` names the feature. */
const temporary = v.optional(v.literal(true));

/** Images that have been put; all of them, or the question is refused. */
const images = v.optional(v.pipe(v.array(id), v.maxLength(MAX_MESSAGE_IMAGES)));

/** What a hub may be able to do beyond the first of its version; names that are not known mean nothing. */
export const hubFeatures = ['temporaryChats', 'images', 'files'] as const;
export type HubFeature = (typeof hubFeatures)[number];

const since = v.object({ hubEpoch: id, sequence: count });
/** Where a viewer is: events up to `sequence` of this run of the hub have been seen. */
export type Since = v.InferOutput<typeof since>;

/** What a request is made of; docs/PROTOCOL.md lists it. */
export const requestSchema = v.variant('type', [
  /** First message of a view. `wants`: replies beyond the first of its version that it understands; names that are not known mean nothing. */
  v.object({ type: v.literal('hello'), version: count, oldest: count, wants: v.optional(v.pipe(v.array(v.string()), v.maxLength(16))) }),
  /** The newest, or those before one; from the first time on the newest are sent again on each change. */
  v.object({ type: v.literal('listConversations'), before: v.optional(id) }),
  ...modelRequests,
  ...imageRequests,
  ...fileRequests,
  ...promptRequests,
  /** Follow a conversation; the answer is a snapshot or the events after `since`. One not yet known is empty, not an error. */
  v.object({ type: v.literal('open'), conversationId: id, since: v.optional(since) }),
  v.object({ type: v.literal('close'), conversationId: id }),
  /** Messages before `before`, newest last. */
  v.object({ type: v.literal('page'), conversationId: id, before: id }),
  /**
   * Events up to `sequence` have been drawn: the hub may send on. A view that has acknowledged once is never more than
   * MAX_EVENT_LOG_BYTES of events ahead of its last `ack`; one that never does is held by its carrier's credit alone.
   */
  v.object({ type: v.literal('ack'), conversationId: id, sequence: count }),
  /** Ask. Makes the conversation when its id is new. */
  v.object({ type: v.literal('send'), requestId: id, conversationId: id, text, model, images, temporary }),
  /** Stop the answer that is meant: one that was long on its way never ends a later answer. Without `answerId`, whatever runs. */
  v.object({ type: v.literal('stop'), requestId: id, conversationId: id, answerId: v.optional(id) }),
  /** Ask the question of an answer again. The new answer stands beside the old one and is shown in its place. */
  v.object({ type: v.literal('regenerate'), requestId: id, conversationId: id, answerId: id, model }),
  /** Ask another question in the place of one. Both stay, each with what followed it. */
  v.object({ type: v.literal('edit'), requestId: id, conversationId: id, questionId: id, text, model }),
  /** Go on with an answer that has ended: the last one shown, in which there is text. It runs again, and viewers get a snapshot. */
  v.object({ type: v.literal('continue'), requestId: id, conversationId: id, answerId: id }),
  /** Ask the model so from the next question on; replaces all settings. The conversation may be new. */
  v.object({ type: v.literal('configure'), requestId: id, conversationId: id, settings: chatSettings, temporary }),
  /** Show the branch that a message is on, to its newest end. */
  v.object({ type: v.literal('choose'), requestId: id, conversationId: id, messageId: id }),
  v.object({ type: v.literal('rename'), requestId: id, conversationId: id, title }),
  /** Into the bin, for 30 days. */
  v.object({ type: v.literal('deleteConversation'), requestId: id, conversationId: id }),
  /** Out of the bin. */
  v.object({ type: v.literal('restoreConversation'), requestId: id, conversationId: id }),
  /** What is in the bin. */
  v.object({ type: v.literal('listDeleted') }),
  /** Messages that hold all words of `query`, best first; the last word may be the beginning of one. */
  v.object({ type: v.literal('search'), query }),
]);
/** From a view to the hub. */
export type ChatRequest = v.InferOutput<typeof requestSchema>;

const searchHit = v.object({
  conversationId: id,
  title: v.string(),
  messageId: id,
  role: v.picklist(['user', 'assistant']),
  createdAt: v.number(),
  /** Part of the message around the first find, as plain text, and where the words found stand in it: UTF-16 units, begin and end. */
  excerpt: v.string(),
  marks: v.array(v.tuple([count, count])),
});
/** A message that a search has found. */
export type SearchHit = v.InferOutput<typeof searchHit>;

/** Reads one find from outside, such as a store's row. @throws DecodeError */
export function parseSearchHit(value: unknown): SearchHit {
  const result = v.safeParse(searchHit, value);
  if (!result.success) throw new DecodeError(`search hit: ${result.issues[0].message}`);
  return result.output;
}

const viewReplies = [
  v.object({
    type: v.literal('welcome'),
    version: count,
    hubEpoch: id,
    deviceName: v.string(),
    scope: v.picklist(['local', 'chat', 'models', 'api']),
    /** The view is another person's: its chats are theirs, on somebody else's machine. */
    guest: v.optional(v.literal(true)),
    /** Tokens of context that the view may ask for; absent: {@link MAX_REMOTE_CONTEXT_LENGTH} from afar. */
    maxContextLength: v.optional(count),
    features: v.optional(v.array(v.string())),
  }),
  /** As many as fit one message. */
  v.object({
    type: v.literal('conversations'),
    items: v.array(conversationSummary),
    before: v.optional(id),
    more: v.optional(v.boolean()),
  }),
  v.object({ type: v.literal('deleted'), items: v.array(conversationSummary) }),
  v.object({ type: v.literal('found'), query: v.string(), items: v.pipe(v.array(searchHit), v.maxLength(MAX_SEARCH_HITS)) }),
  ...modelReplies,
  ...imageReplies,
  ...fileReplies,
  ...promptReplies,
  /** How Ollama is; sent at once after `welcome` and on each change. */
  v.object({ type: v.literal('ollama'), status: ollamaStatus }),
  /** The newest messages; `sequence` is the last event they hold. */
  v.object({
    type: v.literal('snapshot'),
    conversationId: id,
    hubEpoch: id,
    sequence: count,
    title: v.string(),
    messages: v.pipe(v.array(message), v.maxLength(MAX_SNAPSHOT_MESSAGES)),
    /** There are earlier ones: ask for a `page`. */
    more: v.boolean(),
    settings: v.optional(chatSettings),
    temporary,
  }),
  v.object({ type: v.literal('page'), conversationId: id, messages: v.array(message), more: v.boolean() }),
  v.object({ type: v.literal('event'), conversationId: id, sequence: count, event: conversationEvent }),
  /** By what names others of the same owner look at this conversation too; only to a view whose `hello` wants `viewers`, on each change. */
  v.object({
    type: v.literal('viewers'),
    conversationId: id,
    names: v.pipe(v.array(v.pipe(v.string(), v.maxLength(MAX_CLIENT_NAME_BYTES))), v.maxLength(MAX_VIEWER_NAMES)),
  }),
  v.object({ type: v.literal('accepted'), requestId: id, answerId: v.optional(id) }),
  v.object({ type: v.literal('refused'), requestId: v.optional(id), error: errorCode, detail: v.optional(v.string()) }),
] as const;
const replySchema = v.variant('type', viewReplies);
/** From the hub to a view. */
export type ChatReply = v.InferOutput<typeof replySchema>;

const textAhead = v.object({
  type: v.literal('text'),
  conversationId: id,
  messageId: id,
  offset: count,
  text: v.string(),
  /** Of what the model thought, not of what it said. */
  isThinking: v.optional(v.boolean()),
});
/**
 * A piece of a message that is too long for one reply. The pieces come in order, from offset 0, ahead of the snapshot, page or `turn` event
 * that holds the message, whose `text` is then only what is left, from `textOffset` on; so is `thinking`, from `thinkingOffset` on. So a snapshot is whole or not there, and `since`
 * never points at half a message. Ports join the pieces (`TextJoiner`); a view sees whole messages.
 */
export type TextAhead = v.InferOutput<typeof textAhead>;

/** What a reply on the wire is made of; docs/PROTOCOL.md lists it. */
export const hubReplySchema = v.variant('type', [...viewReplies, textAhead]);
/** From the hub to a port, on the wire. */
export type HubReply = ChatReply | TextAhead;

/** Those that carry images. A part that is put again changes nothing. */
export type ImageRequest = Extract<ChatRequest, { type: 'putImage' | 'getImage' }>;

/** Those that carry chats as files. A part that is put again changes nothing. */
export type FileRequest = Extract<ChatRequest, { type: 'putChatFile' | 'getChatFile' }>;

/** Requests that change something; they are sent again under the same id until answered. */
export type MutatingRequest = Extract<ChatRequest, { requestId: string }>;
/** Those that change a conversation. */
export type ConversationRequest = Extract<MutatingRequest, { conversationId: string }>;
/** Those that change a saved prompt. */
export type PromptRequest = Extract<MutatingRequest, { promptId: string }>;
/** Those that change which models there are or are in memory. Each may be carried out twice without harm. */
export type ModelRequest = Exclude<MutatingRequest, ConversationRequest | PromptRequest>;

export function isMutating(request: ChatRequest): request is MutatingRequest {
  return 'requestId' in request;
}

export const helloRequest: ChatRequest = { type: 'hello', version: CHAT_VERSION, oldest: CHAT_VERSION_OLDEST, wants: ['viewers'] };

/** Reads a request from outside. @throws DecodeError */
export function parseChatRequest(value: unknown): ChatRequest {
  const result = v.safeParse(requestSchema, value);
  if (!result.success) throw new DecodeError(`chat request: ${result.issues[0].message}`);
  return result.output;
}

/** Reads a reply from outside. @throws DecodeError */
export function parseChatReply(value: unknown): ChatReply {
  const result = v.safeParse(replySchema, value);
  if (!result.success) throw new DecodeError(`chat reply: ${result.issues[0].message}`);
  return result.output;
}

/** Reads what a hub sent. @throws DecodeError */
export function parseHubReply(value: unknown): HubReply {
  const result = v.safeParse(hubReplySchema, value);
  if (!result.success) throw new DecodeError(`chat reply: ${result.issues[0].message}`);
  return result.output;
}

/** JSON as UTF-8 bytes. @throws RangeError above the bound of a chat message. */
export function encodeChat(value: ChatRequest | HubReply): Uint8Array {
  const bytes = utf8(JSON.stringify(value));
  if (bytes.length > MAX_CHAT_MESSAGE_BYTES) throw new RangeError(`chat message of ${String(bytes.length)} bytes`);
  return bytes;
}

/** JSON from UTF-8 bytes, not yet checked against a schema. @throws DecodeError */
export function decodeJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes)) as unknown;
  } catch (error) {
    throw error instanceof DecodeError ? error : new DecodeError('not JSON');
  }
}
