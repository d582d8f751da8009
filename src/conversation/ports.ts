import type { ChatReply, ConversationSummary, SearchHit } from '../protocol/chat.ts';
import type { ImageData64 } from '../protocol/chatImages.ts';
import type { LoadedModel, ModelInfo, ModelPull } from '../protocol/chatModels.ts';
import type { AnswerState, AnswerStats, ChatMessage } from '../protocol/chatMessage.ts';
import type { SavedPrompt } from '../protocol/chatPrompts.ts';
import type { ChatSettings } from '../protocol/chatSettings.ts';
import type { ArchivedConversation } from './chatArchive.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Event } from '../base/emitter.ts';
import type { ErrorCode, TunnelError } from '../protocol/errors.ts';
import type { OllamaStatus } from '../protocol/status.ts';

/** Whose conversations: the machine's owner, or a guest by client id. */
export type OwnerId = string;
export const MACHINE_OWNER: OwnerId = 'owner';

/** Somebody else than the machine's owner: has chats of their own, and never the owner's. */
export function isGuest(owner: OwnerId): boolean {
  return owner !== MACHINE_OWNER;
}

/** One message as the model is to see it. */
export interface PromptMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
  /** Base64. */
  readonly images?: readonly string[];
}

export interface GenerationRequest {
  readonly model: string;
  readonly messages: readonly PromptMessage[];
  /** Only what is here is sent: Ollama decides the rest. */
  readonly temperature?: number;
  readonly contextLength?: number;
  /** -1: for ever. */
  readonly keepAliveSeconds?: number;
  /** Never other than false for a model that cannot think: it would refuse. */
  readonly think?: boolean | 'low' | 'medium' | 'high';
}

/** Hears one generation. After `onEnd` or `onError`, exactly one of which comes unless it was stopped, nothing follows. */
export interface GenerationSink {
  /** The request is on its way; no token exists yet. */
  onLoading(): void;
  onText(text: string): void;
  /** What the model thinks before it answers. */
  onThought(text: string): void;
  onEnd(stats: AnswerStats): void;
  /** `ollamaEndedEarly` when the stream ended without `done`. */
  onError(error: TunnelError): void;
}

/** How far a download is. */
export type PullProgress = Required<Pick<ModelPull, 'step' | 'completed' | 'total'>>;

/** Hears one download. After `onDone` or `onError`, exactly one of which comes unless it was ended, nothing follows. */
export interface PullSink {
  onProgress(progress: PullProgress): void;
  onDone(): void;
  /** `ollamaPullFailed` with what Ollama says of it, or why it could not be asked. */
  onError(error: TunnelError): void;
}

/** A model server, seen from the hub. Implementations: `ollama/node`, and a fake that passes the same conformance suite. */
export interface ModelClient extends Disposable {
  readonly status: OllamaStatus;
  readonly onDidChangeStatus: Event<OllamaStatus>;
  /** Looks now instead of at the next poll. Never throws. */
  check(): Promise<OllamaStatus>;
  /** Newest first. @throws TunnelError */
  listModels(): Promise<readonly ModelInfo[]>;
  /**
   * Asks the model once; never retried. No callback comes before this returns.
   * Disposing stops the model: the request is aborted at once and the sink hears nothing more.
   */
  generate(request: GenerationRequest, sink: GenerationSink): Disposable;
  /** What is in memory. @throws TunnelError */
  listLoaded(): Promise<readonly LoadedModel[]>;
  /** Frees a model's memory; one that is not loaded stays so. @throws TunnelError */
  unload(model: string): Promise<void>;
  /** @throws TunnelError `ollamaModelMissing` */
  deleteModel(model: string): Promise<void>;
  /** Downloads a model. No callback comes before this returns; disposing ends the download, and the sink hears nothing more. */
  pull(model: string, sink: PullSink): Disposable;
}

/** A turn about to be committed. */
export interface NewTurn {
  readonly requestId: string;
  readonly owner: OwnerId;
  readonly conversationId: string;
  /** Title for a conversation that this turn begins. */
  readonly title: string;
  /** Absent when a question that is there is answered once more: then `parentId` is that question. */
  readonly question?: ChatMessage;
  readonly answer: ChatMessage;
  /** Images of the question that are new. Others are there with another version of it. */
  readonly images?: readonly ImageData64[];
  /** The message behind which the turn stands, null for the beginning; absent: behind the newest shown. */
  readonly parentId?: string | null;
  /** What a repeat of the request is answered with. */
  readonly reply: ChatReply;
}

/** An answer that is to be gone on with. */
export interface Continuation {
  readonly requestId: string;
  readonly owner: OwnerId;
  readonly conversationId: string;
  readonly answerId: string;
  readonly reply: ChatReply;
}

/** The end of an answer, or a step on its way. */
export interface AnswerUpdate {
  readonly text: string;
  /** Absent when the model has not thought. */
  readonly thinking?: string;
  readonly thinkingMs?: number;
  readonly state: AnswerState;
  /** Sequence of the next StreamingMessage. */
  readonly nextSequence: number;
  readonly stats?: AnswerStats;
  readonly error?: ErrorCode;
  readonly errorDetail?: string;
  readonly standIn?: boolean;
}

/** Where saved prompts live, under the promises of {@link ConversationStore}. Who saves sees to their names and number. */
export interface PromptStore {
  /** By name, whatever its case. */
  list(owner: OwnerId): readonly SavedPrompt[];
  /** Adds one, or replaces the one that has its id. */
  save(owner: OwnerId, prompt: SavedPrompt): void;
  /** One that is not there is passed over. */
  delete(owner: OwnerId, id: string): void;
}

/**
 * Where conversations live. Synchronous and durable: what has returned is on disk. Every method throws TunnelError `storeFailed` when
 * it cannot keep that promise, and has then changed nothing.
 */
export interface ConversationStore extends Disposable {
  readonly prompts: PromptStore;
  /** Newest first, all or `limit`, from the first or from behind `before`; without deleted ones. */
  listConversations(owner: OwnerId, options?: { readonly limit?: number; readonly before?: string }): readonly ConversationSummary[];
  /** `undefined` when there is none, it is deleted, or it belongs to another owner. */
  conversation(owner: OwnerId, conversationId: string): ConversationSummary | undefined;
  /** Of the branch that is shown: the newest `limit` messages before message `before`, oldest first, and whether there are earlier ones. */
  messages(
    owner: OwnerId,
    conversationId: string,
    options: { readonly limit: number; readonly before?: string },
  ): { readonly messages: readonly ChatMessage[]; readonly more: boolean };
  /**
   * Question, answer placeholder, conversation when new, and reply, in one transaction. The new answer ends the branch that is shown.
   * @throws TunnelError `unknownConversation` when the conversation is in the bin or belongs to another owner, `unknownMessage` when
   * there is no message `parentId` in it
   */
  commitTurn(turn: NewTurn): void;
  /** The reply that a request was answered with, for its repeat. Remembered 30 days. */
  replyTo(owner: OwnerId, requestId: string): ChatReply | undefined;
  rememberReply(owner: OwnerId, requestId: string, reply: ChatReply): void;
  /**
   * Makes an answer that has ended wait for the model again, with its text, and keeps the reply.
   * @throws TunnelError `unknownMessage` when it is not the end of the branch that is shown
   */
  continueAnswer(continuation: Continuation): void;
  /** An answer's text and thinking only ever grow. One that is not there (its conversation was purged) is passed over. */
  updateAnswer(answerId: string, update: AnswerUpdate): void;
  /** A message of this conversation and the one that it stands behind; undefined when there is none such. */
  message(
    owner: OwnerId,
    conversationId: string,
    messageId: string,
  ): { readonly message: ChatMessage; readonly parentId: string | null } | undefined;
  /** Shows the branch of a message, to its newest end. @throws TunnelError `unknownMessage` */
  choose(owner: OwnerId, conversationId: string, messageId: string): void;
  /** How its model is asked; nothing set is `{}`. */
  settings(owner: OwnerId, conversationId: string): ChatSettings;
  /** Replaces all of the settings. The conversation need not be there yet. */
  configure(owner: OwnerId, conversationId: string, settings: ChatSettings): void;
  /** One that is not there is passed over. */
  rename(owner: OwnerId, conversationId: string, title: string): void;
  /** Moves a conversation to the bin, where it stays 30 days. */
  deleteConversation(owner: OwnerId, conversationId: string): void;
  /** Takes it out again. @throws TunnelError `unknownConversation` when it is not in the bin, or no longer */
  restoreConversation(owner: OwnerId, conversationId: string): void;
  /** What is in the bin, last deleted first. */
  listDeleted(owner: OwnerId, limit: number): readonly ConversationSummary[];
  /** Base64 text of an image of this conversation, of whatever branch. */
  image(owner: OwnerId, conversationId: string, imageId: string): string | undefined;
  /** A whole conversation, all branches. `undefined` when there is none, it is deleted, or it belongs to another owner. */
  archive(owner: OwnerId, conversationId: string): ArchivedConversation | undefined;
  /** Adds a conversation, all of it or nothing. Its ids must be new. */
  addArchived(owner: OwnerId, conversationId: string, conversation: ArchivedConversation): void;
  /** Best first, without deleted conversations; other branches than those shown count too. A running answer is found once it has ended. */
  search(owner: OwnerId, query: string, limit: number): readonly SearchHit[];
  /** Conversations of all owners that nobody has written in since `before`, wall clock, ms; longest ago first. */
  unwritten(before: number, limit: number): readonly { readonly owner: OwnerId; readonly id: string }[];
  /**
   * Forgets a small part of what is past its time: conversations 30 days in the bin, replies that no conversation holds after 30 days.
   * @returns whether there may be more
   */
  purge(): boolean;
  /** Turns every answer that still runs into `interrupted`; called once at start, before anything else. Returns how many. */
  interruptRunning(): number;
}
