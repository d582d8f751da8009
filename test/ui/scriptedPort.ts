import { Emitter } from '../../src/base/emitter.ts';
import type { ChatReply, ChatRequest } from '../../src/protocol/chat.ts';
import type { ChatCapabilities, ChatPort, ChatPortStatus } from '../../src/protocol/chatPort.ts';

/** A line to a hub whose replies the test speaks itself. */
export class ScriptedPort implements ChatPort {
  readonly capabilities: ChatCapabilities = { editorActions: false, showsConnection: true };
  status: ChatPortStatus = { state: 'connected' };
  readonly sent: ChatRequest[] = [];
  readonly #status = new Emitter<ChatPortStatus>();
  readonly #replies = new Emitter<ChatReply>();
  readonly onDidChangeStatus = this.#status.event;
  readonly onReply = this.#replies.event;
  disposed = false;
  /** Thrown by the next `send`. */
  failure: Error | undefined;

  send(request: ChatRequest): void {
    const failure = this.failure;
    this.failure = undefined;
    if (failure) throw failure;
    this.sent.push(request);
  }

  reply(reply: ChatReply): void {
    this.#replies.fire(reply);
  }

  setStatus(status: ChatPortStatus): void {
    this.status = status;
    this.#status.fire(status);
  }

  get listeners(): number {
    return this.#status.listenerCount + this.#replies.listenerCount;
  }

  /** What was asked since the last look, by type when one is given. */
  take<T extends ChatRequest['type']>(type: T): Extract<ChatRequest, { type: T }>[] {
    const found = this.sent.filter((request): request is Extract<ChatRequest, { type: T }> => request.type === type);
    for (const request of found) this.sent.splice(this.sent.indexOf(request), 1);
    return found;
  }

  dispose(): void {
    this.disposed = true;
  }
}
