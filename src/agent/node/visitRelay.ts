import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { TLSSocket } from 'node:tls';
import { deferred, type Deferred } from '../../base/deferred.ts';
import { TunnelError } from '../../protocol/errors.ts';
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
    if (isTls(error)) connected.resolve(undefined);
    const known = meaningOf(error, target.host);
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

/** What is wrong with a certificate, by the code of OpenSSL or Node. */
const certificateFaults: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet, or the clock of this computer is wrong',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is signed by nobody but itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'this computer does not trust who signed it',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate of who signed it is missing',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'this computer does not know who signed it',
  CERT_REVOKED: 'it was revoked',
};

function isCertificate(code: string): boolean {
  return code in certificateFaults || /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code);
}

function isTls({ code = '' }: NodeJS.ErrnoException): boolean {
  return isCertificate(code) || /^(EPROTO|ERR_SSL_|ERR_TLS_)/.test(code);
}

function meaningOf(error: NodeJS.ErrnoException, host: string): TunnelError {
  const { code = '' } = error;
  const unreachable = (detail: string): TunnelError => new TunnelError('relayUnreachable', detail, { cause: error });
  if (isCertificate(code)) return new TunnelError('certificate', certificateFaults[code] ?? code, { cause: error });
  if (isTls(error)) return new TunnelError('certificate', `${host} does not speak TLS as it should`, { cause: error });
  switch (code) {
    case 'ENOTFOUND':
      return unreachable(`the name ${host} does not exist`);
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
      return unreachable(`the name ${host} cannot be looked up; is there a network?`);
    case 'ECONNREFUSED':
      return unreachable(`nothing listens at ${host}`);
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
    case 'ENETDOWN':
    case 'EHOSTDOWN':
      return unreachable(`there is no way to ${host}`);
    case 'ETIMEDOUT':
      return unreachable(`${host} does not answer`);
    case 'ECONNRESET':
    case 'EPIPE':
      return unreachable(`${host} takes the connection and ends it at once`);
    default:
      // what is no HTTP at all has a code of the parser
      return code.startsWith('HPE_') ? new TunnelError('relayNotFound', `${host} does not speak HTTP`) : unreachable(code);
  }
}
