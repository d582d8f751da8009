import { DecodeError, fromUtf8 } from '../base/bytes.ts';

/** Deeper than any tool's schema. */
const MAX_DEPTH = 32;
/** Values and keys in one body, so that a small body cannot become a large heap. */
const MAX_NODES = 300_000;
const MAX_KEY_CHARS = 256;

/**
 * JSON in which every reader sees the same: UTF-8 without a byte order mark, no key twice in an object, no
 * `__proto__`, bounded depth and count. The text is looked through before it is parsed.
 * @throws DecodeError whose message is safe to show
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  const text = fromUtf8(bytes);
  scan(text);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new DecodeError('not JSON');
  }
}

/** Counts and keys. Of text that is no JSON it need not make sense: that is refused a line later. */
function scan(text: string): void {
  /** One per open bracket: the keys of an object, or undefined for an array. */
  const open: (Set<string> | undefined)[] = [];
  let keys: Set<string> | undefined;
  let isKeyNext = false;
  let nodes = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: {
        const end = endOfString(text, at);
        if (keys && isKeyNext) addKey(keys, text.slice(at, end + 1));
        at = end;
        break;
      }
      case 0x7b: // {
      case 0x5b: // [
        keys = text.charCodeAt(at) === 0x7b ? new Set() : undefined;
        isKeyNext = keys !== undefined;
        nodes++;
        if (open.push(keys) > MAX_DEPTH) throw new DecodeError('JSON too deep');
        break;
      case 0x7d: // }
      case 0x5d: // ]
        open.pop();
        keys = open.at(-1);
        isKeyNext = false;
        break;
      case 0x2c: // ,
        isKeyNext = keys !== undefined;
        if (++nodes > MAX_NODES) throw new DecodeError('JSON of too many values');
        break;
      case 0x3a: // :
        isKeyNext = false;
    }
  }
}

/** Index of the closing quote. */
function endOfString(text: string, start: number): number {
  let end = start;
  do {
    end = text.indexOf('"', end + 1);
    if (end < 0) throw new DecodeError('not JSON');
  } while (isEscaped(text, end));
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(at - 1 - slashes) === 0x5c) slashes++;
  return slashes % 2 === 1;
}

function addKey(keys: Set<string>, quoted: string): void {
  if (quoted.length > MAX_KEY_CHARS + 2) throw new DecodeError('JSON key too long');
  let key: string;
  try {
    key = JSON.parse(quoted) as string;
  } catch {
    throw new DecodeError('not JSON');
  }
  if (key === '__proto__') throw new DecodeError('JSON key not allowed');
  if (keys.has(key)) throw new DecodeError('JSON key twice');
  keys.add(key);
}
