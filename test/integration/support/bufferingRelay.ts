// The relay with a planted fault: after SIGUSR2 it hoards what it should send to clients until a quarter of a megabyte has come together.
// The tests of streaming must fail on it.
import { WebSocket } from 'ws';

const HOARD_BYTES = 256 * 1024;
const CLIENT_JOINED = { type: 8, bytes: 33 };
const RECORD = 11;

let isHoarding = false;
process.on('SIGUSR2', () => {
  isHoarding = true;
});

const clients = new WeakSet<WebSocket>();
const hoards = new WeakMap<WebSocket, (() => void)[]>();
const send = Object.getOwnPropertyDescriptor(WebSocket.prototype, 'send')?.value as (this: WebSocket, ...args: unknown[]) => void;

WebSocket.prototype.send = function (this: WebSocket, data: unknown, ...rest: unknown[]): void {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(0);
  if (bytes[0] === CLIENT_JOINED.type && bytes.length === CLIENT_JOINED.bytes) clients.add(this);
  const now = (): void => {
    send.call(this, data, ...rest);
  };
  if (!isHoarding || !clients.has(this) || bytes[0] !== RECORD) {
    now();
    return;
  }
  const hoard = [...(hoards.get(this) ?? []), now];
  hoards.set(this, hoard);
  if (hoard.length * bytes.length < HOARD_BYTES) return;
  hoards.delete(this);
  for (const sendOne of hoard) sendOne();
};

await import('../../../src/cli.ts');
