import { Emitter } from '../base/emitter.ts';
import type { ChatReply, ChatRequest } from '../protocol/chat.ts';
import type { ChatCapabilities, ChatPort, ChatPortStatus } from '../protocol/chatPort.ts';
import type { WebviewToHost } from '../protocol/webviewMessages.ts';

/** A view's line to the hub through its host. The host holds the real port, which keeps what must not be lost. */
export class PostMessagePort implements ChatPort {
  readonly capabilities: ChatCapabilities;
  #status: ChatPortStatus;
  readonly #post: (message: WebviewToHost) => void;
  readonly #replies = new Emitter<ChatReply>();
  readonly #statuses = new Emitter<ChatPortStatus>();

  constructor(capabilities: ChatCapabilities, status: ChatPortStatus, post: (message: WebviewToHost) => void) {
    this.capabilities = capabilities;
    this.#status = status;
    this.#post = post;
  }

  get status(): ChatPortStatus {
    return this.#status;
  }

  readonly onReply = this.#replies.event;
  readonly onDidChangeStatus = this.#statuses.event;

  send(request: ChatRequest): void {
    this.#post({ type: 'request', request });
  }

  /** The host has a reply of the hub. */
  takeReply(reply: ChatReply): void {
    this.#replies.fire(reply);
  }

  /** The host's own line has changed. */
  takeStatus(status: ChatPortStatus): void {
    this.#status = status;
    this.#statuses.fire(status);
  }

  dispose(): void {
    this.#replies.dispose();
    this.#statuses.dispose();
  }
}
