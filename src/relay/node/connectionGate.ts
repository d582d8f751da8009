import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { addressKey, isNearAddress } from '../addresses.ts';

/**
 * Connections that have not become links, of one address: who opens more and says nothing would take all that the server has, for as long
 * as a request's head may take. One more is cut at once. Behind proxies all connections are the proxies', and are theirs to bound.
 */
export function guardConnections(server: Server, maxPerAddress: number, trustedHops: number): void {
  if (trustedHops > 0) return;
  const open = new Map<string, number>();
  /** Connections still counted. */
  const counted = new WeakMap<object, string>();
  const forget = (socket: object): void => {
    const key = counted.get(socket);
    if (key === undefined) return;
    counted.delete(socket);
    const left = (open.get(key) ?? 1) - 1;
    if (left > 0) open.set(key, left);
    else open.delete(key);
  };
  server.on('connection', (socket: Socket) => {
    const { remoteAddress = '' } = socket;
    if (isNearAddress(remoteAddress)) return;
    const key = addressKey(remoteAddress);
    const others = open.get(key) ?? 0;
    if (others >= maxPerAddress) {
      socket.destroy();
      return;
    }
    open.set(key, others + 1);
    counted.set(socket, key);
    socket.once('close', () => {
      forget(socket);
    });
  });
  // links have bounds of their own
  server.on('upgrade', (_request, socket: object) => {
    forget(socket);
  });
}
