import type { ChatScope } from '../policy/chatPolicy.ts';
import type { HubReply } from '../protocol/chat.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import type { OwnerId } from './ports.ts';

/** Who is at the other end of a chat line. */
export interface ChatPeer {
  readonly owner: OwnerId;
  readonly scope: ChatScope;
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
