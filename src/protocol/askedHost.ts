/** What of an HTTP request says whom it asks; Node's `IncomingMessage` has it. */
export interface AskingRequest {
  /** The request target, as it stands in the request line. */
  readonly url?: string | undefined;
  readonly httpVersion: string;
  /** Names and values by turns, as they came. */
  readonly rawHeaders: readonly string[];
}

/** Hosts as browsers and proxies write them: the port of the scheme may stand there or not (RFC 9110, section 4.2.3). */
export function hostsOf(origins: readonly string[]): ReadonlySet<string> {
  return new Set(
    origins.flatMap((origin) => {
      const { host, port, protocol } = new URL(origin);
      return port === '' ? [host, `${host}:${protocol === 'https:' ? '443' : '80'}`] : [host];
    }),
  );
}

const hostPattern = /^[a-z0-9._-]*(:\d*)?$|^\[[0-9a-f:.]+\](:\d*)?$/;

/**
 * The host that a request asks for, in lower case; '' where HTTP/1.0 named none. Undefined for what must be answered 400 (RFC 9112,
 * section 3.2): no Host line, two of them, of which each reader could choose another, and what is no host; and for a target that is not a
 * path, for then it names a host of its own, in whose name only a proxy may answer.
 */
export function askedHost({ url = '', httpVersion, rawHeaders }: AskingRequest): string | undefined {
  const hosts = rawHeaders.flatMap((value, at) =>
    at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'host' ? [value.toLowerCase()] : [],
  );
  const [host = httpVersion === '1.0' ? '' : undefined, second] = hosts;
  return url.startsWith('/') && second === undefined && host !== undefined && hostPattern.test(host) ? host : undefined;
}
