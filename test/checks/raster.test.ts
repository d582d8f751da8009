import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync, inflateSync } from 'node:zlib';
import { difference, lay, readPng, writeAnimation, writePng, type Raster } from '../../scripts/pictures/raster.ts';
import { root } from '../harness/paths.ts';

/** Colours that every filter has something to do with. */
function sample(width: number, height: number, shift = 0): Raster {
  return { width, height, rgb: Uint8Array.from({ length: width * height * 3 }, (_, at) => (at * 7 + (at >> 3) * shift + shift) & 0xff) };
}

/** The chunks of a PNG (third edition, section 5.3). */
function chunksOf(png: Uint8Array): { readonly type: string; readonly body: Buffer }[] {
  const bytes = Buffer.from(png);
  const chunks = [];
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    const body = bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at));
    chunks.push({ type: bytes.toString('latin1', at + 4, at + 8), body });
  }
  return chunks;
}

describe('pictures that are made of screenshots', () => {
  it('come back as they were written', () => {
    const picture = sample(13, 9, 3);
    assert.deepEqual(readPng(writePng(picture)), picture);
  });

  it('are read with transparency and every filter, as Chromium writes them', () => {
    // one row a filter, of one dot with transparency each beside another: by hand, from section 9.2
    const rows = [
      [0, 10, 20, 30, 255, 40, 50, 60, 255],
      [1, 1, 1, 1, 255, 1, 1, 1, 0],
      [2, 1, 1, 1, 0, 1, 1, 1, 0],
      [3, 5, 5, 5, 128, 5, 5, 5, 0],
      [4, 0, 0, 0, 0, 1, 0, 0, 0],
    ];
    const file = Buffer.from(writePng(sample(2, 5)));
    file[25] = 6; // with transparency
    const data = deflated(Buffer.from(rows.flat()));
    const png = Buffer.concat([file.subarray(0, 33), data, file.subarray(-12)]);
    const { rgb } = readPng(png);
    assert.deepEqual(Array.from(rgb), [
      ...[10, 20, 30, 40, 50, 60],
      ...[1, 1, 1, 2, 2, 2],
      ...[2, 2, 2, 3, 3, 3],
      ...[6, 6, 6, 9, 9, 9],
      ...[6, 6, 6, 10, 9, 9],
    ]);
  });

  it('are refused when they are of another kind', () => {
    const file = Buffer.from(writePng(sample(2, 2)));
    file[24] = 16;
    assert.throws(() => readPng(file), /not a PNG of eight bits/);
  });

  it('are laid on one another, and differ in the smallest part that holds the change', () => {
    const whole = { width: 8, height: 6, rgb: new Uint8Array(8 * 6 * 3) };
    const before = { ...whole, rgb: Uint8Array.from(whole.rgb) };
    assert.equal(difference(before, whole), undefined);
    lay(whole, { width: 2, height: 3, rgb: new Uint8Array(18).fill(9) }, 5, 2);
    assert.deepEqual(difference(before, whole), { x: 5, y: 2, width: 2, height: 3 });
  });

  it('move: what differs is written, and what does not makes the frame before it longer', () => {
    const one = sample(6, 4);
    const two = { ...one, rgb: Uint8Array.from(one.rgb) };
    lay(two, { width: 1, height: 2, rgb: new Uint8Array(6).fill(200) }, 3, 1);
    const chunks = chunksOf(
      writeAnimation([
        { raster: one, ms: 100 },
        { raster: one, ms: 50 },
        { raster: two, ms: 70 },
      ]),
    );
    assert.deepEqual(
      chunks.map(({ type }) => type),
      ['IHDR', 'acTL', 'fcTL', 'IDAT', 'fcTL', 'fdAT', 'IEND'],
    );
    const [, control, first, data, second, change] = chunks.map(({ body }) => body);
    assert.deepEqual([control?.readUInt32BE(0), control?.readUInt32BE(4)], [2, 0], 'two frames, for ever');
    assert.deepEqual([first?.readUInt16BE(20), second?.readUInt16BE(20)], [150, 70], 'ms');
    assert.deepEqual(
      [4, 8, 12, 16].map((at) => second?.readUInt32BE(at)),
      [1, 2, 3, 1],
      'width, height, x, y',
    );
    assert.deepEqual([first?.readUInt32BE(0), second?.readUInt32BE(0), change?.readUInt32BE(0)], [0, 1, 2], 'one sequence');
    assert.equal(inflateSync(data ?? assert.fail()).length, 4 * (1 + 18));
    assert.equal(inflateSync(change?.subarray(4) ?? assert.fail()).length, 2 * (1 + 3));
    assert.throws(() => writeAnimation([]), /no frames/);
  });

  it('are in the README: one that moves, in frames enough to see words come, below a megabyte', () => {
    const png = readFileSync(join(root, 'docs', 'pictures', 'both-sides.png'));
    assert.ok(png.length < 1_000_000, String(png.length));
    const chunks = chunksOf(png);
    const frames = chunks.find(({ type }) => type === 'acTL')?.body.readUInt32BE(0) ?? 0;
    assert.ok(frames >= 20, String(frames));
    assert.equal(chunks.filter(({ type }) => type === 'fcTL').length, frames);
    assert.match(readFileSync(join(root, 'README.md'), 'utf8'), /!\[[^\]]{40,}\]\(docs\/pictures\/both-sides\.png\)/);
  });
});

/** An IDAT chunk; its checksum is not looked at here. */
function deflated(rows: Buffer): Buffer {
  const body = deflateSync(rows);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length);
  head.write('IDAT', 4, 'latin1');
  return Buffer.concat([head, body, Buffer.alloc(4)]);
}
