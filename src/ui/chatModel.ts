import type { ChatReply, ConversationSummary, SearchHit } from '../protocol/chat.ts';
import type { LoadedModel, ModelInfo, ModelPull } from '../protocol/chatModels.ts';
import type { ChatMessage } from '../protocol/chatMessage.ts';
import type { ChatPortStatus } from '../protocol/chatPort.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import type { OllamaState } from '../protocol/status.ts';
import { openingConversation, runningAnswer, type Conversation } from './conversationModel.ts';

/** A question on its way. It is shown until its turn is in the conversation, or until a refusal has been read. */
export interface PendingSend {
  readonly requestId: string;
  readonly conversationId: string;
  readonly text: string;
  /** Of one that waits for the list of models: not known yet. */
  readonly model?: string;
  /** `waiting`: sent as soon as the list of models has come. */
  readonly state: 'waiting' | 'sending' | 'accepted' | 'refused';
  /** Of an accepted one: the answer that shows that its turn has come. */
  readonly answerId?: string;
  /** A turn with the same text came before the acceptance: not drawn twice meanwhile. */
  readonly seen: boolean;
  /** Of a refused one. */
  readonly error?: ErrorCode;
  readonly detail?: string;
  /** Of a refused one: its text stands in the composer again. */
  readonly givenBack?: boolean;
}

/** Who answers at the far end. */
export interface HubInfo {
  readonly hubEpoch: string;
  readonly deviceName: string;
  readonly scope: 'local' | 'chat' | 'models' | 'api';
}

export interface OllamaView {
  readonly state: OllamaState;
  readonly url?: string | undefined;
  readonly version?: string | undefined;
  readonly standIn?: boolean | undefined;
}

/** Everything a chat view draws, as plain data. Only `reduceChat` makes new ones. */
export interface ChatModel {
  readonly connection: ChatPortStatus;
  /** The browser itself has a network. */
  readonly online: boolean;
  readonly hub?: HubInfo;
  readonly ollama: OllamaView;
  /** Undefined until known. */
  readonly models?: readonly ModelInfo[];
  /** Models in memory; undefined until asked for. */
  readonly loaded?: readonly LoadedModel[];
  /** Downloads of models; undefined where this view may not manage models, or while there has been none. */
  readonly pulls?: readonly ModelPull[];
  readonly suggestedModel?: string | undefined;
  /** What the person chose in this view; it holds until changed. */
  readonly chosenModel?: string;
  /** Undefined until known; newest first. */
  readonly conversations?: readonly ConversationSummary[];
  /** The device has older chats than those listed. */
  readonly moreConversations?: boolean;
  /** What is in the bin; undefined until asked for. */
  readonly deleted?: readonly ConversationSummary[];
  /** What is searched for, and what was found for it so far. */
  readonly search?: { readonly query: string; readonly items: readonly SearchHit[] };
  readonly conversation: Conversation;
  /** Conversations shown before, newest first, so that going back is at once; at most {@link MAX_KEPT_CONVERSATIONS}. */
  readonly kept: readonly Conversation[];
  /** Unsent text by conversation, at most {@link MAX_DRAFTS}. */
  readonly drafts: Readonly<Record<string, string>>;
  readonly pending: readonly PendingSend[];
  /** A stop is on its way. */
  readonly stopping?: { readonly requestId: string; readonly answerId: string };
  /** Since when the running answer is in its state, wall clock in ms. */
  readonly phase?: { readonly answerId: string; readonly state: ChatMessage['state']; readonly since: number };
  /** The last refusal that belongs to no request, such as another version. */
  readonly refusal?: { readonly error: ErrorCode; readonly detail?: string };
}

export const MAX_KEPT_CONVERSATIONS = 8;
export const MAX_DRAFTS = 32;

export function emptyModel(conversationId: string, connection: ChatPortStatus): ChatModel {
  return {
    connection,
    online: true,
    ollama: { state: 'unknown' },
    conversation: openingConversation(conversationId),
    kept: [],
    drafts: {},
    pending: [],
  };
}

export function draftOf(model: ChatModel): string {
  return model.drafts[model.conversation.id] ?? '';
}

/** The model that the next question goes to: the chosen one, else that of this conversation, else the suggested, else the first there is. */
export function modelOf(model: ChatModel): string | undefined {
  const there = (name: string | undefined): boolean => name !== undefined && (model.models?.some((info) => info.name === name) ?? false);
  const lastUsed = model.conversation.messages.findLast((message) => message.model !== undefined)?.model;
  return [model.chosenModel, lastUsed, model.suggestedModel].find(there) ?? model.models?.[0]?.name;
}

/** Questions of this conversation that are not part of it yet, refused ones included. */
export function visiblePending(model: ChatModel): readonly PendingSend[] {
  return model.pending.filter((send) => send.conversationId === model.conversation.id && !send.seen);
}

export function isGenerating(model: ChatModel): boolean {
  return runningAnswer(model.conversation) !== undefined;
}

/** May the person send now? Text, a model or the hope of one, and nothing under way in this conversation. */
export function canSend(model: ChatModel): boolean {
  const busy =
    isGenerating(model) || model.pending.some((send) => send.conversationId === model.conversation.id && send.state !== 'refused');
  return !busy && draftOf(model).trim() !== '' && (model.models === undefined || modelOf(model) !== undefined);
}

/** The hub's replies that carry a conversation. */
export type ConversationReply = Extract<ChatReply, { conversationId: string }>;
