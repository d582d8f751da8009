import { connect as connectHttp2 } from 'node:http2';
import { request as requestHttps } from 'node:https';
import { connect } from 'node:tls';
import { testCa } from '../../harness/testCa.ts';

/** One request under way, and what came of it so far. */
export interface Call {
  /** 0 until the head has come. */
  status: number;
  headers: Readonly<Record<string, string | string[] | number | undefined>>;
  text: string;
  isOver: boolean;
  /** The caller goes, as when a tab or a program is closed. */
  leave(): void;
}

export interface Ask {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Without it the request stays open for a body that does not come. */
  readonly body?: string;
}

/** A way to speak HTTP with a server on this machine that the tests' authority vouches for. */
export type Caller = (port: number, ask: Ask) => Call;

export const callers: Readonly<Record<'HTTP/1.1' | 'HTTP/2', Caller>> = { 'HTTP/1.1': callHttp1, 'HTTP/2': callHttp2 };

function callHttp1(port: number, { method, path, headers = {}, body }: Ask): Call {
  const call: Call = { status: 0, headers: {}, text: '', isOver: false, leave: () => outgoing.destroy() };
  const outgoing = requestHttps(`https://localhost:${String(port)}${path}`, { method, headers, agent: false, ca: testCa.cert });
  outgoing.on('error', () => undefined).on('close', () => (call.isOver = true));
  outgoing.on('response', (response) => {
    call.status = response.statusCode ?? 0;
    call.headers = response.headers;
    response.on('error', () => undefined);
    response.setEncoding('utf8').on('data', (piece: string) => (call.text += piece));
  });
  if (body !== undefined) outgoing.end(body);
  else outgoing.flushHeaders();
  return call;
}

function callHttp2(port: number, { method, path, headers = {}, body }: Ask): Call {
  const session = connectHttp2(`https://localhost:${String(port)}`, { ca: testCa.cert });
  const stream = session.request({ ':method': method, ':path': path, ...headers }, { endStream: body === '' });
  // A connection of a caller who leaves one request may live on for others: the stream alone is ended.
  const call: Call = {
    status: 0,
    headers: {},
    text: '',
    isOver: false,
    leave: () => {
      stream.close(8); // CANCEL
    },
  };
  session.on('error', () => undefined);
  stream
    .on('error', () => undefined)
    .on('response', (head) => {
      call.status = head[':status'] ?? 0;
      call.headers = head;
    });
  stream.setEncoding('utf8').on('data', (piece: string) => (call.text += piece));
  stream.on('close', () => {
    call.isOver = true;
    session.close();
  });
  if (body !== undefined && body !== '') stream.end(body);
  return call;
}

/** Sends bytes over TLS from another address of this machine. @returns the head of the answer */
export function rawOverTls(port: number, from: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const way = { port, host: '127.0.0.1', localAddress: from, servername: 'localhost', ca: testCa.cert, ALPNProtocols: ['http/1.1'] };
    const socket = connect(way, () => socket.write(bytes));
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer')));
    socket.setEncoding('latin1').on('data', (piece: string) => {
      text += piece;
      if (text.includes('\r\n\r\n')) socket.destroy();
    });
    socket.on('error', reject).on('close', () => {
      resolve(text);
    });
  });
}
