import { DecodeError } from '../base/bytes.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import { nullLogger, type Logger } from '../base/log.ts';
import type { MuxStream } from '../mux/muxStream.ts';
import { decodeJson, encodeChat, parseHubReply, type ChatRequest } from '../protocol/chat.ts';
import type { ChatCapabilities, ChatPort, ChatPortStatus } from '../protocol/chatPort.ts';
import { encodeStreamMessage, MessageAssembler } from '../protocol/messageStream.ts';
import { TextJoiner } from '../protocol/textJoiner.ts';
import type { ClientTunnel } from './clientTunnel.ts';
import { ResumingChat } from './resumingChat.ts';

/** Between the end of a stream that the device did not want and the next one. */
const REOPEN_AFTER_MS = 2_000;

/**
 * A ChatPort over a tunnel: one `chat` stream of its mux. When the stream is lost for good (the device has restarted, or was away too
 * long) it opens another and goes on there.
 */
export class TunnelChatPort implements ChatPort {
  readonly capabilities: ChatCapabilities = { editorActions: false, showsConnection: true };
  readonly #tunnel: ClientTunnel;
  readonly #log: Logger;
  readonly #store = new DisposableStore();
  readonly #statusChanged = this.#store.add(new Emitter<ChatPortStatus>());
  readonly #chat: ResumingChat;
  #stream: MuxStream | undefined;
  #reopening: Disposable | undefined;
  #assembler = new MessageAssembler();
  #joiner = new TextJoiner();
  #lastSeenAt: number | undefined;
  #status: ChatPortStatus;
  #isDisposed = false;

  /** @param lastSeenAt when the device was there last, as far as an earlier port knew: wall clock, ms */
  constructor(tunnel: ClientTunnel, log: Logger = nullLogger, lastSeenAt?: number) {
    this.#tunnel = tunnel;
    this.#log = log;
    this.#lastSeenAt = lastSeenAt;
    this.#status = statusOf(tunnel, lastSeenAt);
    this.#chat = this.#store.add(
      new ResumingChat((running) => {
        tunnel.supervisor.setStreams(running);
      }),
    );
    const update = (): void => {
      this.#updateStatus();
    };
    this.#store.add(tunnel.supervisor.onDidChange(update));
    this.#store.add(tunnel.mux.onRoundTrip(update));
    this.#openStream();
  }

  get onReply(): ChatPort['onReply'] {
    return this.#chat.onReply;
  }

  readonly onDidChangeStatus = this.#statusChanged.event;

  get status(): ChatPortStatus {
    return this.#status;
  }

  send(request: ChatRequest): void {
    this.#chat.send(request);
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
      if (this.#stream === stream) this.#chat.flush();
    });
    stream.onEnd(() => {
      this.#onStreamEnd(stream);
    });
    this.#chat.attach({
      get isWritable() {
        return stream.isWritable;
      },
      write: (request) => {
        stream.write(encodeStreamMessage(encodeChat(request)));
      },
    });
  }

  #onStreamEnd(stream: MuxStream): void {
    if (this.#isDisposed || this.#stream !== stream) return;
    const reason = stream.outcome?.kind === 'reset' ? stream.outcome.code : 'finished';
    this.#log.info('chat stream ended', { reason });
    this.#stream = undefined;
    this.#chat.detach();
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

  #readAll(stream: MuxStream): void {
    try {
      for (let piece = stream.read(); piece; piece = stream.read()) {
        for (const message of this.#assembler.push(piece)) {
          const reply = this.#joiner.take(parseHubReply(decodeJson(message)));
          if (reply) this.#chat.receive(reply);
        }
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#log.error('chat reply refused', { reason: error.message });
      stream.reset('badMessage');
    }
    if (stream.isReadEnded && !this.#isDisposed) stream.end();
  }

  #updateStatus(): void {
    const { state, error, rttMs, quality } = this.#status;
    if (isUp(state)) this.#lastSeenAt = this.#tunnel.clock.now();
    const next = statusOf(this.#tunnel, this.#lastSeenAt);
    if (next.state === state && next.error === error && next.rttMs === rttMs && next.quality === quality) return;
    this.#status = next;
    this.#statusChanged.fire(next);
  }
}

const isUp = (state: ChatPortStatus['state']): boolean => state === 'connected' || state === 'streaming';

function statusOf({ supervisor: { state }, metrics: { quality }, rttMs }: ClientTunnel, lastSeenAt: number | undefined): ChatPortStatus {
  return {
    state: state.kind,
    ...('error' in state ? { error: state.error } : {}),
    ...(lastSeenAt === undefined || isUp(state.kind) ? {} : { lastSeenAt }),
    ...(rttMs !== undefined ? { rttMs } : {}),
    ...(quality === 'unknown' ? {} : { quality }),
  };
}
