const allowedProtocols: ReadonlySet<string> = new Set(['https:', 'http:', 'mailto:']);

/** The address to open, or undefined: only absolute https, http and mailto addresses are ever opened. */
export function safeHref(url: string): string | undefined {
  const parsed = parse(url);
  return parsed && allowedProtocols.has(parsed.protocol) ? parsed.href : undefined;
}

/** The host that an address leads to; empty when it has none. */
export function hostOf(url: string): string {
  return parse(url)?.hostname ?? '';
}

const domainLike = /(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}/gu;

/** Does the text of a link name another host than the one it leads to? */
export function isDeceptive(text: string, href: string): boolean {
  const host = hostOf(href).toLowerCase();
  if (host === '') return false;
  const named = text.toLowerCase().match(domainLike) ?? [];
  return named.some((name) => name !== host && !host.endsWith(`.${name}`) && isAddress(name, text));
}

/** A file name such as `chat.ts` is no address, unless the text looks like one in other ways. */
function isAddress(name: string, text: string): boolean {
  return name.split('.').length > 2 || /^\s*(?:[a-z]+:\/\/)?[^\s/]+(?:\/\S*)?\s*$/i.test(text);
}

/** Characters that turn the direction of text, with which a link could show another address than its own. */
export const directionControls = /[\u202a-\u202e\u2066-\u2069]/gu;

function parse(url: string): URL | undefined {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
}
