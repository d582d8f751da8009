import type { LinkSocket } from '../../src/protocol/linkSocket.ts';

/** The same end of a line, but for what is sent on it: `alter` says what goes out in the place of each message. */
export function alterSent(socket: LinkSocket, alter: (message: Uint8Array) => readonly Uint8Array[]): LinkSocket {
  return {
    get backlogBytes() {
      return socket.backlogBytes;
    },
    send: (message) => {
      for (const altered of alter(message)) socket.send(altered);
    },
    close: (code, reason) => {
      socket.close(code, reason);
    },
    terminate: () => {
      socket.terminate();
    },
    pause: () => {
      socket.pause();
    },
    resume: () => {
      socket.resume();
    },
  };
}
