import { crc32, deflateSync, inflateSync } from 'node:zlib';

/** A picture in memory: red, green and blue of each dot, row by row. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** A part of a picture, px. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** PNG, third edition, section 5.2. */
const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const DOT = 3;

/**
 * Reads a PNG as Chromium writes screenshots: eight bits, with or without transparency, not interlaced.
 * @throws Error for another one
 */
export function readPng(png: Uint8Array): Raster {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const data: Uint8Array[] = [];
  let [width, height, dot] = [0, 0, 0];
  for (let at = signature.length; at < png.length;) {
    const length = view.getUint32(at);
    const type = Buffer.from(png.subarray(at + 4, at + 8)).toString('latin1');
    const body = png.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') {
      [width, height] = [view.getUint32(at + 8), view.getUint32(at + 12)];
      const [depth, colours, , , interlaced] = body.subarray(8);
      if (depth !== 8 || (colours !== 2 && colours !== 6) || interlaced !== 0) throw new Error('not a PNG of eight bits in colour');
      dot = colours === 6 ? 4 : 3;
    } else if (type === 'IDAT') data.push(body);
    at += 12 + length;
  }
  return { width, height, rgb: withoutFilters(inflateSync(Buffer.concat(data)), width, height, dot) };
}

/** Section 9.2 backwards; what shines through is taken as it is. */
function withoutFilters(filtered: Uint8Array, width: number, height: number, dot: number): Uint8Array {
  const stride = width * dot;
  const rgb = new Uint8Array(width * height * DOT);
  let above = new Uint8Array(stride);
  for (let y = 0; y < height; y++) {
    const from = y * (stride + 1);
    const filter = filtered[from] ?? 0;
    const row = filtered.slice(from + 1, from + 1 + stride);
    for (let x = 0; x < stride; x++) {
      const left = x < dot ? 0 : (row[x - dot] ?? 0);
      const corner = x < dot ? 0 : (above[x - dot] ?? 0);
      row[x] = (row[x] ?? 0) + predicted(filter, left, above[x] ?? 0, corner);
    }
    for (let x = 0; x < width; x++) rgb.set(row.subarray(x * dot, x * dot + DOT), (y * width + x) * DOT);
    above = row;
  }
  return rgb;
}

/** What a filter takes from a byte: section 9.2. */
function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

/** Copies `part` over `whole`, its corner at x and y. */
export function lay(whole: Raster, part: Raster, x: number, y: number): void {
  for (let row = 0; row < part.height; row++) {
    const line = part.rgb.subarray(row * part.width * DOT, (row + 1) * part.width * DOT);
    whole.rgb.set(line, ((y + row) * whole.width + x) * DOT);
  }
}

/** The smallest part in which two pictures of one size differ; undefined when they are the same. */
export function difference(before: Raster, after: Raster): Rectangle | undefined {
  let [left, top, right, bottom] = [after.width, after.height, -1, -1];
  for (let at = 0; at < after.rgb.length; at++) {
    if (before.rgb[at] === after.rgb[at]) continue;
    const [x, y] = [Math.floor(at / DOT) % after.width, Math.floor(at / DOT / after.width)];
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
  }
  return right < 0 ? undefined : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/** A part of a picture, deflated, each row by the filter whose bytes are the smallest (section 12.7). */
function deflated({ width, rgb }: Raster, part: Rectangle): Uint8Array {
  const stride = part.width * DOT;
  const out = new Uint8Array((stride + 1) * part.height);
  let above = new Uint8Array(stride);
  for (let y = 0; y < part.height; y++) {
    const from = ((part.y + y) * width + part.x) * DOT;
    const row = rgb.subarray(from, from + stride);
    let least = Infinity;
    for (const filter of [0, 1, 2, 4]) {
      const line = new Uint8Array(stride);
      let sum = 0;
      for (let x = 0; x < stride; x++) {
        const left = x < DOT ? 0 : (row[x - DOT] ?? 0);
        const corner = x < DOT ? 0 : (above[x - DOT] ?? 0);
        const byte = ((row[x] ?? 0) - predicted(filter, left, above[x] ?? 0, corner)) & 0xff;
        line[x] = byte;
        sum += byte < 128 ? byte : 256 - byte;
      }
      if (sum >= least) continue;
      least = sum;
      out[y * (stride + 1)] = filter;
      out.set(line, y * (stride + 1) + 1);
    }
    above = Uint8Array.from(row);
  }
  return deflateSync(out, { level: 9 });
}

/** One picture of a moving one, and how long it stays. */
export interface Frame {
  readonly raster: Raster;
  readonly ms: number;
}

/** An animated PNG that begins again and again (PNG, third edition, section 11.3.6). Of each frame it holds what differs from the one before. */
export function writeAnimation(frames: readonly Frame[]): Uint8Array {
  const [first] = frames;
  if (!first) throw new Error('no frames');
  const { width, height } = first.raster;
  const chunks = [chunk('IHDR', numbers([width, 4], [height, 4], [8, 1], [2, 1], [0, 3]))];
  const shown: { readonly raster: Raster; readonly part: Rectangle; ms: number }[] = [];
  for (const { raster, ms } of frames) {
    const last = shown.at(-1);
    const part = last ? difference(last.raster, raster) : { x: 0, y: 0, width, height };
    if (part) shown.push({ raster, part, ms });
    else if (last) last.ms += ms;
  }
  chunks.push(chunk('acTL', numbers([shown.length, 4], [0, 4])));
  let sequence = 0;
  for (const [index, { raster, part, ms }] of shown.entries()) {
    const place = numbers([part.width, 4], [part.height, 4], [part.x, 4], [part.y, 4]);
    chunks.push(chunk('fcTL', numbers([sequence++, 4]), place, numbers([ms, 2], [1000, 2], [0, 2])));
    if (index === 0) chunks.push(chunk('IDAT', deflated(raster, part)));
    else chunks.push(chunk('fdAT', numbers([sequence++, 4]), deflated(raster, part)));
  }
  return Buffer.concat([signature, ...chunks, chunk('IEND')]);
}

/** A still PNG. */
export function writePng(raster: Raster): Uint8Array {
  const { width, height } = raster;
  const head = chunk('IHDR', numbers([width, 4], [height, 4], [8, 1], [2, 1], [0, 3]));
  return Buffer.concat([signature, head, chunk('IDAT', deflated(raster, { x: 0, y: 0, width, height })), chunk('IEND')]);
}

function chunk(type: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), ...parts]);
  return Buffer.concat([numbers([body.length - 4, 4]), body, numbers([crc32(body), 4])]);
}

/** Big-endian numbers of so many bytes each. */
function numbers(...fields: readonly (readonly [value: number, bytes: number])[]): Uint8Array {
  return Buffer.concat(
    fields.map(([value, bytes]) => {
      const field = Buffer.alloc(bytes);
      field.writeUIntBE(value, 0, bytes);
      return field;
    }),
  );
}
