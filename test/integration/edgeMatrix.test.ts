import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { nullLogger } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { readPage } from '../../src/relay/node/pages.ts';
import { startRelayServer, type RelayServer } from '../../src/relay/node/relayServer.ts';
import { readRelaySettings } from '../../src/relay/node/settings.ts';
import { nodeCrypto } from '../../src/secure/node/nodeCrypto.ts';
import { deafHandlers } from '../../src/gateway/exchange.ts';
import { startProxyServer } from '../../src/gateway/node/proxyServer.ts';
import { until } from '../harness/processes.ts';
import { rawExchange, type RawAnswer } from './support/rawHttp.ts';
import { freePort } from './support/stack.ts';

const port = await freePort();
const local = `127.0.0.1:${String(port)}`;

/** Every way in: what is asked, and how. `ws` asks for a link, the others are plain. */
const targets = {
  page: 'GET /',
  index: 'GET /index.html',
  join: 'GET /join',
  file: 'GET /page-AB12.js',
  alive: 'GET /healthz',
  ready: 'GET /readyz',
  nothing: 'GET /nothing',
  metrics: 'GET /metrics',
  'dial, plain': 'GET /v1/dial',
  'device, plain': 'GET /v1/device',
  ollama: 'POST /api/chat',
  openai: 'GET /v1/models',
  'ws dial': 'GET /v1/dial',
  'ws device': 'GET /v1/device',
  'ws page': 'GET /',
  'ws ollama': 'GET /api/chat',
} as const;
type Target = keyof typeof targets;

/** One change to a request that is right. */
interface Change {
  readonly line?: (method: string, path: string) => string;
  /** Instead of the one right Host. */
  readonly hosts?: readonly string[];
  readonly headers?: readonly string[];
  readonly drop?: string;
}

const host = (...hosts: string[]): Change => ({ hosts });
const origin = (...origins: string[]): Change => ({ headers: origins.map((one) => `Origin: ${one}`) });
const method = (name: string, ...headers: string[]): Change => ({ line: (_, path) => `${name} ${path} HTTP/1.1`, headers });
const preflight = [
  'Origin: https://evil.example',
  'Access-Control-Request-Method: POST',
  'Access-Control-Request-Headers: authorization, content-type',
  'Access-Control-Request-Private-Network: true',
];

const changes = {
  name: host('relay.example'),
  NAME: host('RELAY.Example'),
  ':443': host('relay.example:443'),
  local: host(local),
  other: host('evil.example'),
  ip: host('203.0.113.1'),
  noPort: host('127.0.0.1'),
  ':81': host('relay.example:81'),
  dot: host('relay.example.'),
  rebound: host('relay.example.evil.example'),
  empty: host(''),
  'http/1.0': { hosts: [], line: (name, path) => `${name} ${path} HTTP/1.0` },
  none: host(),
  user: host('relay.example@evil.example'),
  twice: host('relay.example', 'relay.example'),
  both: host('relay.example', 'evil.example'),
  absolute: { line: (name, path) => `${name} https://relay.example${path} HTTP/1.1` },
  abroad: { line: (name, path) => `${name} https://evil.example${path} HTTP/1.1` },

  noOrigin: {},
  own: origin('https://relay.example'),
  ownLocal: origin(`http://${local}`),
  null: origin('null'),
  foreign: origin('https://evil.example'),
  longer: origin('https://relay.example.evil.example'),
  otherPort: origin('https://relay.example:444'),
  scheme: origin('http://relay.example'),
  case: origin('https://RELAY.example'),
  blank: origin(''),
  ownTwice: origin('https://relay.example', 'https://relay.example'),
  ownAndOther: origin('https://relay.example', 'https://evil.example'),

  GET: method('GET'),
  HEAD: method('HEAD'),
  POST: method('POST', 'Content-Length: 0'),
  form: method('POST', 'Origin: https://evil.example', 'Sec-Fetch-Site: cross-site', 'Content-Type: text/plain', 'Content-Length: 0'),
  PUT: method('PUT', 'Content-Length: 0'),
  DELETE: method('DELETE'),
  OPTIONS: method('OPTIONS', ...preflight),
  TRACE: method('TRACE'),
  CONNECT: method('CONNECT'),

  right: {},
  version8: { drop: 'Sec-WebSocket-Version', headers: ['Sec-WebSocket-Version: 8'] },
  noVersion: { drop: 'Sec-WebSocket-Version' },
  noKey: { drop: 'Sec-WebSocket-Key' },
  badKey: { drop: 'Sec-WebSocket-Key', headers: ['Sec-WebSocket-Key: short'] },
  noProtocol: { drop: 'Sec-WebSocket-Protocol' },
  protocol9: { drop: 'Sec-WebSocket-Protocol', headers: ['Sec-WebSocket-Protocol: c2l.v9'] },
  protocols: { drop: 'Sec-WebSocket-Protocol', headers: ['Sec-WebSocket-Protocol: c2l.v9, c2l.v1'] },
  wsPOST: method('POST'),
  wsHEAD: method('HEAD'),
  h2c: { drop: 'Upgrade', headers: ['Upgrade: h2c'] },
} as const satisfies Record<string, Change>;
type ChangeName = keyof typeof changes;

/** What each must answer: the whole of what the relay says to anybody. A `-` is a connection that is closed without a word. */
const table = [
  `              name NAME :443 local other ip  noPort :81 dot rebound empty http/1.0 none user twice both absolute abroad
  page          200  200  200  200   421   421 421    421 421 421     421   421      400  400  400   400  400      400
  index         200  200  200  200   421   421 421    421 421 421     421   421      400  400  400   400  400      400
  join          200  200  200  200   421   421 421    421 421 421     421   421      400  400  400   400  400      400
  file          200  200  200  200   421   421 421    421 421 421     421   421      400  400  400   400  400      400
  alive         200  200  200  200   200   200 200    200 200 200     200   200      400  400  400   400  400      400
  ready         200  200  200  200   200   200 200    200 200 200     200   200      400  400  400   400  400      400
  nothing       404  404  404  404   421   421 421    421 421 421     421   421      400  400  400   400  400      400
  metrics       404  404  404  404   421   421 421    421 421 421     421   421      400  400  400   400  400      400
  dial,plain    426  426  426  426   421   421 421    421 421 421     421   421      400  400  400   400  400      400
  device,plain  426  426  426  426   421   421 421    421 421 421     421   421      400  400  400   400  400      400
  ollama        401  401  401  401   421   421 421    421 421 421     421   421      400  400  400   400  400      400
  openai        401  401  401  401   421   421 421    421 421 421     421   421      400  400  400   400  400      400
  ws_dial       101  101  101  101   421   421 421    421 421 421     421   421      400  400  400   400  400      400
  ws_device     101  101  101  101   421   421 421    421 421 421     421   421      400  400  400   400  400      400
  ws_page       404  404  404  404   421   421 421    421 421 421     421   421      400  400  400   400  400      400
  ws_ollama     404  404  404  404   421   421 421    421 421 421     421   421      400  400  400   400  400      400`,

  `              noOrigin own ownLocal null foreign longer otherPort scheme case blank ownTwice ownAndOther
  page          200      200 200      200  200     200    200       200    200  200   200      200
  join          200      200 200      200  200     200    200       200    200  200   200      200
  file          200      200 200      200  200     200    200       200    200  200   200      200
  alive         200      200 200      200  200     200    200       200    200  200   200      200
  nothing       404      404 404      404  404     404    404       404    404  404   404      404
  dial,plain    426      426 426      426  426     426    426       426    426  426   426      426
  ollama        401      401 401      401  401     401    401       401    401  401   401      401
  openai        401      401 401      401  401     401    401       401    401  401   401      401
  ws_dial       101      101 101      403  403     403    403       403    403  403   403      403
  ws_device     101      101 101      403  403     403    403       403    403  403   403      403
  ws_page       404      404 404      404  404     404    404       404    404  404   404      404
  ws_ollama     404      404 404      404  404     404    404       404    404  404   404      404`,

  `              GET HEAD POST form PUT DELETE OPTIONS TRACE CONNECT
  page          200 200  404  404  404 404    404     404   -
  join          200 200  404  404  404 404    404     404   -
  file          200 200  404  404  404 404    404     404   -
  alive         200 200  404  404  404 404    404     404   -
  ready         200 200  404  404  404 404    404     404   -
  nothing       404 404  404  404  404 404    404     404   -
  metrics       404 404  404  404  404 404    404     404   -
  dial,plain    426 426  404  404  404 404    404     404   -
  device,plain  426 426  404  404  404 404    404     404   -
  ollama        401 401  401  401  405 401    405     405   -
  openai        401 401  401  401  405 401    405     405   -`,

  `              right version8 noVersion noKey badKey noProtocol protocol9 protocols wsPOST wsHEAD h2c
  ws_dial       101   426      426       400   400    426        426       101       405    405    400
  ws_device     101   426      426       400   400    426        426       101       405    405    400
  ws_page       404   404      404       404   404    404        404       404       404    404    404
  ws_ollama     404   404      404       404   404    404        404       404       404    404    404`,
];

interface Row {
  readonly target: Target;
  readonly change: ChangeName;
  readonly status: number;
}

const rows: readonly Row[] = table.flatMap((block) => {
  const [columns = [], ...lines] = block.split('\n').map((line) => line.trim().split(/\s+/));
  return lines.flatMap(([name = '', ...statuses]) => {
    assert.equal(statuses.length, columns.length, name);
    const target = name.replace(',', ', ').replace('_', ' ') as Target;
    return statuses.map((status, at) => ({ target, change: columns[at] as ChangeName, status: status === '-' ? 0 : Number(status) }));
  });
});

const upgradeHeaders = [
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  'Sec-WebSocket-Protocol: c2l.v1',
];

function requestOf({ target, change }: Row): string {
  const [verb = '', path = ''] = targets[target].split(' ');
  const { hosts = ['relay.example'], headers = [], line, drop }: Change = changes[change];
  const isUpgrade = target.startsWith('ws ');
  const all = [
    ...hosts.map((name) => `Host: ${name}`),
    `Connection: ${isUpgrade ? 'Upgrade' : 'close'}`,
    ...(isUpgrade ? upgradeHeaders : []).filter((header) => drop === undefined || !header.startsWith(`${drop}:`)),
    'Cookie: session=canary',
    'Referer: https://canary.example/canary',
    ...headers,
    ...(verb === 'POST' && line === undefined ? ['Content-Length: 0'] : []),
  ];
  return `${(line ?? ((name, at) => `${name} ${at} HTTP/1.1`))(verb, path)}\r\n${all.join('\r\n')}\r\n\r\n`;
}

describe('who may ask the relay for what', () => {
  let folder: string;
  let server: RelayServer;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'c2l-page-'));
    writeFileSync(join(folder, 'index.html'), '<!doctype html><title>page</title>');
    writeFileSync(join(folder, 'page-AB12.js'), 'console.log(1)');
    const files = ['index.html', 'page-AB12.js'].map((path) => ({ path, immutable: false }));
    writeFileSync(join(folder, 'assets.json'), JSON.stringify({ files }));
    const flags = { port: String(port), publicUrl: ['https://relay.example', `http://${local}`], open: true, gateway: true };
    server = await startRelayServer({
      settings: readRelaySettings(flags, {}, systemRandom),
      page: readPage(folder),
      clock: systemClock,
      random: systemRandom,
      crypto: nodeCrypto,
      log: nullLogger,
    });
  });
  after(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  it('answers 575 requests as the table says, sets no cookie, lets no other origin read, and changes nothing', async () => {
    const wrong: string[] = [];
    for (const row of rows) {
      const answer = await rawExchange(port, requestOf(row));
      const faults = [
        ...(answer.status === row.status ? [] : [`${String(answer.status)}, not ${String(row.status)}`]),
        ...faultsOf(answer),
      ];
      if (faults.length > 0) wrong.push(`${row.target} × ${row.change}: ${faults.join('; ')}`);
    }
    assert.deepEqual(wrong, []);
    assert.equal(rows.length, 575);
    const used = new Set<string>(rows.flatMap(({ target, change }) => [target, change]));
    assert.deepEqual(
      [...Object.keys(targets), ...Object.keys(changes)].filter((name) => !used.has(name)),
      [],
    );
    const { devices, circuits, parkedDials } = server.counts;
    assert.deepEqual({ devices, circuits, parkedDials }, { devices: 0, circuits: 0, parkedDials: 0 });
    await until('the end of the links', () => server.counts.clientLinks + server.counts.deviceLinks === 0);
  });
});

describe('who may ask the proxy of one’s own computer, which adds the key by itself', () => {
  const own = 'Host: 127.0.0.1:11434';
  const foreign = 'Origin: https://evil.example';
  /** 299 stands for what the gateway was given. */
  const proxyTable: readonly (readonly [status: number, what: string, ...headers: string[]])[] = [
    [299, 'a program', own],
    [299, 'a program, by name', 'Host: localhost:11434'],
    [299, 'a program, by IPv6', 'Host: [::1]:11434'],
    [299, 'a page of this computer', own, 'Origin: http://localhost:3000', 'Sec-Fetch-Site: cross-site'],
    [299, 'a page of this computer, by IPv6', own, 'Origin: http://[::1]:3000'],
    [299, 'a desktop program', own, 'Origin: app://obsidian.md'],
    [299, 'the address bar', own, 'Sec-Fetch-Site: none'],
    [421, 'a name that was pointed here', 'Host: evil.example:11434', 'Origin: http://evil.example:11434'],
    [421, 'the same, and no Origin', 'Host: evil.example:11434'],
    [421, 'a longer name', 'Host: localhost.evil.example'],
    [421, 'a name with a dot', 'Host: localhost.'],
    [421, 'another address', 'Host: 192.168.1.5:11434'],
    [421, 'no host', 'Host:'],
    [421, 'two hosts', own, 'Host: evil.example'],
    [421, 'a user before the host', 'Host: localhost@evil.example'],
    [400, 'no Host at all'],
    [403, 'a foreign page', own, foreign, 'Sec-Fetch-Site: cross-site'],
    [403, 'a sandboxed page', own, 'Origin: null'],
    [403, 'a page whose name begins like ours', own, 'Origin: http://localhost.evil.example'],
    [403, 'a page with a user in its name', own, 'Origin: http://localhost@evil.example'],
    [403, 'two origins', own, 'Origin: http://localhost', foreign],
    [403, 'an empty origin', own, 'Origin:'],
    [403, 'an image of a foreign page', own, 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: no-cors'],
    [403, 'a preflight of a foreign page', own, ...preflight],
  ];

  it('answers 72 requests as the table says, whatever the method, and lets no other origin read', async () => {
    const gateway: Parameters<typeof startProxyServer>[0] = {
      handle(exchange) {
        exchange.refuse({ status: 299, code: 'passed', message: 'passed' });
        return deafHandlers;
      },
    };
    const proxy = await startProxyServer(gateway, 0);
    try {
      const wrong: string[] = [];
      let count = 0;
      for (const [status, what, ...headers] of proxyTable)
        for (const line of ['GET /api/tags', 'POST /api/chat', 'OPTIONS /v1/chat/completions']) {
          const request = [`${line} HTTP/1.1`, 'Connection: close', 'Content-Length: 0', ...headers].join('\r\n');
          const answer = await rawExchange(Number(new URL(proxy.url).port), `${request}\r\n\r\n`);
          const faults = [...(answer.status === status ? [] : [`${String(answer.status)}, not ${String(status)}`]), ...faultsOf(answer)];
          if (faults.length > 0) wrong.push(`${what}, ${line}: ${faults.join('; ')}`);
          count++;
        }
      assert.deepEqual(wrong, []);
      assert.equal(count, 72);
    } finally {
      await proxy.close();
    }
  });
});

/** What no answer may have, whatever was asked. */
function faultsOf({ status, headers, body }: RawAnswer): string[] {
  const names = headers.map(([name]) => name);
  const text = `${headers.flat().join('\n')}\n${body}`;
  return [
    ...names.filter((name) => /^(set-cookie|access-control-.*|location|server|x-powered-by)$/.test(name)),
    ...(/canary|evil/.test(text) ? ['says again what a stranger wrote'] : []),
    ...(status >= 400 && status !== 400 && status !== 405 && !names.includes('x-content-type-options') ? ['lets its type be guessed'] : []),
  ];
}
