import { utf8 } from '../base/bytes.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import { helloRequest, isMutating, type ChatReply, type ChatRequest, type MutatingRequest, type Since } from '../protocol/chat.ts';
import { TunnelError } from '../protocol/errors.ts';
import { MAX_CHAT_MESSAGE_BYTES, MAX_PROMPT_BYTES } from '../protocol/limits.ts';
import { RunningAnswers } from './runningAnswers.ts';

/** Requests that wait for room on the line; a person does not come near it. */
const MAX_WAITING_REQUESTS = 256;

/** One line to a hub, whatever carries it. */
export interface ChatLine {
  readonly isWritable: boolean;
  write(request: ChatRequest): void;
}

/**
 * What a view has said to hubs and heard from them, from one line to the next: on a new one it says where each conversation stood, and
 * sends again under its old id what was not answered. Whoever owns it brings the lines, and what comes on them.
 */
export class ResumingChat implements Disposable {
  readonly #store = new DisposableStore();
  readonly #replies = this.#store.add(new Emitter<ChatReply>());
  readonly #onRunning: (count: number) => void;
  readonly #unanswered = new Map<string, MutatingRequest>();
  /** Conversations that the view follows, and how far it has got. */
  readonly #followed = new Map<string, Since | undefined>();
  readonly #running = new RunningAnswers();
  /** Earlier messages that were asked for and have not come, by conversation. */
  readonly #pages = new Map<string, ChatRequest>();
  readonly #lists = new Map<'listConversations' | 'listModels', ChatRequest>();
  #waiting: ChatRequest[] = [];
  #line: ChatLine | undefined;
  #hubEpoch: string | undefined;

  /** @param onRunning hears how many answers are being written, as far as the view follows them */
  constructor(onRunning: (count: number) => void = () => undefined) {
    this.#onRunning = onRunning;
  }

  readonly onReply = this.#replies.event;

  /** While there is no line, it waits. @throws TunnelError `messageTooLong`, `busy`, `closed` */
  send(request: ChatRequest): void {
    if (this.#store.isDisposed) throw new TunnelError('closed');
    if (request.type === 'hello') return; // said on each line
    checkLength(request);
    if (this.#waiting.length >= MAX_WAITING_REQUESTS) throw new TunnelError('busy', 'too many requests wait for the line');
    if (isMutating(request)) this.#unanswered.set(request.requestId, request);
    else if (request.type === 'open') this.#followed.set(request.conversationId, request.since);
    else if (request.type === 'close') this.#forget(request.conversationId);
    else if (request.type === 'page') this.#pages.set(request.conversationId, request);
    else if (request.type === 'listConversations' || request.type === 'listModels') this.#lists.set(request.type, request);
    this.#waiting.push(request);
    this.flush();
  }

  /** Goes on over this line. @param readsOnly nothing that changes something is sent on it; it waits for the next */
  attach(line: ChatLine, readsOnly = false): void {
    this.#line = line;
    this.#waiting = [
      helloRequest,
      ...this.#lists.values(),
      ...[...this.#followed].map(([conversationId, since]): ChatRequest =>
        since ? { type: 'open', conversationId, since } : { type: 'open', conversationId },
      ),
      ...this.#pages.values(),
      ...(readsOnly ? [] : this.#unanswered.values()),
    ];
    this.flush();
  }

  /** The line is gone. */
  detach(): void {
    this.#line = undefined;
  }

  /** The line takes more. */
  flush(): void {
    while (this.#line?.isWritable) {
      const request = this.#waiting.shift();
      if (!request) return;
      this.#line.write(request);
    }
  }

  /** Something has come on the line. */
  receive(reply: ChatReply): void {
    if (!this.#isFresh(reply)) return;
    if ((reply.type === 'accepted' || reply.type === 'refused') && reply.requestId !== undefined) this.#unanswered.delete(reply.requestId);
    if (reply.type === 'page') this.#pages.delete(reply.conversationId);
    if (reply.type === 'welcome' && reply.hubEpoch !== this.#hubEpoch) {
      this.#hubEpoch = reply.hubEpoch;
      this.#running.clear();
    }
    this.#running.apply(reply);
    this.#onRunning(this.#running.count);
    this.#replies.fire(reply);
  }

  dispose(): void {
    this.detach();
    this.#store.dispose();
  }

  /** Moves on what the view has seen; an event that it has seen before is dropped. */
  #isFresh(reply: ChatReply): boolean {
    if (reply.type === 'snapshot') {
      if (this.#followed.has(reply.conversationId)) {
        this.#followed.set(reply.conversationId, { hubEpoch: reply.hubEpoch, sequence: reply.sequence });
      }
      return true;
    }
    if (reply.type !== 'event') return true;
    const since = this.#followed.get(reply.conversationId);
    if (!since) return this.#followed.has(reply.conversationId);
    if (reply.sequence <= since.sequence) return false;
    this.#followed.set(reply.conversationId, { hubEpoch: since.hubEpoch, sequence: reply.sequence });
    return true;
  }

  #forget(conversationId: string): void {
    this.#followed.delete(conversationId);
    this.#pages.delete(conversationId);
    this.#running.forget(conversationId);
    this.#onRunning(this.#running.count);
  }
}

/** What could never be sent is refused here, not on each line again. @throws TunnelError `messageTooLong` */
function checkLength(request: ChatRequest): void {
  const isLong = request.type === 'send' && utf8(request.text).length > MAX_PROMPT_BYTES;
  if (isLong || utf8(JSON.stringify(request)).length > MAX_CHAT_MESSAGE_BYTES) throw new TunnelError('messageTooLong');
}
