import assert from 'node:assert/strict';
import fc from 'fast-check';
import { concatBytes, utf8 } from '../../src/base/bytes.ts';
import { NdjsonDecoder, NdjsonError } from '../../src/ollama/ndjson.ts';

function decode(parts: readonly Uint8Array[], maxLineBytes?: number): unknown[] {
  const decoder = new NdjsonDecoder(maxLineBytes === undefined ? {} : { maxLineBytes });
  return [...parts.flatMap((part) => [...decoder.push(part)]), ...decoder.end()];
}

describe('NDJSON decoder', () => {
  const values = [{ text: 'Grüße 世界 🎉' }, { text: 'a "quoted" \\ and <tag> \u2028' }, [1, 2.5, null], 'x'];
  // with escapes as Go writes them, so that a cut can fall inside one
  const bytes = utf8(values.map((value) => `${JSON.stringify(value).replaceAll('<', '\\u003c')}\n`).join(''));

  it('decodes the same, wherever the bytes are cut once', () => {
    for (let at = 0; at <= bytes.length; at++)
      assert.deepEqual(decode([bytes.subarray(0, at), bytes.subarray(at)]), values, `cut at ${String(at)}`);
  });

  it('decodes byte by byte', () => {
    assert.deepEqual(decode(Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))), values);
  });

  it('decodes any values, cut anywhere', () => {
    const cuts = fc.array(fc.nat(), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.jsonValue(), fc.string({ unit: 'grapheme' }))), cuts, (some, places) => {
        const all = utf8(some.map((value) => `${JSON.stringify(value)}\n`).join(''));
        const ends = [...new Set([...places.map((place) => place % (all.length + 1)), all.length])].sort((a, b) => a - b);
        const parts = ends.map((end, i) => all.subarray(ends[i - 1] ?? 0, end));
        assert.deepEqual(decode(parts), JSON.parse(JSON.stringify(some)));
      }),
    );
  });

  it('does not mind a caller that uses its buffer again', () => {
    const decoder = new NdjsonDecoder();
    const buffer = utf8('{"a":');
    assert.deepEqual([...decoder.push(buffer)], []);
    buffer.fill(0);
    assert.deepEqual([...decoder.push(utf8('1}\n'))], [{ a: 1 }]);
  });

  it('takes blank lines, CRLF, a byte order mark, leading spaces and a last line without newline', () => {
    assert.deepEqual(decode([utf8('\ufeff{"a":1}\r\n\r\n\n  \n   {"a":2}\n{"a":3}')]), [{ a: 1 }, { a: 2 }, { a: 3 }]);
  });

  it('reads malformed UTF-8 as U+FFFD', () => {
    assert.deepEqual(decode([concatBytes(utf8('"a'), Uint8Array.of(0xff), utf8('b"\n'))]), ['a\ufffdb']);
  });

  it('yields the values before a bad line, then names it', () => {
    const decoder = new NdjsonDecoder();
    const seen: unknown[] = [];
    assert.throws(
      () => {
        for (const value of decoder.push(utf8('1\n2\n{"a": nonsense}\n3\n'))) seen.push(value);
      },
      (error) =>
        error instanceof NdjsonError &&
        error.kind === 'notJson' &&
        error.rawStart === '{"a": nonsense}' &&
        !error.message.includes('nonsense'),
    );
    assert.deepEqual(seen, [1, 2]);
  });

  it('keeps no more than a start of a bad line', () => {
    assert.throws(
      () => decode([utf8(`{${'x'.repeat(1000)}\n`)]),
      (error) => error instanceof NdjsonError && error.rawStart.length === 80,
    );
  });

  it('calls half a value at the end a bad line', () => {
    assert.throws(() => decode([utf8('{"a":1')]), NdjsonError);
  });

  it('takes a line as long as the limit and refuses a longer one', () => {
    for (const whole of [true, false]) {
      const line = (length: number): Uint8Array[] => {
        const text = utf8(`"${'x'.repeat(length - 2)}"\n`);
        return whole ? [text] : [text.subarray(0, 40), text.subarray(40, 90), text.subarray(90)];
      };
      assert.equal(decode(line(99), 100).length, 1);
      assert.equal(decode(line(100), 100).length, 1);
      assert.throws(
        () => decode(line(101), 100),
        (error) => error instanceof NdjsonError && error.kind === 'lineTooLong',
      );
    }
  });

  it('refuses an endless line before it is kept', () => {
    const decoder = new NdjsonDecoder({ maxLineBytes: 1000 });
    const part = utf8('x'.repeat(100));
    for (let i = 0; i < 10; i++) assert.deepEqual([...decoder.push(part)], []);
    assert.throws(() => [...decoder.push(part)], NdjsonError);
  });

  it('takes time in proportion to a long line, not to its square', () => {
    const part = utf8('x'.repeat(64));
    const decoder = new NdjsonDecoder();
    const startedAt = performance.now();
    for (let i = 0; i < 30_000; i++) assert.equal([...decoder.push(part)].length, 0);
    assert.ok(performance.now() - startedAt < 2_000);
  });
});
