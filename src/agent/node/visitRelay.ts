import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { TLSSocket } from 'node:tls';
import { deferred, type Deferred } from '../../base/deferred.ts';
import { isTlsFault, meaningOfRequestFault } from '../../protocol/requestFaults.ts';
import { PRODUCT_VERSION } from '../../protocol/versions.ts';
import type { RelayAnswer, RelayVisit, VisitRelay } from '../relayVisit.ts';

/** What is read of an answer. */
const MAX_BODY_BYTES = 4 * 1024;

/** Goes by Node's own HTTP, so that the editor's proxy settings hold here as they do for links. */
export const visitRelay: VisitRelay = (url): RelayVisit => {
  const connected = heardOrNot<undefined>();
  const secured = heardOrNot<undefined>();
  const answered = heardOrNot<RelayAnswer>();
  const target = new URL(url);
  const isSecure = target.protocol === 'https:';
  const request = (isSecure ? httpsRequest : httpRequest)(target, {
    agent: false,
    headers: { Accept: 'text/plain', 'User-Agent': `CloudToLocalLLM/${PRODUCT_VERSION}`, Connection: 'close' },
  });
  const fail = (error: NodeJS.ErrnoException): void => {
    // behind a proxy nothing is heard of the connection: whoever speaks of TLS has one
    if (isTlsFault(error)) connected.resolve(undefined);
    const known = meaningOfRequestFault(error, target.host);
    for (const stage of [connected, secured, answered]) stage.reject(known);
  };
  request.once('socket', (socket) => {
    if (!socket.connecting) connected.resolve(undefined);
    socket.once('connect', () => {
      connected.resolve(undefined);
      if (!isSecure) secured.resolve(undefined);
    });
    if (socket instanceof TLSSocket)
      socket.once('secureConnect', () => {
        secured.resolve(undefined);
      });
  });
  request.once('response', (response) => {
    connected.resolve(undefined);
    secured.resolve(undefined);
    readAnswer(response).then(answered.resolve, fail);
  });
  request.on('error', fail);
  request.end();
  return {
    connected: connected.promise,
    secured: secured.promise,
    answered: answered.promise,
    dispose: () => {
      request.destroy();
    },
  };
};

async function readAnswer(response: IncomingMessage): Promise<RelayAnswer> {
  let body = '';
  response.setEncoding('utf8');
  for await (const part of response) {
    body += String(part);
    if (body.length > MAX_BODY_BYTES) break; // leaving the loop ends the response
  }
  const date = Date.parse(response.headers.date ?? '');
  return { status: response.statusCode ?? 0, body: body.slice(0, MAX_BODY_BYTES), ...(Number.isNaN(date) ? {} : { date }) };
}

/** Nobody need wait for a stage that fails. */
function heardOrNot<T>(): Deferred<T> {
  const stage = deferred<T>();
  stage.promise.catch(() => undefined);
  return stage;
}
