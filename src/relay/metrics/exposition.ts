import type { HistogramReading } from './instruments.ts';

/** The text format of Prometheus, as its scrapers ask for it. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export type Labels = Readonly<Record<string, string>>;

/** Samples of one name. Names and label names are ours and need no check; help and label values are escaped. */
export type Family = { readonly name: string; readonly help: string } & (
  | { readonly type: 'counter' | 'gauge'; readonly samples: readonly { readonly labels?: Labels; readonly value: number }[] }
  | { readonly type: 'histogram'; readonly reading: HistogramReading }
);

/** Writes families in the text format 0.0.4: HELP and TYPE before the samples of each, every line ended. */
export function exposition(families: readonly Family[]): string {
  return families.map((family) => `${head(family)}${body(family)}`).join('');
}

function head({ name, help, type }: Family): string {
  return `# HELP ${name} ${help.replace(/[\\\n]/g, escaped)}\n# TYPE ${name} ${type}\n`;
}

function body(family: Family): string {
  const { name } = family;
  if (family.type !== 'histogram') return family.samples.map(({ labels = {}, value }) => line(name, labels, value)).join('');
  const { bounds, cumulative, sumSeconds } = family.reading;
  const buckets = cumulative.map((count, at) => line(`${name}_bucket`, { le: number(bounds[at] ?? Infinity) }, count));
  return [...buckets, line(`${name}_sum`, {}, sumSeconds), line(`${name}_count`, {}, cumulative.at(-1) ?? 0)].join('');
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text.replace(/[\\\n"]/g, escaped)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${number(value)}\n`;
}

function number(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value); // NaN is written so
}

function escaped(sign: string): string {
  return sign === '\n' ? '\\n' : `\\${sign}`;
}
