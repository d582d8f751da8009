import type { Disposable } from '../base/disposable.ts';
import type { Event } from '../base/emitter.ts';
import type { ChatReply, ChatRequest } from './chat.ts';
import type { ErrorCode } from './errors.ts';
import type { Quality, TunnelConnectionState } from './status.ts';

/** How a view's line to the hub is. In one process it is always `connected`. */
export interface ChatPortStatus {
  readonly state: TunnelConnectionState;
  /** Why, when it is not connected: `relayUnreachable` and `deviceOffline` are different lines on the screen. */
  readonly error?: ErrorCode;
  /** When the far end was there last, while it is not: wall clock here, ms. Absent where that is not known. */
  readonly lastSeenAt?: number;
  /** Round trip to the device, ms. */
  readonly rttMs?: number;
  /** How good the line is; absent while that is unknown. */
  readonly quality?: Exclude<Quality, 'unknown'>;
}

/** What a host can do for the chat UI; the UI asks these flags, never which host it is in. */
export interface ChatCapabilities {
  /** Insert at cursor and other actions on an editor. */
  readonly editorActions: boolean;
  /** The line to the hub can be down, so it is shown. */
  readonly showsConnection: boolean;
}

/**
 * A view's two-way line to the hub, whatever carries it. The port keeps mutating requests until they are answered and sends them again
 * on a new line; after one it opens conversations anew from where the view stood. A view never sees a message twice or out of order.
 */
export interface ChatPort extends Disposable {
  readonly capabilities: ChatCapabilities;
  readonly status: ChatPortStatus;
  readonly onDidChangeStatus: Event<ChatPortStatus>;
  readonly onReply: Event<ChatReply>;
  /** Never blocks; while the line is down the request waits here. @throws TunnelError `messageTooLong` */
  send(request: ChatRequest): void;
}
