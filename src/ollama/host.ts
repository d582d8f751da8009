/** Where an Ollama is, as `OLLAMA_HOST` or the setting names it. */
export interface OllamaAddress {
  readonly scheme: 'http' | 'https';
  /** Without brackets. May be empty or unspecified (`0.0.0.0`), which is for listening: see {@link connectAddress}. */
  readonly host: string;
  readonly port: number;
  /** Empty, or a path with a leading and no trailing slash. */
  readonly prefix: string;
}

const DEFAULT_PORT = 11434;

/**
 * Reads an address exactly as Ollama reads `OLLAMA_HOST` (`envconfig/config.go`, Host): without a scheme the port is 11434, with `http://`
 * 80 and with `https://` 443 by default; a port that is none becomes the default. `undefined` for a scheme that HTTP does not have.
 */
export function parseOllamaHost(text: string): OllamaAddress | undefined {
  const trimmed = text.trim().replace(/^["']+|["']+$/g, '');
  const [before, after] = cut(trimmed, '://');
  if (after === undefined && trimmed === 'ollama.com') return { scheme: 'https', host: 'ollama.com', port: 443, prefix: '' };
  const scheme = after === undefined ? 'http' : before;
  if (scheme !== 'http' && scheme !== 'https') return undefined;
  const defaultPort = after === undefined ? DEFAULT_PORT : scheme === 'http' ? 80 : 443;
  const [hostPort, path = ''] = cut(after ?? trimmed, '/');
  const split = splitHostPort(hostPort);
  const host = split ? split.host : bareHost(hostPort);
  const trimmedPath = path.replace(/^\/+|\/+$/g, '');
  return {
    scheme,
    host,
    port: split ? readPort(split.port, defaultPort) : defaultPort,
    prefix: trimmedPath === '' ? '' : `/${trimmedPath}`,
  };
}

/**
 * The address to connect to. `0.0.0.0` and `::` mean "listen everywhere", and connecting to them fails on Windows; `localhost` may be ::1
 * to Node while Ollama listens on 127.0.0.1; with https it stays, for the certificate's sake.
 */
export function connectAddress(address: OllamaAddress): OllamaAddress {
  const host = address.host.toLowerCase();
  if (host === '' || host === '0.0.0.0' || (host === 'localhost' && address.scheme === 'http')) return { ...address, host: '127.0.0.1' };
  return host === '::' ? { ...address, host: '::1' } : address;
}

export function isLoopbackAddress(address: OllamaAddress): boolean {
  return address.host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address.host);
}

/** The Host header. The port stays where a bare IPv6 literal would make Ollama refuse with 403. */
export function authority(address: OllamaAddress): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  const isDefault = address.port === (address.scheme === 'http' ? 80 : 443);
  return isDefault && !address.host.includes(':') ? host : `${host}:${String(address.port)}`;
}

/** For people: without credentials, should somebody have put some in. */
export function addressUrl(address: OllamaAddress): string {
  return `${address.scheme}://${authority({ ...address, host: address.host.replace(/^.*@/, '') })}${address.prefix}`;
}

/** One place to look. */
export interface OllamaCandidate {
  readonly address: OllamaAddress;
  /** Look here only if the candidate before it refused the connection. */
  readonly onlyIfRefused: boolean;
}

/**
 * Where to look, in order: the user's setting, and then nowhere else, for they named it; otherwise `OLLAMA_HOST`, 127.0.0.1, and [::1] if
 * that refuses. Never `localhost`, never a guess at the network. Empty when the setting is no address.
 */
export function ollamaCandidates(from: {
  readonly setting?: string | undefined;
  readonly environment?: string | undefined;
}): readonly OllamaCandidate[] {
  const read = (text: string): OllamaCandidate[] => {
    const address = parseOllamaHost(text);
    return address ? [{ address: connectAddress(address), onlyIfRefused: false }] : [];
  };
  if (from.setting !== undefined && from.setting.trim() !== '') return read(from.setting);
  const named = from.environment !== undefined && from.environment.trim() !== '' ? read(from.environment) : [];
  const local = { scheme: 'http', host: '127.0.0.1', port: DEFAULT_PORT, prefix: '' } as const;
  const all = [...named, { address: local, onlyIfRefused: false }, { address: { ...local, host: '::1' }, onlyIfRefused: true }];
  return all.filter((one, i) => all.findIndex((other) => addressUrl(other.address) === addressUrl(one.address)) === i);
}

function cut(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** Go's `net.SplitHostPort`; `undefined` where that returns an error. */
function splitHostPort(text: string): { host: string; port: string } | undefined {
  const match = /^\[([^[\]]*)\]:([^:[\]]*)$/.exec(text) ?? /^([^:[\]]*):([^:[\]]*)$/.exec(text);
  return match ? { host: match[1] ?? '', port: match[2] ?? '' } : undefined;
}

/** A host that stands alone. Brackets go where an IPv6 literal is inside. */
function bareHost(text: string): string {
  const inside = text.replace(/^[[\]]+|[[\]]+$/g, '');
  if (text === '') return '127.0.0.1';
  return inside.includes(':') ? inside : text;
}

/** Go's `strconv.ParseInt` within 0 to 65535. */
function readPort(text: string, otherwise: number): number {
  if (!/^[+-]?\d+$/.test(text)) return otherwise;
  const port = Number(text);
  return port >= 0 && port <= 65_535 ? port : otherwise;
}
