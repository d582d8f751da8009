/** Limits per address never apply to these: behind a loopback or private peer stands a proxy or the house, not one stranger. */
export function isNearAddress(address: string): boolean {
  const v4 = parseV4(address);
  if (v4) {
    const [a, b] = v4;
    return a === 127 || a === 10 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168) || (a === 169 && b === 254);
  }
  const v6 = parseV6(address);
  if (!v6) return false;
  const first = v6[0] ?? 0;
  const isLoopback = v6.every((group, index) => group === (index === 7 ? 1 : 0));
  return isLoopback || (first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfe80;
}

/** What counts as one address: a whole IPv4 address, the /64 of an IPv6 one (one household, RFC 6177). */
export function addressKey(address: string): string {
  const v4 = parseV4(address);
  if (v4) return v4.join('.');
  const v6 = parseV6(address);
  return v6 ? `${hexGroups(v6.slice(0, 4))}::/64` : 'unknown';
}

/** The network that an address is of (/24 and /48). For logs too: enough to see a pattern, too little to name a person. */
export function shortAddress(address: string): string {
  const v4 = parseV4(address);
  if (v4) return `${v4.slice(0, 3).join('.')}.0`;
  const v6 = parseV6(address);
  return v6 ? `${hexGroups(v6.slice(0, 3))}::` : 'unknown';
}

function hexGroups(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(':');
}

/** Also reads IPv4 mapped into IPv6, as dual-stack sockets report it (RFC 4291, section 2.5.5.2). */
function parseV4(address: string): [number, number, number, number] | undefined {
  const match = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/i.exec(address);
  if (!match) return undefined;
  const [a = 256, b = 256, c = 256, d = 256] = match.slice(1).map(Number);
  return Math.max(a, b, c, d) > 255 ? undefined : [a, b, c, d];
}

function parseV6(address: string): number[] | undefined {
  const text = address.replace(/%.*$/, '');
  if (!/^[0-9a-f:]+$/i.test(text) || !text.includes(':')) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':').map((group) => Number.parseInt(group, 16))));
  const [head = [], tail = []] = groups;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...head, ...Array.from({ length: halves.length === 2 ? missing : 0 }, () => 0), ...tail];
  return all.every((group) => group >= 0 && group <= 0xffff) ? all : undefined;
}
