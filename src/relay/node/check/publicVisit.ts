import type { LookupAddress } from 'node:dns';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as connectTcp, isIP, type LookupFunction } from 'node:net';
import { connect as connectTls, type PeerCertificate } from 'node:tls';
import { UserError, exitCodes } from '../../../base/userError.ts';
import { meaningOfRequestFault } from '../../../protocol/requestFaults.ts';
import { PRODUCT_VERSION } from '../../../protocol/versions.ts';

/** What is read of an answer: the page's document is smaller, a relay's refusal much smaller. */
const MAX_BODY_BYTES = 256 * 1024;

/** What the way to a relay goes by; tests put their own in place. */
export interface Surroundings {
  /** All addresses of a name. */
  readonly lookUp: (name: string) => Promise<readonly LookupAddress[]>;
  /** Authorities that are trusted instead of Node's own (which `NODE_EXTRA_CA_CERTS` adds to). */
  readonly authorities?: string;
}

export interface PublicAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** When each piece of the body came, ms of `performance`. */
  readonly pieces: readonly { readonly atMs: number; readonly text: string }[];
}

/** What certificate a server showed, once it was found valid. */
export interface ShownCertificate {
  readonly issuer: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly tls: string;
}

/** Connects and hangs up. @throws the system's error */
export function tryAddress({ address }: LookupAddress, port: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: address, port, signal });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}

/** @throws UserError what is wrong with the certificate */
export function readCertificate(url: URL, surroundings: Surroundings, signal: AbortSignal): Promise<ShownCertificate> {
  return new Promise((resolve, reject) => {
    const host = bareHost(url);
    const socket = connectTls({
      host,
      port: portOf(url),
      lookup: lookupOf(surroundings),
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(surroundings.authorities === undefined ? {} : { ca: surroundings.authorities }),
    });
    const hangUp = (): void => void socket.destroy();
    signal.addEventListener('abort', hangUp, { once: true });
    socket.once('secureConnect', () => {
      // of an empty object when a session was resumed, which is not asked for here
      const { issuer, valid_from: from, valid_to: to } = socket.getPeerCertificate() as Partial<PeerCertificate>;
      const name = issuer?.O ?? issuer?.CN ?? 'unknown';
      const tls = socket.getProtocol() ?? 'TLS';
      socket.destroy();
      resolve({
        issuer: Array.isArray(name) ? name.join(' ') : name,
        notBefore: Date.parse(from ?? ''),
        notAfter: Date.parse(to ?? ''),
        tls,
      });
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      reject(certificateFault(error, url.host));
    });
  });
}

/** One GET on a connection of its own; follows no redirect. @throws UserError when there is no answer */
export function ask(url: URL, surroundings: Surroundings, signal: AbortSignal): Promise<PublicAnswer> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      reject(unreachable(error, url.host));
    };
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(
      url,
      {
        agent: false,
        signal,
        lookup: lookupOf(surroundings),
        ...(surroundings.authorities === undefined ? {} : { ca: surroundings.authorities }),
        headers: { Accept: '*/*', 'User-Agent': `CloudToLocalLLM/${PRODUCT_VERSION} check`, Connection: 'close' },
      },
      (response) => {
        const pieces: { atMs: number; text: string }[] = [];
        let length = 0;
        const finish = (): void => {
          const body = pieces.map(({ text }) => text).join('');
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body, pieces });
        };
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          pieces.push({ atMs: performance.now(), text });
          length += text.length;
          if (length <= MAX_BODY_BYTES) return;
          finish();
          response.destroy();
        });
        response.on('end', finish);
        response.on('error', fail);
      },
    );
    request.on('error', fail);
    request.end();
  });
}

/** A host as sockets and look-ups take it. */
export function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

export function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}

/** Node's way to ask for a name's addresses, by ours. */
export function lookupOf({ lookUp }: Surroundings): LookupFunction {
  return (name, { all = false }, callback) => {
    lookUp(name).then(
      (found) => {
        const [first] = found;
        if (all) callback(null, [...found]);
        else if (first) callback(null, first.address, first.family);
        else callback(Object.assign(new Error(`no address of ${name}`), { code: 'ENOTFOUND' }), '');
      },
      (error: unknown) => {
        callback(error as NodeJS.ErrnoException, '');
      },
    );
  };
}

/** Nothing answered as HTTP does. */
export function unreachable(error: NodeJS.ErrnoException, host: string): UserError {
  const { detail = 'no answer' } = meaningOfRequestFault(error, host);
  const remedy = 'Check that the web server runs, that it listens on this address and port, and that a firewall lets people through to it.';
  return new UserError('unreachable', `${capital(detail)}.`, remedy, exitCodes.failed, { cause: error });
}

/** What mends a certificate, by the code of OpenSSL or Node. */
const certificateRemedies: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'Renew it, restart the web server, and see why it was not renewed by itself.',
  CERT_NOT_YET_VALID: 'Set the clocks of both computers; else have the certificate made anew.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Have a certificate made for this very name, and see which site of the web server answers to it.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'Use a certificate that browsers trust, for example from Let’s Encrypt; Caddy fetches one by itself.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'Have the web server send the whole chain: fullchain.pem, not cert.pem.',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'Have the web server send the whole chain: fullchain.pem, not cert.pem.',
};

function certificateFault(error: NodeJS.ErrnoException, host: string): UserError {
  const { code, detail = '' } = meaningOfRequestFault(error, host);
  if (code !== 'certificate') return unreachable(error, host);
  const isOfHost = detail.startsWith(host);
  const message = isOfHost ? `${capital(detail)}.` : `The certificate of ${host} is not valid: ${detail}.`;
  const remedy =
    certificateRemedies[error.code ?? ''] ??
    (isOfHost
      ? 'Have the web server speak https on this port.'
      : 'If the authority is your own, name it in NODE_EXTRA_CA_CERTS; browsers and phones must trust it too.');
  return new UserError('certificate', message, remedy, exitCodes.failed, { cause: error });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
