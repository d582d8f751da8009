/**
 * Requests as bytes on a socket that two servers might read in two ways: where a request ends, which host, method or path it has. Each must
 * be answered with these statuses, and what is answered with 200 must have reached Ollama as the one request that its first line means.
 */
export interface SmugglingBytes {
  readonly what: string;
  readonly bytes: string;
  /** Of all answers on the connection, in their order. */
  readonly statuses: readonly number[];
}

type Row = readonly [what: string, bytes: string, ...statuses: number[]];

const HOST = 'Host: 127.0.0.1\r\n';
const get = (target: string, headers = '', method = 'GET', version = 'HTTP/1.1'): string =>
  `${method} ${target} ${version}\r\n${HOST}${headers}\r\n`;
export const question = '{"model":"fake:latest","messages":[{"role":"user","content":"hi"}]}';
const length = String(question.length);
const post = (headers: string, body = question): string => `POST /api/chat HTTP/1.1\r\n${HOST}${headers}\r\n${body}`;
const chunked = (body = question): string => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
/** What would be let in behind the request if its end were read wrongly. */
const smuggled = 'POST /api/generate HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 37\r\n\r\n{"model":"fake:latest","prompt":"in"}';

/** Where a body ends (RFC 9112, section 6). */
const framing: readonly Row[] = [
  ['one length', post(`Content-Length: ${length}\r\n`), 200],
  ['chunks', post('Transfer-Encoding: chunked\r\n', chunked()), 200],
  ['chunks with an extension', post('Transfer-Encoding: chunked\r\n', chunked().replace('\r\n', ';a=b\r\n')), 200],
  ['chunks in capitals', post('transfer-encoding: CHUNKED\r\n', chunked()), 200],
  ['chunks with a trailer', post('Transfer-Encoding: chunked\r\n', chunked().replace(/\r\n$/, 'Host: evil.example\r\n\r\n')), 200],
  [
    'chunks with a trailer that is a length',
    post('Transfer-Encoding: chunked\r\n', chunked().replace(/\r\n$/, 'Content-Length: 0\r\n\r\n')),
    400,
  ],
  ['a chunk of leading zeros', post('Transfer-Encoding: chunked\r\n', `0000${chunked()}`), 200],
  ['two lengths that differ', post(`Content-Length: ${length}\r\nContent-Length: 5\r\n`), 400],
  ['two lengths that do not', post(`Content-Length: ${length}\r\nContent-Length: ${length}\r\n`), 400],
  ['a list of lengths', post(`Content-Length: ${length}, ${length}\r\n`), 400],
  ['a length with a plus', post(`Content-Length: +${length}\r\n`), 400],
  ['a negative length', post('Content-Length: -1\r\n'), 400],
  ['a length in hex', post('Content-Length: 0x43\r\n'), 400],
  ['a length with an exponent', post('Content-Length: 1e2\r\n'), 400],
  ['a length with a blank inside', post('Content-Length: 6 7\r\n'), 400],
  ['an empty length', post('Content-Length: \r\n'), 400],
  ['a length beyond 64 bits', post('Content-Length: 99999999999999999999\r\n'), 400],
  ['a length that is too long', post('Content-Length: 999999999\r\n', ''), 413],
  ['length and chunks', post(`Content-Length: ${length}\r\nTransfer-Encoding: chunked\r\n`, chunked()), 400],
  ['chunks and length', post(`Transfer-Encoding: chunked\r\nContent-Length: 4\r\n`, chunked()), 400],
  [
    'a length that ends early, chunks that do not',
    post('Content-Length: 6\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${smuggled}`),
    400,
  ],
  ['chunks twice', post('Transfer-Encoding: chunked, chunked\r\n', chunked()), 400],
  ['chunks twice, in two headers', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', chunked()), 400],
  ['chunks that are not last', post('Transfer-Encoding: chunked, identity\r\n', chunked()), 400],
  ['an encoding that is none', post('Transfer-Encoding: xchunked\r\n', chunked()), 400],
  ['an encoding in quotes', post('Transfer-Encoding: "chunked"\r\n', chunked()), 400],
  ['an encoding with a vertical tab', post('Transfer-Encoding: \x0bchunked\r\n', chunked()), 400],
  ['identity and a length', post(`Transfer-Encoding: identity\r\nContent-Length: ${length}\r\n`), 400],
  ['gzip and chunks', post('Transfer-Encoding: gzip, chunked\r\n', chunked()), 200],
  ['a blank before the colon', post('Transfer-Encoding : chunked\r\n', chunked()), 400],
  ['a folded encoding', post('Transfer-Encoding:\r\n chunked\r\n', chunked()), 400],
  ['a folded header ahead of the encoding', post('X: a\r\n Transfer-Encoding: chunked\r\n', chunked()), 400],
  ['an encoding behind a bare CR', post('X: a\rTransfer-Encoding: chunked\r\n', chunked()), 400],
  ['an encoding behind a bare LF', post('X: a\nTransfer-Encoding: chunked\r\n', chunked()), 400],
  ['chunk size with a sign', post('Transfer-Encoding: chunked\r\n', `+${chunked()}`), 400],
  ['chunk size with 0x', post('Transfer-Encoding: chunked\r\n', `0x${chunked()}`), 400],
  ['chunk size beyond 64 bits', post('Transfer-Encoding: chunked\r\n', `f0000000000000003\r\nabc\r\n0\r\n\r\n${smuggled}`), 400],
  ['chunk size with a blank', post('Transfer-Encoding: chunked\r\n', ` ${chunked()}`), 400],
  ['chunk size and a bare LF', post('Transfer-Encoding: chunked\r\n', chunked().replace('\r\n', '\n')), 400],
  ['chunk that is longer than said', post('Transfer-Encoding: chunked\r\n', `5\r\n${question}\r\n0\r\n\r\n`), 400],
  ['chunk without its end', post('Transfer-Encoding: chunked\r\n', `5\r\nabcdeXX0\r\n\r\n`), 400],
  ['a body behind GET', get('/api/tags', 'Content-Length: 2\r\n') + '{}', 400],
  ['a request behind GET that is said to be its body', get('/api/tags', `Content-Length: ${String(smuggled.length)}\r\n`) + smuggled, 400],
  ['chunks behind GET', get('/api/tags', 'Transfer-Encoding: chunked\r\n') + chunked(smuggled), 400],
  ['a compressed body', post(`Content-Length: ${length}\r\nContent-Encoding: gzip\r\n`), 415],
  ['a body that says it is not compressed', post(`Content-Length: ${length}\r\nContent-Encoding: identity\r\n`), 200],
];

/** Whose request it is (RFC 9112, section 3.2). */
const hosts: readonly Row[] = [
  ...(
    [
      ['this computer by name', 'localhost', 200],
      ['this computer with a port', '127.0.0.1:11434', 200],
      ['this computer in IPv6', '[::1]:80', 200],
      ['another host', 'evil.example', 421],
      ['another host that begins like this one', '127.0.0.1.evil.example', 421],
      ['another host that ends like this one', 'evil-localhost', 421],
      ['this host as a user', '127.0.0.1@evil.example', 421],
      ['this host, then a path', '127.0.0.1/evil.example', 421],
      ['two hosts in one header', '127.0.0.1, evil.example', 421],
      ['a number', '2130706433', 421],
      ['an empty one', '', 421],
      ['a blank', ' ', 421],
      ['any address', '0.0.0.0', 421],
      ['an address of the network', '192.168.1.2', 421],
    ] as const
  ).map(([what, host, status]): Row => [`host: ${what}`, `GET /api/tags HTTP/1.1\r\nHost: ${host}\r\n\r\n`, status]),
  ['host: none', 'GET /api/tags HTTP/1.1\r\n\r\n', 400],
  ['host: none, in HTTP/1.0', 'GET /api/tags HTTP/1.0\r\n\r\n', 421],
  ['host: two', 'GET /api/tags HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n', 421],
  ['host: two, the other first', 'GET /api/tags HTTP/1.1\r\nHost: evil.example\r\nHost: 127.0.0.1\r\n\r\n', 421],
  ['host: of a proxy', get('/api/tags', 'X-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\n'), 200],
  ['origin: a page elsewhere', get('/api/tags', 'Origin: https://evil.example\r\n'), 403],
  ['origin: a page of no origin', get('/api/tags', 'Origin: null\r\n'), 403],
  ['origin: a page that begins like this computer', get('/api/tags', 'Origin: http://localhost.evil.example\r\n'), 403],
  ['origin: this computer as a user', get('/api/tags', 'Origin: http://localhost@evil.example\r\n'), 403],
  ['origin: two', get('/api/tags', 'Origin: http://localhost\r\nOrigin: https://evil.example\r\n'), 403],
  ['origin: a page of this computer', get('/api/tags', 'Origin: http://localhost:3000\r\n'), 200],
];

/** Headers by which a server further on might be told another method, path or address. */
const overrides: readonly Row[] = (
  [
    'X-HTTP-Method-Override: DELETE',
    'X-HTTP-Method: DELETE',
    'X-Method-Override: PUT',
    'X-Original-URL: /api/pull',
    'X-Rewrite-URL: /api/delete',
    'X-Forwarded-Prefix: /api/pull',
    'X-Forwarded-For: 127.0.0.1',
    'X-Forwarded-Proto: https',
    'X-Real-IP: 127.0.0.1',
    'Proxy: http://evil.example',
    'Authorization: Bearer c2l_of_somebody_else',
    'x-api-key: another',
    'Cookie: a=b',
    'Range: bytes=0-1',
    'If-None-Match: *',
    'Connection: close',
    'Connection: keep-alive, Host',
    'Connection: Content-Length',
    'Keep-Alive: timeout=9999',
    'TE: trailers',
    'Trailer: Host',
    'Via: 1.1 evil',
    'Max-Forwards: 0',
    '__proto__: x',
    'constructor: x',
    'Accept-Encoding: gzip',
    'Content-Type: application/x-www-form-urlencoded',
    'Content-Type: text/plain; charset=utf-16',
    'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__',
    'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ] as const
).map((header): Row => [header.split('\r\n', 1)[0] ?? '', get('/api/tags', `${header}\r\n`), 200]);

/** Lines that are not as RFC 9112 has them. */
const lines: readonly Row[] = [
  ['an empty line ahead', `\r\n${get('/api/tags')}`, 200],
  ['HTTP/1.0', get('/api/tags', '', 'GET', 'HTTP/1.0'), 200],
  ['HTTP/0.9', 'GET /api/tags\r\n\r\n', 421],
  ['HTTP/1.2', get('/api/tags', '', 'GET', 'HTTP/1.2'), 400],
  ['HTTP/2.0', get('/api/tags', '', 'GET', 'HTTP/2.0'), 200],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['http in small letters', get('/api/tags', '', 'GET', 'http/1.1'), 400],
  ['no version', get('/api/tags', '', 'GET', ''), 400],
  ['another protocol', get('/api/tags', '', 'GET', 'ICE/1.0'), 400],
  ['bare line feeds', get('/api/tags').replaceAll('\r\n', '\n'), 400],
  ['two blanks', 'GET  /api/tags HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', 200],
  ['tabs', 'GET\t/api/tags\tHTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', 400],
  ['a blank ahead of the first header', `GET /api/tags HTTP/1.1\r\n ${HOST}\r\n`, 400],
  ['a header without a colon', get('/api/tags', 'Nothing\r\n'), 400],
  ['a header without a name', get('/api/tags', ': x\r\n'), 400],
  ['a header with a blank in its name', get('/api/tags', 'X Y: x\r\n'), 400],
  ['a header with NUL', get('/api/tags', 'X: a\0b\r\n'), 400],
  ['a header with NUL in its name', get('/api/tags', 'X\0: a\r\n'), 400],
  ['headers that are too long', get('/api/tags', `X: ${'x'.repeat(17_000)}\r\n`), 431],
  ['an expectation that is unknown', get('/api/tags', 'Expect: everything\r\n'), 417],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
];

/** Methods that the first line may not have. */
const methods: readonly Row[] = (
  [
    ['PUT', 405],
    ['PATCH', 405],
    ['OPTIONS', 405],
    ['TRACE', 405],
    ['PROPFIND', 405],
    ['DELETE', 405],
    ['get', 400],
    ['Get', 400],
    ['GETX', 400],
    ['G\u00cbT', 400],
  ] as const
).map(([method, status]): Row => [`method ${method}`, get('/api/tags', '', method), status]);

/** Targets that another parser might take for a path of the table. */
const targets: readonly Row[] = (
  [
    ['//api/tags', 404],
    ['/api//tags', 404],
    ['/api/tags/', 404],
    ['/api/./tags', 404],
    ['/api/../api/tags', 404],
    ['/api/tags/../tags', 404],
    ['/api/x/..%2ftags', 404],
    ['/api/%74ags', 404],
    ['/api%2ftags', 404],
    ['/api%252ftags', 404],
    ['/%2e%2e/api/tags', 404],
    ['/api/tags%00', 404],
    ['/api/tags%0d%0aHost:evil', 404],
    ['/api/tags%20HTTP/1.1', 404],
    ['/api\\tags', 404],
    ['/api/tags;x=1', 404],
    ['/api/tags#x', 404],
    ['/API/tags', 404],
    ['/api/Tags', 404],
    ['/api/t\u00e4gs', 400],
    ['/api/tags\x7f', 400],
    ['http://127.0.0.1/api/tags', 421],
    ['http://evil.example/api/tags', 421],
    ['https:/api/tags', 400],
    ['file:///api/tags', 421],
    ['*', 421],
    ['api/tags', 400],
    ['/api/pull', 403],
    ['/api/experimental/web_fetch?url=http://127.0.0.1', 403],
    ['/v1/models/b:cloud', 404],
    ['/v1/models/..%2fpull', 404],
    ['/v1/models/%2e%2e', 404],
    [`/${'a'.repeat(5_000)}`, 404],
  ] as const
).map(([target, status]): Row => [`target ${target.slice(0, 60)}`, get(target), status]);

/** Queries, which go no further. */
const queries: readonly Row[] = [
  '?',
  '??',
  '?x',
  '?stream=false',
  '?model=b:cloud',
  '?model=a&model=b:cloud',
  '?_method=DELETE',
  '?/../pull',
  '?%2f..%2fpull',
  '?%00',
  '?x#y',
  '?path=/api/pull',
  '?[__proto__][x]=1',
  '?api-version=2024-01-01',
  '?a=%0d%0aHost:%20evil',
  '?http://evil.example',
  `?${'x'.repeat(4_000)}`,
].map((query): Row => [`query ${query.slice(0, 60)}`, get(`/api/tags${query}`), 200]);

export const smugglingBytes: readonly SmugglingBytes[] = [framing, hosts, overrides, lines, methods, targets, queries]
  .flat()
  .map(([what, bytes, ...statuses]) => ({ what, bytes, statuses }));
