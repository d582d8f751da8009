/** A frame as the document draws it: fields in order, each with a sample. The samples together are the frame's golden bytes. */
export interface Field {
  readonly name: string;
  /** How many bytes, as people read it: `4`, or `2 + n`. */
  readonly size: string;
  readonly bytes: Uint8Array;
  /** The sample, as people read it. */
  readonly sample: string;
}

export interface Layout {
  readonly name: string;
  readonly direction: string;
  readonly fields: readonly Field[];
}

function integer(name: string, count: number, value: number): Field {
  const bytes = new Uint8Array(count);
  let rest = value;
  for (let at = count - 1; at >= 0; at--) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return { name, size: String(count), bytes, sample: String(value) };
}

export const u8 = (name: string, value: number): Field => integer(name, 1, value);
export const u16 = (name: string, value: number): Field => integer(name, 2, value);
export const u32 = (name: string, value: number): Field => integer(name, 4, value);
export const u64 = (name: string, value: number): Field => integer(name, 8, value);

/** A fixed number of bytes. */
export function fixed(name: string, bytes: Uint8Array): Field {
  return { name, size: String(bytes.length), bytes, sample: hex(bytes) };
}

/** Whatever is left of the message. */
export function rest(name: string, bytes: Uint8Array): Field {
  return { name, size: 'rest', bytes, sample: hex(bytes) };
}

/** A u16 length and that many bytes. */
export function sized(name: string, content: Uint8Array, sample: string): Field {
  return { name, size: '2 + n', bytes: joined([integer('', 2, content.length).bytes, content]), sample };
}

/** A u16 count and that many items of one size. */
export function list(name: string, items: readonly (readonly Field[])[], itemBytes: number): Field {
  const bytes = joined([integer('', 2, items.length).bytes, ...items.flatMap((fields) => fields.map((field) => field.bytes))]);
  const sample =
    items.length === 0 ? 'none' : items.map((fields) => fields.map((field) => `${field.name} ${field.sample}`).join(', ')).join('; ');
  return { name, size: `2 + ${String(itemBytes)}n`, bytes, sample };
}

export function bytesOf({ fields }: Layout): Uint8Array {
  return joined(fields.map(({ bytes }) => bytes));
}

/** Two rows, sizes above names, between bars. */
export function diagram({ name, direction, fields }: Layout): string {
  const widths = fields.map((field) => Math.max(field.size.length, field.name.length));
  const row = (cells: readonly string[], border: string): string =>
    `${border} ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(` ${border} `)} ${border}`;
  return [
    `${name}, ${direction}`,
    `  ${row(
      fields.map(({ size }) => size),
      ' ',
    )}`.trimEnd(),
    `  ${row(
      fields.map((field) => field.name),
      '|',
    )}`,
  ].join('\n');
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** `name: hex`, long ones broken into lines of 32 bytes. */
export function vector(name: string, value: Uint8Array | string): string {
  const text = typeof value === 'string' ? value : hex(value);
  const lines = text.length <= 64 ? [text] : (text.match(/.{1,64}/gs) ?? []);
  return lines.length === 1 ? `${name}: ${lines[0] ?? ''}` : `${name}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
