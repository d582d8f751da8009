import assert from 'node:assert/strict';

/** One sample of the text format: `name{label="value"} 1`. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)+)\})? (\S+)$/;

/** Reads the text format 0.0.4 as strictly as its description; an assertion fails at whatever a scraper could stumble over. */
export function parsePromText(text: string): ParsedFamily[] {
  assert.ok(text.endsWith('\n'), 'the last line is ended');
  const families: { name: string; type: string; help: string; samples: Sample[] }[] = [];
  const seen = new Set<string>();
  for (const line of text.slice(0, -1).split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    const last = families.at(-1);
    if (kind === 'HELP') {
      assert.ok(!families.some((family) => family.name === name), `${name} stands twice`);
      families.push({ name, type: '', help: unescape(rest), samples: [] });
    } else if (kind === 'TYPE') {
      assert.ok(last?.name === name && last.type === '' && /^(counter|gauge|histogram)$/.test(rest), line);
      last.type = rest;
    } else {
      const sample = parseSample(line);
      const base = last?.type === 'histogram' ? sample.name.replace(/_(bucket|sum|count)$/, '') : sample.name;
      assert.ok(last && last.type !== '' && base === last.name, `${line} without its TYPE`);
      const key = line.slice(0, line.lastIndexOf(' '));
      assert.ok(!seen.has(key), `${key} stands twice`);
      seen.add(key);
      last.samples.push(sample);
    }
  }
  return families;
}

/** The value of one series. @throws when there is none */
export function valueOf(families: readonly ParsedFamily[], name: string, labels: Readonly<Record<string, string>> = {}): number {
  const want = JSON.stringify(Object.entries(labels).sort());
  const found = families
    .flatMap(({ samples }) => samples)
    .find((one) => one.name === name && JSON.stringify(Object.entries(one.labels).sort()) === want);
  assert.ok(found, `no ${name} ${want}`);
  return found.value;
}

function parseSample(line: string): Sample {
  const match = sampleLine.exec(line);
  assert.ok(match, `not a sample: ${line}`);
  const [, name = '', pairs = '', number = ''] = match;
  const labels = Object.fromEntries(
    [...pairs.matchAll(/([a-zA-Z0-9_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', value = '']) => [label, unescape(value)]),
  );
  const value = number === '+Inf' ? Infinity : number === '-Inf' ? -Infinity : Number(number);
  assert.ok(number === 'NaN' || !Number.isNaN(value), line);
  return { name, labels, value };
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, (_, sign: string) => (sign === 'n' ? '\n' : sign));
}
