/** A WebSocket, as links use it: whole binary messages in order, or none. Adapters: `tunnel/node`, `tunnel/web`, the relay's, the simulator's. */
export interface LinkSocket {
  /** Queues one message. After the end it does nothing. */
  send(message: Uint8Array): void;
  /** Closes with a code (RFC 6455, section 7.4); messages queued before are still sent. `onClose` follows. */
  close(code: number, reason?: string): void;
  /** Ends at once, without a farewell. `onClose` follows. */
  terminate(): void;
  /** Bytes queued and not yet handed to the network. */
  readonly backlogBytes: number;
  /** Stops and restarts reading, so that TCP slows the sender down; browsers cannot and ignore it. */
  pause(): void;
  resume(): void;
}

export interface LinkSocketHandlers {
  /** The subprotocol was agreed on. Never called from inside the dial. */
  onOpen(): void;
  onMessage(message: Uint8Array): void;
  /** The backlog has become smaller. */
  onDrain(): void;
  /**
   * The end; called exactly once and last, never from inside the dial. @param code close code, 1006 without a farewell
   * @param refusal HTTP status when the upgrade was refused, who is older when a relay named the versions it speaks, or `certificate`
   */
  onClose(code: number, refusal?: LinkRefusal): void;
}

/** Why there was no link. `relayOlder`, `programOlder`: a relay named the versions that it speaks, and ours is not among them. */
export type LinkRefusal = number | 'relayOlder' | 'programOlder' | 'certificate';

/** Opens a link. @param url as from `linkUrl` */
export type DialLink = (url: string, handlers: LinkSocketHandlers) => LinkSocket;
