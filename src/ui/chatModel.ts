import type { ChatReply, ConversationSummary, SearchHit } from '../protocol/chat.ts';
import type { SavedPrompt } from '../protocol/chatPrompts.ts';
import type { LoadedModel, ModelInfo, ModelPull } from '../protocol/chatModels.ts';
import type { ImageInfo } from '../protocol/chatImages.ts';
import type { ChatMessage } from '../protocol/chatMessage.ts';
import type { ChatPortStatus } from '../protocol/chatPort.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import { MAX_REMOTE_CONTEXT_LENGTH } from '../protocol/limits.ts';
import type { OllamaState } from '../protocol/status.ts';
import type { Attachment } from './attachments.ts';
import type { PullPace } from './pullPace.ts';
import { openingConversation, runningAnswer, type Conversation } from './conversationModel.ts';
import { say } from './speech.ts';

/** A question on its way. It is shown until its turn is in the conversation, or until a refusal has been read. */
export interface PendingSend {
  readonly requestId: string;
  readonly conversationId: string;
  readonly text: string;
  readonly images?: readonly ImageInfo[];
  /** Of one that waits: what was chosen when it was written, if it was known which models there are. */
  readonly model?: string;
  /** `queued`: sent when the computer is there and the answer under way has ended well. `waiting`: sent as soon as the list of models has come. */
  readonly state: 'queued' | 'waiting' | 'sending' | 'accepted' | 'refused';
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

/** An image that is to go with the next question. */
export interface ComposerImage {
  readonly info: ImageInfo;
  readonly state: 'sending' | 'ready' | 'refused';
}

/** Who answers at the far end. */
export interface HubInfo {
  readonly hubEpoch: string;
  readonly deviceName: string;
  readonly scope: 'local' | 'chat' | 'models' | 'api';
  /** Whoever looks is not its owner: their chats are their own, on another person's computer. */
  readonly guest?: boolean | undefined;
  /** Tokens of context that may be asked of it from afar, where that is not the usual bound. */
  readonly maxContextLength?: number | undefined;
  /** What it can do beyond the first of its version. */
  readonly features?: readonly string[] | undefined;
}

export interface OllamaView {
  readonly state: OllamaState;
  readonly url?: string | undefined;
  readonly version?: string | undefined;
  readonly standIn?: boolean | undefined;
}

/** Something asked of the device about one model. With `error` it was refused, and stays until it is asked again. */
export interface ModelWork {
  readonly requestId: string;
  readonly kind: 'pull' | 'cancel' | 'unload' | 'delete';
  readonly model: string;
  readonly error?: ErrorCode;
  readonly detail?: string;
}

/** What a screen reader is told of models; another object is other news. */
export interface ModelNews {
  readonly text: string;
  /** When the progress of each download was told last, wall clock in ms. */
  readonly toldAt: Readonly<Record<string, number>>;
}

/** Everything a chat view draws, as plain data. Only `reduceChat` makes new ones. */
export interface ChatModel {
  readonly connection: ChatPortStatus;
  /** The browser itself has a network. */
  readonly online: boolean;
  /** What the host calls the computer; `hub` says it itself once it has been reached. */
  readonly deviceName?: string | undefined;
  readonly hub?: HubInfo;
  readonly ollama: OllamaView;
  /** Undefined until known. */
  readonly models?: readonly ModelInfo[];
  /** Models in memory; undefined until asked for. */
  readonly loaded?: readonly LoadedModel[];
  /** Downloads of models; undefined where this view may not manage models, or while there has been none. */
  readonly pulls?: readonly ModelPull[];
  /** How fast the downloads under way are, by model. */
  readonly paces?: Readonly<Record<string, PullPace>>;
  /** What was asked about models and is not done; one for each model. */
  readonly modelWork?: readonly ModelWork[];
  readonly modelNews?: ModelNews;
  readonly suggestedModel?: string | undefined;
  /** What the person chose in this view; it holds until changed. */
  readonly chosenModel?: string;
  /** Undefined until known; newest first. */
  readonly conversations?: readonly ConversationSummary[];
  /** The device has older chats than those listed. */
  readonly moreConversations?: boolean;
  /** What is in the bin; undefined until asked for. */
  readonly deleted?: readonly ConversationSummary[];
  /** The bin is looked at: its list is kept up to date. */
  readonly isBinOpen: boolean;
  /** The chat that was deleted last, for *Undo*. */
  readonly undo?: { readonly conversationId: string; readonly title: string };
  /** Texts that are kept for `/name`; undefined until asked for. */
  readonly prompts?: readonly SavedPrompt[] | undefined;
  /** The prompt that was deleted last, for *Undo*. */
  readonly promptUndo?: SavedPrompt;
  /** What is searched for, and what was found for it; undefined until known. */
  readonly search?: { readonly query: string; readonly items?: readonly SearchHit[] };
  /** A message that was found and is to be shown: earlier pages and other branches are asked for until it is there. */
  readonly goal?: Goal;
  readonly conversation: Conversation;
  /** By what names others look at a conversation too; of the one that was told of last. */
  readonly viewers?: { readonly conversationId: string; readonly names: readonly string[] };
  /** Conversations shown before, newest first, so that going back is at once; at most {@link MAX_KEPT_CONVERSATIONS}. */
  readonly kept: readonly Conversation[];
  /** Unsent text by conversation, and by question while it is edited; at most {@link MAX_DRAFTS}. */
  readonly drafts: Readonly<Record<string, string>>;
  /** What goes with the next question, by conversation. */
  readonly attachments: Readonly<Record<string, readonly Attachment[]>>;
  /** Images that go with the next question, by conversation. */
  readonly images: Readonly<Record<string, readonly ComposerImage[]>>;
  /** Why a file could not be taken. */
  readonly fileNote?: string;
  /** The question that is being edited in its place. */
  readonly editing?: string;
  /** A regeneration, a continuation, an edit or the choice of a branch that the hub has not answered yet. */
  readonly asked?: Asked;
  readonly pending: readonly PendingSend[];
  /** A stop is on its way. */
  readonly stopping?: { readonly requestId: string; readonly answerId: string };
  /** Since when the running answer is in its state, wall clock in ms. */
  readonly phase?: { readonly answerId: string; readonly state: ChatMessage['state']; readonly since: number };
  /** The last refusal that belongs to no request, such as another version. */
  readonly refusal?: { readonly error: ErrorCode; readonly detail?: string };
}

/** A message on its way to the screen. `isChosen`: its branch was asked for. */
export interface Goal {
  readonly requestId: string;
  readonly conversationId: string;
  readonly messageId: string;
  readonly isChosen: boolean;
}

export interface Asked {
  readonly requestId: string;
  readonly kind: 'regenerate' | 'edit' | 'choose' | 'continue';
  readonly conversationId: string;
  readonly messageId: string;
  /** Of an accepted one: the message that shows that the hub has carried it out. */
  readonly answerId?: string;
}

export const MAX_KEPT_CONVERSATIONS = 8;
export const MAX_DRAFTS = 32;
/** Questions that wait for answers to end, or for the computer, over all conversations: more would be forgotten by whoever wrote them. */
export const MAX_QUEUED = 8;

export function emptyModel(conversationId: string, connection: ChatPortStatus, temporary?: true): ChatModel {
  return {
    connection,
    online: true,
    ollama: { state: 'unknown' },
    conversation: openingConversation(conversationId, temporary),
    kept: [],
    isBinOpen: false,
    drafts: {},
    attachments: {},
    images: {},
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

/** Is the line to the computer up, as far as is proven? */
export function isUp({ connection: { state } }: ChatModel): boolean {
  return state === 'connected' || state === 'streaming';
}

/** The computer's name, where anybody has said it. */
export function deviceNameOf({ hub, deviceName }: ChatModel): string | undefined {
  return hub?.deviceName ?? deviceName;
}

/** By what names others look at the shown conversation, as far as is known now. */
export function othersHere(model: ChatModel): readonly string[] {
  return isUp(model) && model.viewers?.conversationId === model.conversation.id ? model.viewers.names : [];
}

export function isGenerating(model: ChatModel): boolean {
  return runningAnswer(model.conversation) !== undefined;
}

/** Is something under way in the shown conversation that a further question has to wait for? */
export function isBusy(model: ChatModel): boolean {
  const { id } = model.conversation;
  const isUnderWay = (send: PendingSend): boolean => send.conversationId === id && send.state !== 'refused';
  return isGenerating(model) || model.asked?.conversationId === id || model.pending.some(isUnderWay);
}

export function imagesOf(model: ChatModel): readonly ComposerImage[] {
  return model.images[model.conversation.id] ?? [];
}

/** Why the images that were added cannot go, in words; undefined when nothing is in their way but time. */
export function imageTrouble(model: ChatModel): string | undefined {
  const images = imagesOf(model);
  if (images.length === 0) return undefined;
  if (images.some(({ state }) => state === 'refused')) return say('An image was not taken. Remove it, and add it again.');
  const name = modelOf(model);
  const sees = (capabilities: readonly string[] | undefined): boolean => capabilities?.includes('vision') ?? true;
  if (name === undefined || sees(model.models?.find((info) => info.name === name)?.capabilities)) return undefined;
  const other = model.models?.find(({ capabilities }) => capabilities?.includes('vision') === true)?.name;
  return say(
    '{0} cannot see images. {1}',
    name,
    other === undefined
      ? say('Pull a model that can, such as gemma3, or remove them.')
      : say('Choose one that can, such as {0}, or remove them.', other),
  );
}

/** May the question go, as far as its images are concerned? */
export function imagesMayGo(model: ChatModel): boolean {
  return imagesOf(model).every(({ state }) => state === 'ready') && imageTrouble(model) === undefined;
}

/** May the person send now? Text, a model or the hope of one; what cannot go at once is queued, up to {@link MAX_QUEUED}. */
export function canSend(model: ChatModel): boolean {
  const queued = model.pending.filter(({ state }) => state === 'queued').length;
  return (
    queued < MAX_QUEUED &&
    draftOf(model).trim() !== '' &&
    imagesMayGo(model) &&
    (model.models === undefined || modelOf(model) !== undefined)
  );
}

/** May messages be asked again, edited, or others shown in their place? Viewers follow the branch that is being written. */
export function mayBranch(model: ChatModel): boolean {
  return model.conversation.phase === 'ready' && !isBusy(model) && modelOf(model) !== undefined;
}

/** May this answer be gone on with? One that broke off, or came to its limit, at the end of the branch that is shown. */
export function mayContinue(model: ChatModel, answer: ChatMessage): boolean {
  if (answer.role !== 'assistant' || answer.text === '' || answer.id !== model.conversation.messages.at(-1)?.id) return false;
  const isCut = answer.state === 'stopped' || answer.state === 'interrupted' || answer.stats?.reason === 'length';
  return isCut && mayBranch(model);
}

/** Is this view bound by what the device allows from afar? */
export function isRemote({ hub }: ChatModel): boolean {
  return hub !== undefined && hub.scope !== 'local';
}

/** Tokens of context that the device lets this view ask for; undefined at the machine, where only the model bounds it. */
export function remoteContext(model: ChatModel): number | undefined {
  return isRemote(model) ? (model.hub?.maxContextLength ?? MAX_REMOTE_CONTEXT_LENGTH) : undefined;
}

export function attachmentsOf(model: ChatModel): readonly Attachment[] {
  return model.attachments[model.conversation.id] ?? [];
}

/** The hub's replies that carry a conversation. */
export type ConversationReply = Extract<ChatReply, { type: 'snapshot' | 'page' | 'event' }>;
