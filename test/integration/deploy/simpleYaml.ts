import assert from 'node:assert/strict';

export type Yaml = string | null | readonly Yaml[] | { readonly [key: string]: Yaml };

/**
 * Reads the part of YAML that our own files are written in: mappings and lists by indentation, `[a, b]` of plain words, text plain or in
 * single quotes. Everything else is a fault, and so is what YAML would take for something other than text.
 */
export function parseSimpleYaml(text: string): Yaml {
  assert.ok(!text.includes('\t') && text.endsWith('\n'));
  const lines = text
    .split('\n')
    .filter((line) => !/^ *(#.*)?$/.test(line))
    .map((line) => ({ indent: /^ */.exec(line)?.[0].length ?? 0, text: line.trim() }));
  let at = 0;
  const block = (indent: number): Yaml => {
    const isList = lines[at]?.text.startsWith('- ') === true;
    const items: Yaml[] = [];
    const map = new Map<string, Yaml>();
    for (let line = lines[at]; line && line.indent >= indent; line = lines[at]) {
      assert.equal(line.indent, indent, `indentation of ${line.text}`);
      at++;
      if (isList) {
        assert.match(line.text, /^- /, line.text);
        items.push(scalar(line.text.slice(2)));
        continue;
      }
      const [, key = '', value = ''] = /^([A-Za-z_][\w-]*):(?: (.+))?$/.exec(line.text) ?? assert.fail(`not a line: ${line.text}`);
      assert.ok(!map.has(key), `twice: ${key}`);
      const next = lines[at];
      const hasBlock = value === '' && next !== undefined && next.indent > indent;
      map.set(key, hasBlock ? block(next.indent) : value === '' ? null : scalar(value));
    }
    return isList ? items : Object.fromEntries(map);
  };
  const whole = block(0);
  assert.equal(at, lines.length);
  return whole;
}

function scalar(text: string): Yaml {
  const list = /^\[(.*)\]$/.exec(text)?.[1];
  if (list !== undefined) return list.split(', ').map(scalar);
  const quoted = /^'([^']*)'$/.exec(text)?.[1];
  if (quoted !== undefined) return quoted;
  assert.match(text, /^([A-Za-z./$][^'"#]*|\d+s)$/, `neither plain nor quoted: ${text}`);
  assert.doesNotMatch(text, /: |^(yes|no|on|off|null)$/i, `plain text that is not: ${text}`);
  return text;
}
