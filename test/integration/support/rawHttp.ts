import { connect } from 'node:net';

/** What came back over a plain socket; status 0 where nothing did. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case and values, one a line, as they came. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** A right request for a client's link, and more headers. Its key is always the same, and so is the answer. */
export function upgradeBytes(port: number, headers: readonly string[] = []): string {
  const own = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='];
  const lines = [...own, 'Sec-WebSocket-Protocol: c2l.v1', ...headers];
  return `GET /v1/dial HTTP/1.1\r\nHost: 127.0.0.1:${String(port)}\r\n${lines.join('\r\n')}\r\n\r\n`;
}

/** Sends these bytes on a connection of their own and reads until the other side is done: the end, or an accepted upgrade. */
export async function rawExchange(port: number, bytes: string): Promise<RawAnswer> {
  const answer = await new Promise<string>((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('latin1').setTimeout(10_000, () => socket.destroy(new Error(`no end of the answer to ${bytes}`)));
    socket.on('data', (piece: string) => {
      text += piece;
      if (text.startsWith('HTTP/1.1 101 ') && text.includes('\r\n\r\n')) socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET') reject(error);
    });
    socket.on('close', () => {
      resolve(text);
    });
  });
  const [head = '', ...rest] = answer.split('\r\n\r\n');
  const [line = '', ...headers] = head.split('\r\n');
  return {
    status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1] ?? 0),
    headers: headers.map((header) => [header.split(':', 1)[0]?.toLowerCase() ?? '', header.slice(header.indexOf(':') + 1).trim()] as const),
    body: rest.join('\r\n\r\n'),
  };
}
