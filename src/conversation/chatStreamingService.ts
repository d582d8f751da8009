import { assertNever } from '../base/assertNever.ts';
import { deferred, type Deferred } from '../base/deferred.ts';
import { DisposableStore } from '../base/disposable.ts';
import type { Random } from '../base/random.ts';
import { helloRequest, type ChatReply } from '../protocol/chat.ts';
import type { ChatPort, ChatPortStatus } from '../protocol/chatPort.ts';
import { TunnelError } from '../protocol/errors.ts';
import type { StreamingMessage, StreamingService, TunnelConnectionState } from '../protocol/status.ts';
import { AnswerStream } from './answerStream.ts';
import { newId } from './ids.ts';

export interface ChatStreamingServiceOptions {
  /** Opens a line to a hub, whatever carries it. The service ends it. */
  readonly openPort: () => ChatPort;
  readonly random: Random;
}

interface Line {
  readonly port: ChatPort;
  readonly owned: DisposableStore;
  readonly greeted: Deferred<undefined>;
  isGreeted: boolean;
}

/** `StreamingService` over any {@link ChatPort}: each answer is a conversation of its own, and it is stored like any other. */
export class ChatStreamingService implements StreamingService {
  readonly #options: ChatStreamingServiceOptions;
  readonly #streams = new Set<AnswerStream>();
  #line: Line | undefined;

  constructor(options: ChatStreamingServiceOptions) {
    this.#options = options;
  }

  get status(): TunnelConnectionState {
    if (!this.#line) return 'disconnected';
    const { state } = this.#line.port.status;
    if (state !== 'connected') return state;
    if (!this.#line.isGreeted) return 'connecting';
    return this.#streams.size > 0 ? 'streaming' : 'connected';
  }

  async establishConnection(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { greeted } = (this.#line ??= this.#open());
    const { signal } = options;
    if (!signal) return greeted.promise;
    if (signal.aborted) throw new TunnelError('cancelled');
    const aborted = deferred<undefined>();
    const onAbort = (): void => {
      aborted.reject(new TunnelError('cancelled'));
    };
    signal.addEventListener('abort', onAbort);
    try {
      await Promise.race([greeted.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  closeConnection(): Promise<void> {
    if (this.#line) this.#close(this.#line, new TunnelError('closed'));
    return Promise.resolve();
  }

  async *streamResponse(
    prompt: string,
    model: string,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<StreamingMessage, void> {
    const { signal } = options;
    await this.establishConnection(options);
    const line = this.#line;
    if (!line) throw new TunnelError('closed');
    const stream = new AnswerStream(newId(this.#options.random), newId(this.#options.random));
    const onAbort = (): void => {
      stream.fail(new TunnelError('cancelled'));
    };
    const { requestId, conversationId } = stream;
    this.#streams.add(stream);
    signal?.addEventListener('abort', onAbort);
    let ended = false;
    try {
      line.port.send({ type: 'open', conversationId });
      line.port.send({ type: 'send', requestId, conversationId, text: prompt, model });
      yield* stream.pieces();
      ended = true;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.#streams.delete(stream);
      if (this.#line === line) this.#leave(line.port, conversationId, ended);
    }
  }

  /** Whoever leaves before the end wants the model stopped. A stop of what has ended does nothing. */
  #leave(port: ChatPort, conversationId: string, ended: boolean): void {
    if (!ended) port.send({ type: 'stop', requestId: newId(this.#options.random), conversationId });
    port.send({ type: 'close', conversationId });
  }

  #open(): Line {
    const port = this.#options.openPort();
    const owned = new DisposableStore();
    const line: Line = { port, owned, greeted: deferred(), isGreeted: false };
    // Whoever waits hears of a failure; when nobody does it is no unhandled rejection.
    line.greeted.promise.catch(() => undefined);
    owned.add(port);
    owned.add(
      port.onReply((reply) => {
        this.#onReply(line, reply);
      }),
    );
    owned.add(
      port.onDidChangeStatus((status) => {
        this.#onStatus(line, status);
      }),
    );
    this.#line = line;
    port.send(helloRequest);
    // A line that has not begun to connect is no line that was ended.
    if (port.status.state === 'error') this.#onStatus(line, port.status);
    return line;
  }

  #onReply(line: Line, reply: ChatReply): void {
    if (reply.type === 'welcome') {
      line.isGreeted = true;
      line.greeted.resolve(undefined);
    } else if (reply.type === 'refused' && reply.requestId === undefined && !line.isGreeted) {
      this.#close(line, new TunnelError(reply.error, reply.detail));
    } else for (const stream of [...this.#streams]) stream.take(reply);
  }

  /** A line that tries again by itself is waited for; one that needs a person, or has ended, is over. */
  #onStatus(line: Line, { state, error }: ChatPortStatus): void {
    switch (state) {
      case 'connecting':
      case 'connected':
      case 'streaming':
      case 'reconnecting':
        return;
      case 'disconnected':
      case 'error':
        this.#close(line, new TunnelError(error ?? 'closed'));
        return;
      default:
        assertNever(state);
    }
  }

  #close(line: Line, error: TunnelError): void {
    if (this.#line !== line) return;
    this.#line = undefined;
    for (const stream of [...this.#streams]) stream.fail(error);
    line.greeted.reject(error);
    line.owned.dispose();
  }
}
