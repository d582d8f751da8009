import { WebSocket, type RawData } from 'ws';
import { MAX_LINK_MESSAGE_BYTES } from '../../protocol/limits.ts';
import type { DialLink, LinkSocket, LinkSocketHandlers } from '../../protocol/linkSocket.ts';
import { LINK_SUBPROTOCOL } from '../../protocol/versions.ts';

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
  let refusal: number | 'certificate' | undefined;
  let isOver = false;
  const finish = (code: number): void => {
    if (isOver) return;
    isOver = true;
    handlers.onClose(code, refusal);
  };
  socket.on('unexpected-response', (request, response) => {
    refusal = response.statusCode;
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
      socket.send(message, { binary: true }, () => {
        if (!isOver) handlers.onDrain();
      });
    },
    close(code, reason) {
      if (socket.readyState === WebSocket.CONNECTING) socket.terminate();
      else socket.close(code, reason);
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

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

function isCertificateError(error: NodeJS.ErrnoException): boolean {
  return error.code !== undefined && /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(error.code);
}
