import { WebSocketServer, type RawData, type ServerOptions, type WebSocket } from 'ws';
import { systemClock } from '../../base/clock.ts';
import { RateLimiter } from '../../base/rateLimiter.ts';
import { TurnCork, type Corkable } from '../../base/turnCork.ts';
import { closeCodeFor } from '../../protocol/closeCodes.ts';
import { MAX_LINK_MESSAGE_BYTES, MAX_SOCKET_BACKLOG_BYTES, PINGS_PER_LINK } from '../../protocol/limits.ts';
import type { LinkSocket, LinkSocketHandlers } from '../../protocol/linkSocket.ts';
import { LINK_SUBPROTOCOL } from '../../protocol/versions.ts';

/** A peer that does not answer a farewell is cut after this. */
const CLOSE_TIMEOUT_MS = 2_000;
/** The same for one that has broken the protocol, and may be at it still. */
const FAULT_TIMEOUT_MS = 500;
/** The name under which a link's one bucket of pings goes. */
const PINGS = '';

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
  const pings = new RateLimiter(systemClock, PINGS_PER_LINK, 1);
  let cut: NodeJS.Timeout | undefined;
  const cutSoon = (): void => {
    ws.pause(); // what else it has sent is not worth a glance
    cut ??= setTimeout(() => {
      ws.terminate();
    }, FAULT_TIMEOUT_MS);
  };
  const close = (code: number, reason?: string): void => {
    ws.close(code, reason);
    if (code === closeCodeFor('relayProtocol')) cutSoon();
  };
  /** Pings and pongs cost as much as frames, and come past all that counts those. */
  const mayGoOn = (): boolean => {
    if (ws.readyState !== ws.OPEN) return false;
    if (pings.take(PINGS) === 0) return true;
    ws.close(closeCodeFor('relayBusy'));
    cutSoon();
    return false;
  };
  ws.on('message', (data: RawData, isBinary: boolean) => {
    if (isBinary) handlers?.onMessage(bytesOf(data));
    else close(closeCodeFor('relayProtocol'));
  });
  ws.on('ping', (data: Buffer) => {
    // answered like `ws` would, but a peer that only asks and never reads is not let fill our memory
    if (mayGoOn() && ws.bufferedAmount < MAX_SOCKET_BACKLOG_BYTES) ws.pong(data);
  });
  ws.on('pong', mayGoOn);
  ws.on('error', cutSoon); // `ws` has said its farewell, and waits for the answer
  ws.on('close', (code) => {
    clearTimeout(cut);
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
    close,
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
