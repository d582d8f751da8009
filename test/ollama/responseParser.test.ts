import assert from 'node:assert/strict';
import fc from 'fast-check';
import { concatBytes, DecodeError, fromUtf8, utf8 } from '../../src/base/bytes.ts';
import { ResponseParser } from '../../src/ollama/responseParser.ts';

interface Read {
  readonly status: number | undefined;
  readonly contentType: string | undefined;
  readonly body: string;
  readonly isDone: boolean;
  /** What was given out in each piece. */
  readonly pieces: number;
}

/** Feeds `wire`, cut at `cuts`, as a socket would: each piece in a buffer of its own. */
function read(wire: string | Uint8Array, cuts: readonly number[] = [], { isHead = false, ends = false } = {}): Read {
  const bytes = typeof wire === 'string' ? Uint8Array.from(wire, (char) => char.charCodeAt(0)) : wire;
  const parser = new ResponseParser(isHead);
  const out: Uint8Array[] = [];
  const marks = [...new Set([0, ...cuts.map((cut) => Math.min(bytes.length, cut)), bytes.length])].sort((a, b) => a - b);
  for (const [i, from] of marks.entries()) {
    const to = marks[i + 1];
    if (to === undefined) break;
    const body = parser.push(bytes.slice(from, to));
    if (body) out.push(body.slice());
  }
  if (ends) parser.end();
  const body = [...concatBytes(...out)].map((byte) => String.fromCharCode(byte)).join('');
  return { status: parser.head?.status, contentType: parser.head?.contentType, body, isDone: parser.isDone, pieces: out.length };
}

const chunkedHead = 'HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('parser of Ollama’s answers', () => {
  it('reads an answer of known length', () => {
    assert.deepEqual(read('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello'), {
      status: 200,
      contentType: 'text/plain',
      body: 'hello',
      isDone: true,
      pieces: 1,
    });
  });

  it('reads chunks, and gives out those of one piece together', () => {
    const got = read(`${chunkedHead}3\r\nabc\r\n1;x="y"\r\nd\r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n`);
    assert.deepEqual(got, { status: 200, contentType: 'application/x-ndjson', body: 'abcd0123456789', isDone: true, pieces: 1 });
  });

  it('reads up to the end of the connection when nothing else tells the length', () => {
    const open = read('HTTP/1.0 200 OK\r\n\r\nuntil the end');
    assert.deepEqual([open.body, open.isDone], ['until the end', false]);
    assert.equal(read('HTTP/1.1 200 OK\r\n\r\nuntil the end', [], { ends: true }).isDone, true);
  });

  it('knows answers without a body', () => {
    assert.equal(read('HTTP/1.1 204 No Content\r\n\r\n').isDone, true);
    assert.equal(read('HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n').isDone, true);
    assert.equal(read('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n').isDone, true);
    assert.equal(read('HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n', [], { isHead: true }).isDone, true);
    assert.equal(read(chunkedHead, [], { isHead: true }).isDone, true);
  });

  it('passes over interim answers', () => {
    const got = read('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok');
    assert.deepEqual([got.status, got.body], [200, 'ok']);
  });

  it('keeps of a content type what may travel', () => {
    assert.equal(read('HTTP/1.1 200 OK\r\nContent-Type: \ta\xe4b\t\r\nContent-Length: 0\r\n\r\n').contentType, 'ab');
    assert.equal(read(`HTTP/1.1 200 OK\r\nContent-Type: ${'x'.repeat(999)}\r\nContent-Length: 0\r\n\r\n`).contentType?.length, 256);
  });

  it('gives out the same whatever the pieces', () => {
    const answer = fc
      .tuple(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 12 }),
        fc.constantFrom('', ';ext', ';a="b"'),
        fc.boolean(),
      )
      .map(([chunks, extension, upper]) => {
        const size = (length: number): string => (upper ? length.toString(16).toUpperCase() : length.toString(16));
        const framed = chunks.flatMap((chunk) => [utf8(`${size(chunk.length)}${extension}\r\n`), chunk, utf8('\r\n')]);
        return { wire: concatBytes(utf8(chunkedHead), ...framed, utf8('0\r\n\r\n')), body: concatBytes(...chunks) };
      });
    fc.assert(
      fc.property(answer, fc.array(fc.nat(600), { maxLength: 40 }), ({ wire, body }, cuts) => {
        const whole = read(wire, cuts);
        assert.equal(whole.isDone, true);
        assert.equal(whole.body, [...body].map((byte) => String.fromCharCode(byte)).join(''));
      }),
    );
    const { wire } = { wire: concatBytes(utf8(chunkedHead), utf8('5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n')) };
    assert.equal(read(wire, [...wire.keys()]).body, 'hello world', 'byte by byte');
  });

  it('says when an answer broke off, at whichever byte', () => {
    const wire = utf8(`${chunkedHead}5\r\nhello\r\n0\r\n\r\n`);
    for (let length = 0; length < wire.length; length++)
      assert.throws(() => read(wire.slice(0, length), [], { ends: true }), DecodeError, fromUtf8(wire.slice(0, length)));
    assert.throws(() => read('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell', [], { ends: true }), DecodeError);
  });

  for (const [what, wire] of [
    ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['TLS', '\x15\x03\x01\x00\x02\x02\x16\n'],
    ['HTTP/2', 'HTTP/2 200\r\n\r\n'],
    ['HTTP/0.9', '<html>\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a status beyond 599', 'HTTP/1.1 999 X\r\n\r\n'],
    ['a line without CR', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
    ['a CR inside a line', 'HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n'],
    ['a NUL', 'HTTP/1.1 200 OK\r\nA: \0\r\n\r\n'],
    ['a folded line', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n'],
    ['a blank before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n'],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: x\r\n\r\n'],
    ['a header without a colon', 'HTTP/1.1 200 OK\r\nhello\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello'],
    ['a list of lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello'],
    ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n'],
    ['a length with a sign', 'HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello'],
    ['a length in hex', 'HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\nhello'],
    ['a length beyond all bounds', `HTTP/1.1 200 OK\r\nContent-Length: ${'9'.repeat(20)}\r\n\r\n`],
    ['a length beside chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['two transfer codings', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['gzip as a transfer coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
    ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n'],
    ['interim answers without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(9)],
    ['a head without end', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(4_000)}`],
    ['a line without end', `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(20_000)}`],
    ['a chunk without a size', `${chunkedHead}\r\n`],
    ['a chunk of a negative size', `${chunkedHead}-1\r\n`],
    ['a chunk with a blank before its size', `${chunkedHead} 5\r\nhello\r\n`],
    ['a chunk in 0x', `${chunkedHead}0x5\r\nhello\r\n`],
    ['a chunk of more than 4 GiB', `${chunkedHead}100000000\r\n`],
    ['a chunk size without CR', `${chunkedHead}5\nhello`],
    ['a chunk longer than it says', `${chunkedHead}5\r\nhello!\r\n`],
    ['an extension without end', `${chunkedHead}5;${'x'.repeat(2_000)}`],
    ['a line break in an extension', `${chunkedHead}5;x\n`],
    ['trailers without end', `${chunkedHead}0\r\n${'A: b\r\n'.repeat(4_000)}`],
    ['bytes after the end', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n'],
    ['bytes after the last chunk', `${chunkedHead}0\r\n\r\nmore`],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => read(wire), DecodeError);
      assert.throws(() => read(wire, [1, 7, 16, 17, 18, 40, 80, 81, 82, 83, 84, 85]), DecodeError);
    });
  }

  it('takes any bytes without an error of another kind', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), fc.array(fc.nat(400), { maxLength: 5 }), (bytes, afterHead, cuts) => {
        try {
          read(afterHead ? concatBytes(utf8(chunkedHead), bytes) : bytes, cuts);
        } catch (error) {
          assert.ok(error instanceof DecodeError);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
