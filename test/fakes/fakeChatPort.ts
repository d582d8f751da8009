import { Emitter } from '../../src/base/emitter.ts';
import type { ChatReply, ChatRequest } from '../../src/protocol/chat.ts';
import type { ChatPort, ChatPortStatus } from '../../src/protocol/chatPort.ts';

/** A line whose far end is the test. */
export class FakeChatPort implements ChatPort {
  readonly capabilities = { editorActions: true, showsConnection: false };
  status: ChatPortStatus = { state: 'connected' };
  readonly sent: ChatRequest[] = [];
  isDisposed = false;
  readonly statusChanges = new Emitter<ChatPortStatus>();
  readonly replies = new Emitter<ChatReply>();
  readonly onDidChangeStatus = this.statusChanges.event;
  readonly onReply = this.replies.event;

  send(request: ChatRequest): void {
    this.sent.push(request);
  }

  dispose(): void {
    this.isDisposed = true;
    this.statusChanges.dispose();
    this.replies.dispose();
  }
}
