import { UserError } from '../../../base/userError.ts';

export const DEFAULT_ADMIN_PORT = 8788;
export const DEFAULT_ADMIN_HOST = '127.0.0.1';

/** Where the admin server listens, or is asked. */
export interface AdminPlace {
  readonly host: string;
  /** 0, only when listening, takes any free one. */
  readonly port: number;
}

/**
 * Reads `HOST:PORT`, `HOST`, `PORT` or `[::1]:PORT`; what is left out is 127.0.0.1 and 8788.
 * @param flag as the person typed it, for the error. @throws UserError
 */
export function readAdminPlace(flag: string, text: string): AdminPlace {
  const match = /^(?:(\d{1,5})|(?:(\[[0-9a-f:.]{2,45}\]|[a-z0-9](?:[a-z0-9._-]{0,252}))(?::(\d{1,5}))?))$/i.exec(text);
  const [, only, host = DEFAULT_ADMIN_HOST, port = only ?? String(DEFAULT_ADMIN_PORT)] = match ?? [];
  if (match && Number(port) <= 65_535) return { host: host.replace(/^\[(.*)\]$/, '$1').toLowerCase(), port: Number(port) };
  throw new UserError('badAdminAddress', `${flag} ${text}: not an address and a port.`, 'It looks like 127.0.0.1:8788.');
}

/** As it stands in a URL. */
export function adminAuthority({ host, port }: AdminPlace): string {
  return `${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}
