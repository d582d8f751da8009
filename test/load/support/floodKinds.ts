import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';

/** What a flood is told; which of it counts depends on the flood. */
export interface FloodOptions {
  readonly perSecond?: number;
  readonly seconds?: number;
  readonly sockets?: number;
  readonly kinds?: readonly string[];
  readonly capMs?: number;
}

/** Figures by name. */
export type FloodReport = Readonly<Record<string, number>>;

/** A right request for a client's link, as a proxy passes it on that saw `address`. */
export function upgradeText(port: number, address: string): string {
  const lines = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='];
  const headers = [`Host: 127.0.0.1:${String(port)}`, ...lines, 'Sec-WebSocket-Protocol: c2l.v1', `X-Forwarded-For: ${address}`];
  return `GET /v1/dial HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`;
}

/** A byte now and then, until told to stop. */
function trickle(socket: Socket, text: string): () => void {
  let at = 0;
  const timer = setInterval(() => {
    if (socket.writable) socket.write(text[at++ % text.length] ?? ' ');
  }, 1_000);
  return () => {
    clearInterval(timer);
  };
}

function post(port: number, path: string, headers: readonly string[] = []): string {
  return `POST ${path} HTTP/1.1\r\n${[`Host: 127.0.0.1:${String(port)}`, 'Content-Length: 1000000', ...headers].join('\r\n')}\r\n\r\n`;
}

/** Ways to keep a connection with little; each says how to stop. */
export const slowKinds: Readonly<Record<string, (socket: Socket, port: number) => () => void>> = {
  'connects and says nothing': () => () => undefined,
  'a header, a byte a second': (socket, port) => {
    socket.write(`GET /v1/dial HTTP/1.1\r\nHost: 127.0.0.1:${String(port)}\r\nX-Slow: `);
    return trickle(socket, 'a');
  },
  'a link that never speaks': (socket, port) => {
    socket.write(upgradeText(port, '127.0.0.1'));
    return () => undefined;
  },
  'a frame, a byte a second': (socket, port) => {
    socket.write(upgradeText(port, '127.0.0.1'));
    socket.write(Buffer.from([0x82, 0xfe]));
    return trickle(socket, '\u0001');
  },
  'an answered request, then nothing': (socket, port) => {
    socket.write(`GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${String(port)}\r\n\r\n`);
    return () => undefined;
  },
  'a body to the page, a byte a second': (socket, port) => {
    socket.write(post(port, '/'));
    return trickle(socket, 'x');
  },
  'a body to the gateway without a key, a byte a second': (socket, port) => {
    socket.write(post(port, '/api/chat'));
    return trickle(socket, 'x');
  },
};

/** One masked frame from a client (RFC 6455, section 5.2); the mask is zero, so that bytes stay as they are. */
function frame(opcode: number, payload: Uint8Array, isLast = true): Buffer {
  const { length } = payload;
  const head = length < 126 ? [0x80 | length] : [0x80 | 126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([(isLast ? 0x80 : 0) | opcode, ...head, 0, 0, 0, 0]), payload]);
}

/** The same frame many times over, so that the flooder is fast. */
function many(one: Buffer, count = 2_000): () => Buffer {
  const block = Buffer.concat(Array.from({ length: count }, () => one));
  return () => block;
}

const empty = new Uint8Array();
const heartbeatAck = Uint8Array.of(13);

/** One frame, then another many times over. */
function after(first: Buffer, more: Buffer): (number: number) => Buffer {
  const block = many(more);
  return (number) => (number === 0 ? first : block());
}

/** What floods a link, by the number of the write. */
export const frameFloods: Readonly<Record<string, (number: number) => Buffer>> = {
  pings: many(frame(9, randomBytes(100))),
  'empty pings': many(frame(9, empty)),
  'pongs that nobody asked for': many(frame(10, empty)),
  'empty messages': many(frame(2, empty)),
  'empty texts': many(frame(1, empty)),
  'empty fragments of one message': after(frame(2, empty, false), frame(0, empty, false)),
  'fragments of a byte': after(frame(2, Uint8Array.of(1), false), frame(0, Uint8Array.of(1), false)),
  'messages of the greatest length': many(frame(2, new Uint8Array(65_535)), 1),
  'acknowledgements before a dial': many(frame(2, heartbeatAck)),
  'continuations of nothing': many(frame(0, Uint8Array.of(1))),
};
