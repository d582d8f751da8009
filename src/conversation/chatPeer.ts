import type { Asker } from '../policy/chatPolicy.ts';
import type { ChatReply, ChatRequest, HubReply } from '../protocol/chat.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import type { OwnerId } from './ports.ts';

/** Who is at the other end of a chat line. */
export interface ChatPeer extends Asker {
  readonly owner: OwnerId;
  /** A client from elsewhere, and how many answers it may have written at once. */
  readonly client?: { readonly id: string; readonly maxGenerations: () => number } | undefined;
  /** How the owner’s other views name it; without one they are not told of it. */
  readonly name?: string;
  /** Is it at its line now? One that was cut off may come back to the same line. Default: always. */
  readonly isHere?: () => boolean;
  /** Hears of each request that changes something how it was answered, before its view does, and of each other one that was refused. */
  readonly onOutcome?: (request: ChatRequest, error?: ErrorCode) => void;
}

/** `respond`, of which the peer's audit hears too. */
export function heardBy(peer: ChatPeer, request: ChatRequest, respond: (reply: ChatReply) => void): typeof respond {
  return (reply) => {
    peer.onOutcome?.(request, reply.type === 'refused' ? reply.error : undefined);
    respond(reply);
  };
}

/** Where a line's replies go. */
export interface ChatSink {
  /** What it throws ends this line alone. */
  send(reply: HubReply): void;
  /** May another reply be written now? When it becomes true again, call `onWritable`. */
  readonly ready: boolean;
  /** The line cannot go on: the view asked for more than it took. */
  close?(error: ErrorCode): void;
}

/** What a view is told of again on each change. */
export type Followed = 'ollama' | 'conversations' | 'loaded' | 'pulls' | 'prompts';
