import { isErrorCode } from '../protocol/errors.ts';

/** What of this machine a text may name, and must not. */
export interface Private {
  /** The home folder. */
  readonly home?: string;
  /** Names of machine and user. Shorter ones than three letters are left, for they are in every other word. */
  readonly names?: readonly string[];
  /** The relay's host, with its port. */
  readonly relayHost?: string;
}

interface Rule {
  readonly pattern: RegExp;
  readonly into: string | ((match: string, ...groups: string[]) => string);
}

/**
 * What is secret by its form, whoever wrote it. The first that fits decides, so whole links come before what is in them. Forms:
 * `secure/apiKey.ts`, `secure/pairingSecret.ts`, `secure/invite.ts`.
 */
const rules: readonly Rule[] = [
  { pattern: /\bc2l_[\w-]{8,}/g, into: '<API key>' },
  { pattern: /\b[a-z][a-z0-9+.-]{0,15}:\/\/[^\s"'<>#]{0,2000}#[^\s"'<>)]+/gi, into: '<link with a secret>' },
  { pattern: /\b[0-9A-HJKMNP-TV-Z]{5}(?:-[0-9A-HJKMNP-TV-Z]{5}){3}\b/gi, into: '<pairing code>' },
  { pattern: /(?<![\w-])[a-z0-9-]{1,32}\.\d{9,11}\.[\w-]{16,}/g, into: '<invite>' },
  { pattern: /\b(authorization|cookie|set-cookie|x-api-key)\b\s{0,5}[:=]\s{0,5}[^\r\n]+/gi, into: (_whole, name) => `${name}: <secret>` },
  { pattern: /\b(bearer|basic)\s{1,5}[\w.~+/=-]{8,}/gi, into: (_whole, name) => `${name} <secret>` },
  {
    pattern: /(--(?:secret|token|invite|password|key)\s|(?:secret|password|passwd|token|invite|psk|api[-_]?key)["']?\s?[:=]\s?)("[^"]*"|'[^']*'|[^\s,;}&]+)/gi,
    into: (_whole, name) => `${name}<secret>`,
  },
  { pattern: /([a-z][a-z0-9+.-]{0,15}:\/\/)[^\s/@"'<>]{1,500}@/gi, into: (_whole, scheme) => scheme },
  { pattern: /([a-z][a-z0-9+.-]{0,15}:\/\/[^\s?#"'<>]{1,2000})\?[^\s"'<>)]+/gi, into: (_whole, address) => `${address}?<query>` },
  { pattern: /(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/g, into: '<e-mail>' },
  { pattern: /(?<![\w-])[\w-]{22,}(?![\w-])/g, into: (token) => (isWord(token) ? token : '<id>') },
]; // prettier-ignore

/** 16 bytes of an id, a hash or a key are 22 characters of base64url. Our own long words, and what has but one kind of letters, are none. */
function isWord(token: string): boolean {
  return isErrorCode(token) || /^(?:[a-z-]+|[A-Z_-]+|[\d_-]+)$/.test(token);
}

/** Folders of people, whosever they are. */
const homes = /(?:\/(?:home|Users)\/|\b[A-Za-z]:[\\/]Users[\\/])[^\s\\/:"'<>|]+/g;
const urlHost = /([a-z][a-z0-9+.-]{0,15}:\/\/)(\[[0-9a-f:.]{2,45}\]|[^\s/:"'<>)]+)(:\d+)?/gi;
const ipv4 = /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)/g;
const ipv6 = /(?<![\w:])(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}(?![\w:])/gi;

/**
 * A text that may be shown to strangers: without secrets, without addresses but those of this computer, without names of people and
 * machines. Reports hold none of these by themselves; this is the net under them.
 */
export function redact(text: string, { home, names = [], relayHost }: Private = {}): string {
  let safe = text;
  if (home !== undefined && home.length > 1) safe = replaceAllOf(safe, home, '~');
  safe = safe.replace(homes, '~');
  for (const { pattern, into } of rules) safe = typeof into === 'string' ? safe.replace(pattern, into) : safe.replace(pattern, into);
  if (relayHost !== undefined && relayHost !== '' && !isThisComputer(relayHost.replace(/:\d+$/, ''))) {
    safe = replaceAllOf(safe, relayHost, '<relay>');
    safe = replaceAllOf(safe, relayHost.replace(/:\d+$/, ''), '<relay>');
  }
  safe = safe.replace(urlHost, (whole, scheme: string, host: string, port = '') =>
    isThisComputer(host) || host.startsWith('<') ? whole : `${scheme}<host>${String(port)}`,
  );
  safe = safe.replace(ipv4, (address) => (isThisComputer(address) ? address : '<address>'));
  safe = safe.replace(ipv6, (address) => (isThisComputer(address) ? address : '<address>'));
  for (const name of names) if (name.length > 2 && !isThisComputer(name.toLowerCase())) safe = replaceAllOf(safe, name, '<name>', true);
  return safe;
}

function isThisComputer(host: string): boolean {
  return host === 'localhost' || host === '0.0.0.0' || host.startsWith('127.') || /^\[?(?:::1?|0:0:0:0:0:0:0:1)\]?$/.test(host);
}

function replaceAllOf(text: string, part: string, into: string, isWord = false): string {
  const literal = part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return text.replace(new RegExp(isWord ? `(?<!\\w)${literal}(?!\\w)` : literal, 'gi'), into);
}
