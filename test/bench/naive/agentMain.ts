// The naive relay's other half. Arguments: the relay's port, the model's port.
import { WebSocket } from 'ws';
import { endWithParent } from '../lib/childEnd.ts';

interface Request {
  readonly id: number;
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

const [relayPort = '', modelPort = ''] = process.argv.slice(2);
const socket = new WebSocket(`ws://127.0.0.1:${relayPort}/agent`);

async function answer({ id, method, path, body }: Request): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${modelPort}${path}`, {
    method,
    ...(body === '' ? {} : { body, headers: { 'content-type': 'application/json' } }),
  });
  socket.send(JSON.stringify({ type: 'head', id, status: response.status, contentType: response.headers.get('content-type') ?? '' }));
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of response.body ?? []) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) socket.send(JSON.stringify({ type: 'token', id, text: `${line}\n` }));
  }
  if (rest !== '') socket.send(JSON.stringify({ type: 'token', id, text: rest }));
  socket.send(JSON.stringify({ type: 'end', id }));
}

socket.on('message', (data: Buffer) => {
  answer(JSON.parse(data.toString()) as Request).catch(() => undefined);
});
endWithParent();
