import { DecodeError, utf8 } from '../base/bytes.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import { nullLogger, type Logger } from '../base/log.ts';
import type { MuxStream } from '../mux/muxStream.ts';
import {
  decodeJson,
  encodeChat,
  helloRequest,
  isMutating,
  parseHubReply,
  type ChatReply,
  type ChatRequest,
  type MutatingRequest,
  type Since,
} from '../protocol/chat.ts';
import type { ChatCapabilities, ChatPort, ChatPortStatus } from '../protocol/chatPort.ts';
import { TunnelError } from '../protocol/errors.ts';
import { MAX_CHAT_MESSAGE_BYTES, MAX_PROMPT_BYTES } from '../protocol/limits.ts';
import { encodeStreamMessage, MessageAssembler } from '../protocol/messageStream.ts';
import { TextJoiner } from '../protocol/textJoiner.ts';
import type { ClientTunnel } from './clientTunnel.ts';
import { RunningAnswers } from './runningAnswers.ts';

/** Requests that wait for room on the line; a person does not come near it. */
const MAX_WAITING_REQUESTS = 256;
/** Between the end of a stream that the device did not want and the next one. */
const REOPEN_AFTER_MS = 2_000;

/**
 * A ChatPort over a tunnel: one `chat` stream of its mux. When the stream is lost for good (the device has restarted, or was away too
 * long) it opens another, says where each conversation stood, and sends again under its old id what was not answered.
 */
export class TunnelChatPort implements ChatPort {
  readonly capabilities: ChatCapabilities = { editorActions: false, showsConnection: true };
  readonly #tunnel: ClientTunnel;
  readonly #log: Logger;
  readonly #store = new DisposableStore();
  readonly #replies = this.#store.add(new Emitter<ChatReply>());
  readonly #statusChanged = this.#store.add(new Emitter<ChatPortStatus>());
  readonly #unanswered = new Map<string, MutatingRequest>();
  /** Conversations that the view follows, and how far it has got. */
  readonly #followed = new Map<string, Since | undefined>();
  readonly #running = new RunningAnswers();
  /** Earlier messages that were asked for and have not come, by conversation. */
  readonly #pages = new Map<string, ChatRequest>();
  readonly #lists = new Map<'listConversations' | 'listModels', ChatRequest>();
  #waiting: ChatRequest[] = [];
  #stream: MuxStream | undefined;
  #reopening: Disposable | undefined;
  #assembler = new MessageAssembler();
  #joiner = new TextJoiner();
  #status: ChatPortStatus;
  #isDisposed = false;

  constructor(tunnel: ClientTunnel, log: Logger = nullLogger) {
    this.#tunnel = tunnel;
    this.#log = log;
    this.#status = statusOf(tunnel);
    const update = (): void => {
      this.#updateStatus();
    };
    this.#store.add(tunnel.supervisor.onDidChange(update));
    this.#store.add(tunnel.mux.onRoundTrip(update));
    this.#openStream();
  }

  readonly onReply = this.#replies.event;
  readonly onDidChangeStatus = this.#statusChanged.event;

  get status(): ChatPortStatus {
    return this.#status;
  }

  send(request: ChatRequest): void {
    if (this.#isDisposed) throw new TunnelError('closed');
    if (request.type === 'hello') return; // said for each stream by the port itself
    checkLength(request);
    if (this.#waiting.length >= MAX_WAITING_REQUESTS) throw new TunnelError('busy', 'too many requests wait for the line');
    if (isMutating(request)) this.#unanswered.set(request.requestId, request);
    else if (request.type === 'open') this.#followed.set(request.conversationId, request.since);
    else if (request.type === 'close') this.#forget(request.conversationId);
    else if (request.type === 'page') this.#pages.set(request.conversationId, request);
    else if (request.type === 'listConversations' || request.type === 'listModels') this.#lists.set(request.type, request);
    this.#waiting.push(request);
    this.#flush();
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#reopening?.dispose();
    this.#stream?.end();
    this.#stream?.stop();
    this.#store.dispose();
    this.#tunnel.supervisor.setStreams(0);
  }

  #openStream(): void {
    const stream = this.#tunnel.mux.openStream('chat');
    this.#stream = stream;
    this.#assembler = new MessageAssembler();
    this.#joiner = new TextJoiner();
    stream.onReadable(() => {
      this.#readAll(stream);
    });
    stream.onWritable(() => {
      this.#flush();
    });
    stream.onEnd(() => {
      this.#onStreamEnd(stream);
    });
    this.#waiting = [
      helloRequest,
      ...this.#lists.values(),
      ...[...this.#followed].map(([conversationId, since]): ChatRequest =>
        since ? { type: 'open', conversationId, since } : { type: 'open', conversationId },
      ),
      ...this.#pages.values(),
      ...this.#unanswered.values(),
    ];
    this.#flush();
  }

  #onStreamEnd(stream: MuxStream): void {
    if (this.#isDisposed || this.#stream !== stream) return;
    const reason = stream.outcome?.kind === 'reset' ? stream.outcome.code : 'finished';
    this.#log.info('chat stream ended', { reason });
    this.#stream = undefined;
    if (reason === 'closed') return; // the tunnel is over
    if (reason === 'deviceRestarted' || reason === 'streamGone') this.#openStream();
    else this.#openLater();
  }

  /** The device did not want the last one: another at once would go the same way, as fast as the line allows. */
  #openLater(): void {
    this.#reopening = this.#tunnel.clock.after(REOPEN_AFTER_MS, () => {
      this.#openStream();
    });
  }

  #flush(): void {
    while (this.#stream?.isWritable) {
      const request = this.#waiting.shift();
      if (!request) return;
      this.#stream.write(encodeStreamMessage(encodeChat(request)));
    }
  }

  #readAll(stream: MuxStream): void {
    try {
      for (let piece = stream.read(); piece; piece = stream.read()) {
        for (const message of this.#assembler.push(piece)) {
          const reply = this.#joiner.take(parseHubReply(decodeJson(message)));
          if (reply) this.#receive(reply);
        }
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#log.error('chat reply refused', { reason: error.message });
      stream.reset('badMessage');
    }
    if (stream.isReadEnded && !this.#isDisposed) stream.end();
  }

  #receive(reply: ChatReply): void {
    if (!this.#isFresh(reply)) return;
    if ((reply.type === 'accepted' || reply.type === 'refused') && reply.requestId !== undefined) this.#unanswered.delete(reply.requestId);
    if (reply.type === 'page') this.#pages.delete(reply.conversationId);
    if (reply.type === 'welcome' && reply.hubEpoch !== this.#hubEpoch) {
      this.#hubEpoch = reply.hubEpoch;
      this.#running.clear();
    }
    this.#running.apply(reply);
    this.#tunnel.supervisor.setStreams(this.#running.count);
    this.#replies.fire(reply);
  }

  #hubEpoch: string | undefined;

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
    this.#tunnel.supervisor.setStreams(this.#running.count);
  }

  #updateStatus(): void {
    const next = statusOf(this.#tunnel);
    const { state, error, rttMs, quality } = this.#status;
    if (next.state === state && next.error === error && next.rttMs === rttMs && next.quality === quality) return;
    this.#status = next;
    this.#statusChanged.fire(next);
  }
}

/** What could never be sent is refused here, not on each stream again. @throws TunnelError `messageTooLong` */
function checkLength(request: ChatRequest): void {
  const isLong = request.type === 'send' && utf8(request.text).length > MAX_PROMPT_BYTES;
  if (isLong || utf8(JSON.stringify(request)).length > MAX_CHAT_MESSAGE_BYTES) throw new TunnelError('messageTooLong');
}

function statusOf({ supervisor: { state }, metrics: { quality }, rttMs }: ClientTunnel): ChatPortStatus {
  return {
    state: state.kind,
    ...('error' in state ? { error: state.error } : {}),
    ...(rttMs !== undefined ? { rttMs } : {}),
    ...(quality === 'unknown' ? {} : { quality }),
  };
}
