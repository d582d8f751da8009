import type { AnswerState, AnswerStats, ChatMessage, ChatReply, ConversationSummary, ModelInfo } from '../protocol/chat.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Event } from '../base/emitter.ts';
import type { ErrorCode, TunnelError } from '../protocol/errors.ts';
import type { OllamaStatus } from '../protocol/status.ts';

/** Whose conversations: the machine's owner, or a guest by client id. */
export type OwnerId = string;
export const MACHINE_OWNER: OwnerId = 'owner';

/** One message as the model is to see it. */
export interface PromptMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface GenerationRequest {
  readonly model: string;
  readonly messages: readonly PromptMessage[];
}

/** Hears one generation. After `onEnd` or `onError`, exactly one of which comes unless it was stopped, nothing follows. */
export interface GenerationSink {
  /** The request is on its way; no token exists yet. */
  onLoading(): void;
  onText(text: string): void;
  onEnd(stats: AnswerStats): void;
  /** `ollamaEndedEarly` when the stream ended without `done`. */
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
}

/** A turn about to be committed. */
export interface NewTurn {
  readonly requestId: string;
  readonly owner: OwnerId;
  readonly conversationId: string;
  /** Title for a conversation that this turn begins. */
  readonly title: string;
  readonly question: ChatMessage;
  readonly answer: ChatMessage;
  /** What a repeat of the request is answered with. */
  readonly reply: ChatReply;
}

/** The end of an answer, or a step on its way. */
export interface AnswerUpdate {
  readonly text: string;
  readonly state: AnswerState;
  /** Sequence of the next StreamingMessage. */
  readonly nextSequence: number;
  readonly stats?: AnswerStats;
  readonly error?: ErrorCode;
  readonly errorDetail?: string;
  readonly standIn?: boolean;
}

/**
 * Where conversations live. Synchronous and durable: what has returned is on disk. Every method throws TunnelError `storeFailed` when
 * it cannot keep that promise, and has then changed nothing.
 */
export interface ConversationStore extends Disposable {
  /** Newest first, all or `limit`, from the first or from behind `before`; without deleted ones. */
  listConversations(owner: OwnerId, options?: { readonly limit?: number; readonly before?: string }): readonly ConversationSummary[];
  /** `undefined` when there is none, it is deleted, or it belongs to another owner. */
  conversation(owner: OwnerId, conversationId: string): ConversationSummary | undefined;
  /** The newest `limit` messages before message `before`, oldest first, and whether there are earlier ones. */
  messages(
    owner: OwnerId,
    conversationId: string,
    options: { readonly limit: number; readonly before?: string },
  ): { readonly messages: readonly ChatMessage[]; readonly more: boolean };
  /**
   * Question, answer placeholder, conversation when new, and reply, in one transaction.
   * @throws TunnelError `unknownConversation` when the conversation is in the bin or belongs to another owner
   */
  commitTurn(turn: NewTurn): void;
  /** The reply that a request was answered with, for its repeat. Remembered 30 days. */
  replyTo(owner: OwnerId, requestId: string): ChatReply | undefined;
  rememberReply(owner: OwnerId, requestId: string, reply: ChatReply): void;
  /** An answer's text only ever grows. One that is not there (its conversation was purged) is passed over. */
  updateAnswer(answerId: string, update: AnswerUpdate): void;
  /** Moves a conversation to the bin, where it stays 30 days. */
  deleteConversation(owner: OwnerId, conversationId: string): void;
  /** Turns every answer that still runs into `interrupted`; called once at start, before anything else. Returns how many. */
  interruptRunning(): number;
}
