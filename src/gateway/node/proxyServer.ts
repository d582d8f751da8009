import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exitCodes, UserError } from '../../base/userError.ts';
import { askedHost } from '../../protocol/askedHost.ts';
import { isLoopbackHost } from '../../protocol/relayUrl.ts';
import type { Gateway } from '../gateway.ts';
import { refusals, type Refusal } from '../refusal.ts';
import { refuseHttp, serveHttp } from './httpFront.ts';

/** This computer alone: whoever can connect may use the key. */
const HOST = '127.0.0.1';
const options = {
  headersTimeout: 10_000,
  requestTimeout: 5 * 60_000,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16 * 1024,
} as const;
const MAX_CONNECTIONS = 512;

export interface ProxyServer {
  readonly url: string;
  /** Cuts every connection. */
  close(): Promise<void>;
}

/** Serves a gateway with a key of its own to the programs of this computer. @throws UserError when the port cannot be had */
export async function startProxyServer(gateway: Pick<Gateway, 'handle'>, port: number): Promise<ProxyServer> {
  const server = createServer(options, (request, response) => {
    answer(gateway, request, response);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(listenError(error, port));
    });
    server.listen({ host: HOST, port }, resolve);
  });
  return {
    url: `http://${HOST}:${String((server.address() as AddressInfo).port)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function answer(gateway: Pick<Gateway, 'handle'>, request: IncomingMessage, response: ServerResponse): void {
  const refusal = judge(request);
  if (refusal) refuseHttp(request, response, refusal);
  else serveHttp(gateway, request, response, undefined);
}

/**
 * A web page must not reach it: neither by a name that somebody points here (DNS rebinding) nor across origins. Whoever passes uses the key.
 * Browsers leave `Origin` out where a page only asks to show something, and then say by `Sec-Fetch-Site` that it is another's.
 */
function judge(request: IncomingMessage): Refusal | undefined {
  const host = askedHost(request);
  if (host === undefined || !isLoopbackHost(host.replace(/:\d+$/, ''))) return refusals.foreignHost;
  const { origin } = request.headers;
  const isForeign = origin === undefined ? request.headers['sec-fetch-site'] === 'cross-site' : !isLocalOrigin(origin);
  return isForeign ? refusals.foreignOrigin : undefined;
}

/** What Ollama itself lets in: pages of this computer, and the shells of desktop programs. */
function isLocalOrigin(origin: string): boolean {
  if (/^(app|file|tauri|vscode-webview|vscode-file):\/\//.test(origin)) return true;
  const hostname = /^https?:\/\/(\[[^\]]*\]|[^:/]*)(:\d+)?$/.exec(origin)?.[1];
  return hostname !== undefined && isLoopbackHost(hostname);
}

function listenError(error: NodeJS.ErrnoException, port: number): Error {
  const failed = (code: string, message: string, remedy: string): UserError =>
    new UserError(code, message, remedy, exitCodes.failed, { cause: error });
  const where = `${HOST}:${String(port)}`;
  if (error.code === 'EADDRINUSE')
    return failed('portInUse', `${where} is in use, perhaps by an Ollama of this computer.`, 'Choose another port with --port.');
  if (error.code === 'EACCES')
    return failed('portForbidden', `This user may not listen on ${where}.`, 'Choose a port above 1023 with --port.');
  return error;
}
