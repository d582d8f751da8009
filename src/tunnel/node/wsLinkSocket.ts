import { WebSocket, type RawData } from 'ws';
import { TurnCork } from '../../base/turnCork.ts';
import { MAX_LINK_MESSAGE_BYTES } from '../../protocol/limits.ts';
import type { DialLink, LinkRefusal, LinkSocket, LinkSocketHandlers } from '../../protocol/linkSocket.ts';
import { LINK_SUBPROTOCOL, olderOf } from '../../protocol/versions.ts';

/** How long a peer may take to answer a farewell before the socket is ended without it, ms. */
const FAREWELL_MS = 2_000;

/** Dials links with the `ws` package; compression off, because tokens do not compress and contexts cost memory. */
export const dialWs: DialLink = (url, handlers) => {
  const socket = new WebSocket(url, LINK_SUBPROTOCOL, {
    perMessageDeflate: false,
    maxPayload: MAX_LINK_MESSAGE_BYTES,
    followRedirects: false,
  });
  return adapt(socket, handlers);
};

function adapt(socket: WebSocket, handlers: LinkSocketHandlers): LinkSocket {
  let refusal: LinkRefusal | undefined;
  let isOver = false;
  let farewell: NodeJS.Timeout | undefined;
  let cork: TurnCork | undefined;
  socket.once('upgrade', (response) => {
    cork = new TurnCork(response.socket);
  });
  const finish = (code: number): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(farewell);
    handlers.onClose(code, refusal);
  };
  socket.on('unexpected-response', (request, response) => {
    // Only a relay names the versions of links that it speaks. One that names ours has not seen that we offered it: a proxy took that off.
    const older = olderOf(response.headers['sec-websocket-protocol'] ?? '');
    refusal = older ? `${older}Older` : response.statusCode;
    response.destroy();
    request.destroy();
    // `ws` leaves the socket to us here and emits nothing more.
    queueMicrotask(() => {
      finish(1006);
    });
  });
  socket.on('open', () => {
    handlers.onOpen();
  });
  socket.on('message', (data: RawData) => {
    handlers.onMessage(bytesOf(data));
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (isCertificateError(error)) refusal = 'certificate';
  });
  socket.on('close', (code) => {
    finish(code);
  });
  return {
    send(message) {
      if (socket.readyState !== WebSocket.OPEN) return;
      cork?.hold();
      socket.send(message, { binary: true }, () => {
        if (!isOver) handlers.onDrain();
      });
    },
    close(code, reason) {
      if (socket.readyState === WebSocket.CONNECTING) {
        socket.terminate();
        return;
      }
      socket.close(code, reason);
      if (isOver) return;
      farewell ??= setTimeout(() => {
        socket.terminate();
      }, FAREWELL_MS);
    },
    terminate() {
      socket.terminate();
    },
    get backlogBytes() {
      return socket.bufferedAmount;
    },
    pause() {
      socket.pause();
    },
    resume() {
      socket.resume();
    },
  };
}

/** A plain view, no Buffer: the `slice` of a Buffer copies nothing, and neutral code counts on its copies. */
function bytesOf(data: RawData): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  const { buffer, byteOffset, byteLength } = Array.isArray(data) ? Buffer.concat(data) : data;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function isCertificateError(error: NodeJS.ErrnoException): boolean {
  return error.code !== undefined && /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(error.code);
}
