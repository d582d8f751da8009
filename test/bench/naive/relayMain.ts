// The relay that one writes first: JSON text over a WebSocket, one message a token, no flow control, no cancelling, no encryption. It is
// here to be compared with, and does what such relays in the field do.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { endWithParent, say } from '../lib/childEnd.ts';

type FromAgent =
  | { readonly type: 'head'; readonly id: number; readonly status: number; readonly contentType: string }
  | { readonly type: 'token'; readonly id: number; readonly text: string }
  | { readonly type: 'end'; readonly id: number };

let agent: WebSocket | undefined;
let lastId = 0;
const answers = new Map<number, ServerResponse>();

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const id = ++lastId;
    answers.set(id, response);
    response.on('close', () => answers.delete(id));
    const { method, url: path, headers } = request;
    agent?.send(JSON.stringify({ type: 'request', id, method, path, headers, body: Buffer.concat(parts).toString() }));
  });
});

new WebSocketServer({ server, path: '/agent' }).on('connection', (socket) => {
  agent = socket;
  say({ type: 'joined' });
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as FromAgent;
    const response = answers.get(message.id);
    if (!response) return;
    if (message.type === 'head') response.writeHead(message.status, { 'content-type': message.contentType });
    else if (message.type === 'token') response.write(message.text);
    else response.end();
  });
});

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  say({ type: 'listening', port: (server.address() as AddressInfo).port });
});
endWithParent();
