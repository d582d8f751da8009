import { UserError } from '../../../base/userError.ts';

export const DEFAULT_NATS_PORT = 4222;
const MAX_SERVERS = 16;

/** One NATS server, and who we are there. */
export interface NatsServer {
  readonly host: string;
  readonly port: number;
  /** The connection must be encrypted and the server's certificate sound. */
  readonly tls: boolean;
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
}

/**
 * Reads `nats://HOST`, `tls://USER:PASSWORD@HOST:PORT` or `nats://TOKEN@HOST`, several separated by commas.
 * @param flag as the person typed it, for the error, which does not repeat what may be a password. @throws UserError
 */
export function readNatsServers(flag: string, text: string): readonly NatsServer[] {
  const servers = text.split(',').map((one) => readOne(flag, one.trim()));
  if (servers.length <= MAX_SERVERS) return servers;
  throw bad(flag, `names more than ${String(MAX_SERVERS)} servers`);
}

/** As it may stand in a log: without who we are. */
export function natsPlace({ host, port, tls }: NatsServer): string {
  return `${tls ? 'tls' : 'nats'}://${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}

function readOne(flag: string, text: string): NatsServer {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url !== undefined && ['', '/'].includes(url.pathname) && url.search === '' && url.hash === '';
  if (!isPlain || !['nats:', 'tls:'].includes(url.protocol) || url.hostname === '') throw bad(flag, 'is not the address of a NATS server');
  const [user, pass] = [decoded(flag, url.username), decoded(flag, url.password)];
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_NATS_PORT : Number(url.port),
    tls: url.protocol === 'tls:',
    ...(user === '' ? {} : pass === '' ? { token: user } : { user, pass }),
  };
}

function decoded(flag: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw bad(flag, 'holds a % that stands for nothing');
  }
}

function bad(flag: string, what: string): UserError {
  return new UserError(
    'badNatsUrl',
    `What stands after ${flag} ${what}.`,
    'It looks like nats://nats.internal:4222 or tls://user:password@nats.internal; several are separated by commas.',
  );
}
