import assert from 'node:assert/strict';

/** What the systems' own parsers make of our files, as their manuals say it, and stricter: what we do not use is a fault. */

const unitKeys: Readonly<Record<string, readonly string[]>> = {
  Unit: ['Description', 'StartLimitIntervalSec', 'StartLimitBurst'],
  Service: ['ExecStart', 'Restart', 'RestartPreventExitStatus', 'RestartSec', 'TimeoutStopSec', 'UMask', 'NoNewPrivileges'],
  Install: ['WantedBy'],
};

/** systemd.syntax(7): sections of `key=value` lines. */
export function parseUnit(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let section = '';
  assert.ok(text.endsWith('\n'));
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const header = /^\[(\w+)\]$/.exec(line)?.[1];
    if (header !== undefined) {
      assert.ok(header in unitKeys, line);
      section = header;
      continue;
    }
    const [, key = '', value = ''] = /^(\w+)=(.*[^\\])$/.exec(line) ?? assert.fail(`not a line of a unit: ${line}`);
    assert.ok(unitKeys[section]?.includes(key), `${section}: ${key}`);
    assert.ok(!found.has(key), `twice: ${key}`);
    found.set(key, value);
  }
  return found;
}

const cEscapes: Readonly<Record<string, string>> = { '\\': '\\', '"': '"' };

/** systemd.service(5), "Command lines": words in quotes, C escapes, then specifiers and, but for the program, variables. */
export function parseExec(line: string): readonly string[] {
  const words: string[] = [];
  const rest = line.replace(/"((?:[^"\\]|\\.)*)"( |$)/g, (_whole, quoted: string) => {
    const plain = quoted.replace(/\\(.)/g, (_escape, sign: string) => cEscapes[sign] ?? assert.fail(`an escape that is not ours: ${sign}`));
    if (words.length === 0) assert.match(plain, /^\/[^"'\\]*$/, 'systemd takes no such program');
    const specified = plain.replace(/%(.?)/g, (_specifier, sign: string) => (sign === '%' ? '%' : assert.fail(`a specifier: %${sign}`)));
    words.push(
      words.length === 0
        ? specified
        : specified.replace(/\$(.?)/g, (_variable, sign: string) => (sign === '$' ? '$' : assert.fail(`a variable: $${sign}`))),
    );
    return '';
  });
  assert.equal(rest, '', 'every word is in quotes');
  return words;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The text of every element that has no children, by name, in order. @throws on what is not well formed */
export function parseXml(text: string): readonly (readonly [string, string])[] {
  const found: [string, string][] = [];
  const open: string[] = [];
  const body = text.replace(/^<\?xml [^>]*\?>|<!--[^]*?-->|<!DOCTYPE [^>]*>/gm, '');
  let last = '';
  for (const [, text = '', end, name = '', , selfClosing] of body.matchAll(/([^<]*)<(\/?)([\w]+)((?: [\w]+="[^"<]*")*)(\/?)>/g)) {
    assert.doesNotMatch(text, /&(?!(amp|lt|gt|quot|apos);)/);
    const plain = text.replace(/&(\w+);/g, (_entity, sign: string) => entities[sign] ?? '');
    if (end === '/') {
      assert.equal(open.pop(), name);
      if (last === name) found.push([name, plain]);
    } else assert.equal(plain.trim(), '');
    if (selfClosing === '/') found.push([name, '']);
    else if (end !== '/') open.push(name);
    last = end === '/' ? '' : name;
  }
  assert.deepEqual(open, []);
  return found;
}

/** CommandLineToArgvW, for words behind the program. */
export function parseWindowsLine(line: string): readonly string[] {
  const words: string[] = [];
  let word = '';
  let quoted = false;
  let begun = false;
  for (let at = 0; at < line.length;) {
    const [slashes = ''] = /^\\*/.exec(line.slice(at)) ?? [];
    at += slashes.length;
    const sign = line[at];
    if (sign === '"') {
      word += '\\'.repeat(Math.floor(slashes.length / 2));
      if (slashes.length % 2 === 1) word += '"';
      else quoted = !quoted;
      begun = true;
      at += 1;
      continue;
    }
    word += slashes;
    if (sign === undefined) break;
    if (sign === ' ' && !quoted) {
      if (begun) words.push(word);
      word = '';
      begun = false;
    } else {
      word += sign;
      begun = true;
    }
    at += 1;
  }
  assert.ok(!quoted, 'a quote is open');
  return begun ? [...words, word] : words;
}
