import { WebSocketServer, type RawData, type ServerOptions, type WebSocket } from 'ws';
import { TurnCork, type Corkable } from '../../base/turnCork.ts';
import { closeCodeFor } from '../../protocol/closeCodes.ts';
import { MAX_LINK_MESSAGE_BYTES, MAX_SOCKET_BACKLOG_BYTES } from '../../protocol/limits.ts';
import type { LinkSocket, LinkSocketHandlers } from '../../protocol/linkSocket.ts';
import { LINK_SUBPROTOCOL } from '../../protocol/versions.ts';

/** A peer that does not answer a farewell is cut after this. */
const CLOSE_TIMEOUT_MS = 2_000;

/** The one upgrade machine of the relay, without a path of its own: `upgrade.ts` decides what comes here. */
export function makeUpgrader(): WebSocketServer {
  const options: ServerOptions & { readonly closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false, // ciphertext does not compress, and contexts cost memory
    maxPayload: MAX_LINK_MESSAGE_BYTES,
    maxFragments: 16,
    maxBufferedChunks: 256,
    closeTimeout: CLOSE_TIMEOUT_MS,
    autoPong: false,
    handleProtocols: () => LINK_SUBPROTOCOL,
  };
  return new WebSocketServer(options);
}

/**
 * Adapts an accepted WebSocket. `listen` says who hears it; call it in the same turn.
 * @param connection what it was accepted on
 */
export function adaptRelaySocket(
  ws: WebSocket,
  connection: Corkable,
): {
  readonly socket: LinkSocket;
  listen(handlers: Omit<LinkSocketHandlers, 'onOpen'>): void;
} {
  let handlers: Omit<LinkSocketHandlers, 'onOpen'> | undefined;
  const cork = new TurnCork(connection);
  ws.on('message', (data: RawData, isBinary: boolean) => {
    if (isBinary) handlers?.onMessage(bytesOf(data));
    else ws.close(closeCodeFor('relayProtocol'));
  });
  ws.on('ping', (data: Buffer) => {
    // answered like `ws` would, but a peer that only asks and never reads is not let fill our memory
    if (ws.readyState === ws.OPEN && ws.bufferedAmount < MAX_SOCKET_BACKLOG_BYTES) ws.pong(data);
  });
  ws.on('error', () => {
    return; // `close` follows
  });
  ws.on('close', (code) => {
    const last = handlers;
    handlers = undefined;
    last?.onClose(code);
  });
  const socket: LinkSocket = {
    send(message) {
      if (ws.readyState !== ws.OPEN) return;
      cork.hold();
      ws.send(message, { binary: true }, () => handlers?.onDrain());
    },
    close(code, reason) {
      ws.close(code, reason);
    },
    terminate() {
      ws.terminate();
    },
    get backlogBytes() {
      return ws.bufferedAmount;
    },
    pause() {
      ws.pause();
    },
    resume() {
      ws.resume();
    },
  };
  return {
    socket,
    listen(given) {
      handlers = given;
    },
  };
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
