import { DisposableStore } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import { isMutating, type ChatReply, type ChatRequest } from '../protocol/chat.ts';
import type { ChatPort, ChatPortStatus } from '../protocol/chatPort.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import type { AgentReady } from './editorAgent.ts';

/** What a page asks before it draws is far less. More is dropped, oldest first. */
const MAX_WAITING = 64;

/**
 * A line to an agent that does not run here yet, because another window has it. What only asks waits for the agent; what would change
 * something is refused, for nobody knows when it would happen.
 */
export class LateChatPort implements ChatPort {
  readonly capabilities = { editorActions: true, showsConnection: true };
  readonly #owned = new DisposableStore();
  readonly #replies = this.#owned.add(new Emitter<ChatReply>());
  readonly #statusChanges = this.#owned.add(new Emitter<ChatPortStatus>());
  readonly #reason: ErrorCode;
  #status: ChatPortStatus;
  #port: ChatPort | undefined;
  #waiting: ChatRequest[] = [];

  readonly onReply = this.#replies.event;
  readonly onDidChangeStatus = this.#statusChanges.event;

  constructor(agent: AgentReady, reason: ErrorCode) {
    this.#reason = reason;
    this.#status = { state: 'connecting', error: reason };
    agent
      .then((ready) => {
        if (!this.#owned.isDisposed) this.#join(ready.createChatPort());
      })
      .catch((error: unknown) => {
        this.#change({ state: 'error', error: TunnelError.from(error).code });
      });
  }

  get status(): ChatPortStatus {
    return this.#status;
  }

  send(request: ChatRequest): void {
    if (this.#port) this.#port.send(request);
    else if (isMutating(request)) throw new TunnelError(this.#reason);
    else this.#waiting = [...this.#waiting, request].slice(-MAX_WAITING);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #join(port: ChatPort): void {
    this.#port = this.#owned.add(port);
    this.#owned.add(
      port.onReply((reply) => {
        this.#replies.fire(reply);
      }),
    );
    this.#owned.add(
      port.onDidChangeStatus((status) => {
        this.#change(status);
      }),
    );
    this.#change(port.status);
    for (const request of this.#waiting.splice(0)) port.send(request);
  }

  #change(status: ChatPortStatus): void {
    this.#status = status;
    this.#statusChanges.fire(status);
  }
}
