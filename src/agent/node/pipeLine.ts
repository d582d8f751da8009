import type { Socket } from 'node:net';
import { utf8 } from '../../base/bytes.ts';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { Emitter } from '../../base/emitter.ts';
import type { Logger } from '../../base/log.ts';
import { decodeJson } from '../../protocol/chat.ts';
import { MAX_PIPE_BACKLOG_BYTES, MAX_PIPE_MESSAGE_BYTES } from '../../protocol/pipeLimits.ts';
import { encodeStreamMessage, MessageAssembler } from '../../protocol/messageStream.ts';

/** One line of the windows' pipe: JSON messages, each behind its length. What makes no sense ends it. */
export class PipeLine implements Disposable {
  readonly #socket: Socket;
  readonly #log: Logger;
  readonly #owned = new DisposableStore();
  readonly #drained = this.#owned.add(new Emitter<undefined>());
  readonly #closed = this.#owned.add(new Emitter<undefined>());
  #receive: (message: unknown) => void;

  readonly onWritable = this.#drained.event;
  /** It is over, whoever ended it. Nobody hears it after {@link dispose}. */
  readonly onClose = this.#closed.event;

  /** @param receive hears each message; what it throws ends the line */
  constructor(socket: Socket, log: Logger, receive: (message: unknown) => void) {
    this.#socket = socket;
    this.#log = log;
    this.#receive = receive;
    const assembler = new MessageAssembler(MAX_PIPE_MESSAGE_BYTES);
    socket.on('data', (piece: Uint8Array) => {
      try {
        for (const message of assembler.push(piece)) if (!this.#owned.isDisposed) this.#receive(decodeJson(message));
      } catch (error) {
        this.#log.warn('pipe: message refused', { reason: error instanceof Error ? error.message : String(error) });
        socket.destroy();
      }
    });
    socket.on('drain', () => {
      this.#drained.fire(undefined);
    });
    socket.on('error', () => undefined); // `close` follows
    socket.on('close', () => {
      this.#closed.fire(undefined);
      this.dispose();
    });
  }

  /** From now on somebody else hears what comes. */
  hear(receive: (message: unknown) => void): void {
    this.#receive = receive;
  }

  get isWritable(): boolean {
    return !this.#socket.destroyed && this.#socket.writableLength < this.#socket.writableHighWaterMark;
  }

  /** @param message has a JSON of at most {@link MAX_PIPE_MESSAGE_BYTES} */
  send(message: object): void {
    if (this.#owned.isDisposed || this.#socket.destroyed) return;
    const bytes = utf8(JSON.stringify(message));
    if (bytes.length > MAX_PIPE_MESSAGE_BYTES || this.#socket.writableLength > MAX_PIPE_BACKLOG_BYTES) {
      this.#log.warn('pipe: too much for the other end', { bytes: bytes.length, waiting: this.#socket.writableLength });
      this.#socket.destroy();
    } else this.#socket.write(encodeStreamMessage(bytes));
  }

  /** What was sent still leaves. */
  dispose(): void {
    if (this.#owned.isDisposed) return;
    this.#owned.dispose();
    this.#socket.end();
    // an end that is not answered, by a window that hangs, must not hold this process
    this.#socket.unref();
  }
}
