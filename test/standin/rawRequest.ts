import { connect } from 'node:net';

/** One request written byte for byte; what came back until the connection ended, as it came. */
export function rawRequest(port: number, text: string): Promise<{ pieces: string[]; whole: string; error?: string }> {
  return new Promise((resolve) => {
    const pieces: string[] = [];
    let error: string | undefined;
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => socket.write(text));
    socket.setEncoding('latin1');
    socket.on('data', (piece: string) => pieces.push(piece));
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      error = cause.code ?? 'unknown';
    });
    socket.once('close', () => {
      resolve({ pieces, whole: pieces.join(''), ...(error === undefined ? {} : { error }) });
    });
  });
}

/** A request head, to be closed after the answer. */
export function head(method: string, path: string, headers: Record<string, string> = {}, body = ''): string {
  const all = {
    Host: '127.0.0.1:11434',
    ...headers,
    Connection: 'close',
    ...(body === '' ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}
