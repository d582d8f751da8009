import type { DialLink } from '../../protocol/linkSocket.ts';
import { LINK_SUBPROTOCOL } from '../../protocol/versions.ts';

/** How often the backlog is looked at while there is one: browsers tell nobody that a socket has drained. */
const DRAIN_POLL_MS = 20;

/** Dials links with the browser's WebSocket. It cannot be paused, and a refused upgrade looks like a lost line. */
export const dialBrowser: DialLink = (url, handlers) => {
  const socket = new WebSocket(url, LINK_SUBPROTOCOL);
  socket.binaryType = 'arraybuffer';
  let drainPoll: ReturnType<typeof setInterval> | undefined;
  let isOver = false;
  const stopPolling = (): void => {
    clearInterval(drainPoll);
    drainPoll = undefined;
  };
  const finish = (code: number): void => {
    if (isOver) return;
    isOver = true;
    stopPolling();
    handlers.onClose(code);
  };
  socket.addEventListener('open', () => {
    handlers.onOpen();
  });
  socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    // A text message is nothing that a relay sends; an empty one is refused by the decoder.
    handlers.onMessage(data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(0));
  });
  socket.addEventListener('close', ({ code }) => {
    finish(code);
  });
  return {
    send(message) {
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.send(message.slice());
      drainPoll ??= setInterval(() => {
        if (socket.bufferedAmount === 0) stopPolling();
        handlers.onDrain();
      }, DRAIN_POLL_MS);
    },
    close(code, reason) {
      // A page may only use 1000 and 3000 to 4999 (WHATWG WebSockets).
      socket.close(code === 1000 || code >= 3000 ? code : 1000, reason);
    },
    terminate() {
      socket.close();
      queueMicrotask(() => {
        finish(1006);
      });
    },
    get backlogBytes() {
      return socket.bufferedAmount;
    },
    pause: () => undefined,
    resume: () => undefined,
  };
};
