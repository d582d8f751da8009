import { TunnelError } from './errors.ts';

/** An error as a system's sockets throw it: the code is OpenSSL's, Node's or the system's. */
export interface SystemFault extends Error {
  readonly code?: string | undefined;
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

/** TLS was spoken, or was to be: whoever says so has a connection. */
export function isTlsFault({ code = '' }: SystemFault): boolean {
  return isCertificate(code) || /^(EPROTO|ERR_SSL_|ERR_TLS_)/.test(code);
}

/** What an HTTP request's error means for whoever looks for a relay at `host`; the detail says what is in the way. */
export function meaningOfRequestFault(error: SystemFault, host: string): TunnelError {
  const { code = '' } = error;
  const unreachable = (detail: string): TunnelError => new TunnelError('relayUnreachable', detail, { cause: error });
  if (isCertificate(code)) return new TunnelError('certificate', certificateFaults[code] ?? code, { cause: error });
  if (isTlsFault(error)) return new TunnelError('certificate', `${host} does not speak TLS as it should`, { cause: error });
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
