import { DecodeError } from '../base/bytes.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { Logger } from '../base/log.ts';
import type { ChatPeer } from '../conversation/chatPeer.ts';
import type { Hub } from '../conversation/hub.ts';
import type { HubConnection } from '../conversation/hubConnection.ts';
import type { MuxStream } from '../mux/muxStream.ts';
import { decodeJson, encodeChat, parseChatRequest, type ChatReply, type ChatRequest } from '../protocol/chat.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import { encodeStreamMessage, MessageAssembler } from '../protocol/messageStream.ts';

/**
 * Serves one `chat` stream from the hub, for the client at its other end.
 * @param onRefused hears of what could not be read, and of the end of a stream that broke the contract
 */
export function serveChat(
  hub: Hub,
  stream: MuxStream,
  who: ChatPeer,
  log: Logger,
  onRefused: (reason: ErrorCode) => void = ignore,
): Disposable {
  const store = new DisposableStore();
  const assembler = new MessageAssembler();
  const connection = store.add(
    hub.connect(who, {
      send: (reply) => {
        stream.write(encodeStreamMessage(encodeChat(reply)));
      },
      get ready() {
        return stream.isWritable;
      },
      close: (error) => {
        onRefused(error);
        stream.reset(error);
      },
    }),
  );
  store.add(
    stream.onReadable(() => {
      try {
        for (let piece = stream.read(); piece; piece = stream.read()) {
          for (const message of assembler.push(piece)) receive(connection, stream, message, log, onRefused);
        }
      } catch (error) {
        // Whatever a client brings about ends its stream alone: thrown on, it would end the program.
        const refusal = TunnelError.from(error);
        log.warn('chat stream refused', { reason: refusal.message });
        const code = error instanceof DecodeError ? 'badMessage' : refusal.code;
        onRefused(code);
        stream.reset(code);
      }
      if (stream.isReadEnded) stream.end();
    }),
  );
  store.add(
    stream.onWritable(() => {
      connection.onWritable();
    }),
  );
  store.add(
    stream.onStopRequested(() => {
      stream.end();
    }),
  );
  store.add(
    stream.onEnd(() => {
      store.dispose();
    }),
  );
  return store;
}

/** A request that does not follow the contract is refused by itself; the stream goes on. */
function receive(
  connection: HubConnection,
  stream: MuxStream,
  message: Uint8Array,
  log: Logger,
  onRefused: (reason: ErrorCode) => void,
): void {
  const value = decodeJson(message);
  let request: ChatRequest;
  try {
    request = parseChatRequest(value);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    log.warn('chat request refused', { reason: error.message });
    onRefused('badMessage');
    stream.write(encodeStreamMessage(encodeChat(refusalOf(value))));
    return;
  }
  connection.receive(request);
}

function ignore(): void {
  return;
}

/** The answer to a request that could not be read. */
export function refusalOf(value: unknown): ChatReply {
  return { type: 'refused', ...requestIdOf(value), error: 'badMessage' };
}

/** The id of a request that could not be read, so that its sender does not repeat it for ever. */
function requestIdOf(value: unknown): { readonly requestId?: string } {
  if (typeof value !== 'object' || value === null || !('requestId' in value)) return {};
  const { requestId } = value;
  return typeof requestId === 'string' && /^[A-Za-z0-9_-]{22}$/.test(requestId) ? { requestId } : {};
}
