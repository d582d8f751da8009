import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { systemClock, type Clock } from '../../src/base/clock.ts';
import { UserError } from '../../src/base/userError.ts';
import { runCheck, type CheckFlags, type CheckSurroundings } from '../../src/relay/node/check/checkCommand.ts';
import { checkHops } from '../../src/relay/node/check/checkWay.ts';
import { faultOfRefusal, faultOfStatus } from '../../src/relay/node/check/refusedLink.ts';
import { judgeClock, judgePage, judgeReady, judgeStream, judgeVersion } from '../../src/relay/node/check/judgements.ts';
import type { PublicAnswer } from '../../src/relay/node/check/publicVisit.ts';
import { PRODUCT_VERSION } from '../../src/protocol/versions.ts';
import { selfSigned } from '../tunnel/node/selfSigned.ts';
import { CheckedFront, type FrontOptions } from './checkedFront.ts';

interface Hop {
  readonly hop: string;
  readonly outcome: string;
  readonly code?: string;
  readonly message?: string;
  readonly remedy?: string;
  readonly note?: string;
  readonly why?: string;
}

interface Run {
  readonly code: number;
  readonly hops: readonly Hop[];
  readonly outcomes: Readonly<Record<string, string>>;
  readonly verdict: Readonly<Record<string, unknown>>;
}

async function check(address: string, more: Partial<CheckSurroundings> = {}, flags: CheckFlags = {}): Promise<Run> {
  let printed = '';
  const print = (text: string): void => void (printed += text);
  const code = await runCheck(address, { json: true, ...flags }, { env: {}, print, ...more });
  const events = printed
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Hop & { event: string });
  const hops = events.filter(({ event }) => event === 'hop');
  const outcomes = Object.fromEntries(
    hops.map(({ hop, outcome, code: fault }) => [hop, fault === undefined ? outcome : `${outcome} ${fault}`]),
  );
  return { code, hops, outcomes, verdict: events.at(-1) as unknown as Record<string, unknown> };
}

describe('relay check', () => {
  let front: CheckedFront | undefined;
  afterEach(async () => {
    await front?.stop();
    front = undefined;
  });
  const behind = async (options: FrontOptions, more: Partial<CheckSurroundings> = {}, flags: CheckFlags = {}): Promise<Run> => {
    front = await CheckedFront.start(options);
    return check(front.origin, more, flags);
  };

  it('finds nothing wrong with a relay behind a web server over TLS, and looks at every hop', async () => {
    const { code, outcomes, verdict, hops } = await behind({ secure: true }, { authorities: selfSigned.cert });
    assert.deepEqual(outcomes, {
      address: 'passed',
      name: 'skipped',
      network: 'passed',
      certificate: 'passed',
      relay: 'passed',
      clock: 'passed',
      host: 'passed',
      page: 'passed',
      device: 'passed',
      client: 'passed',
      stream: 'passed',
      version: 'passed',
      idle: 'skipped',
    });
    assert.deepEqual([code, verdict['ok'], verdict['warnings']], [0, true, 0]);
    assert.deepEqual(Object.keys(outcomes), Object.keys(checkHops));
    assert.match(hops.find(({ hop }) => hop === 'certificate')?.note ?? '', /^of localhost, \d+ days left, TLSv1\.\d$/);
    assert.equal(hops.find(({ hop }) => hop === 'version')?.note, `${PRODUCT_VERSION}, links c2l.v1`);
  });

  it('prints a line each and a verdict for people, with the remedy', async () => {
    front = await CheckedFront.start({ publicUrl: () => 'https://other.example', hasPage: false });
    let printed = '';
    const code = await runCheck(undefined, {}, { env: { C2L_PUBLIC_URL: front.origin }, print: (text) => void (printed += text) });
    assert.equal(code, 1);
    const text = printed.replaceAll(String(front.port), 'PORT').replace(/ +\d+ ms/g, ' N ms');
    assert.match(text, /^ok {7}Address/);
    assert.match(text, /\nFAILED {3}Host name.* N ms {2}The relay does not know 127\.0\.0\.1:PORT as its own name\.\n/);
    assert.match(text, /\n– {8}Page .*not looked at: a hop before it failed\n/);
    assert.match(
      text,
      /\n\nThe first hop that fails: Host name\. .* \[foreignHost\]\nWhat to do: Start it with --public-url http:\/\/127\.0\.0\.1:PORT\./,
    );
  });

  /** Each fault by itself: what stands before the relay, and the first hop that fails with its code and words of its remedy. */
  const faults: readonly (readonly [what: string, options: FrontOptions, hop: string, code: string, remedy: RegExp])[] = [
    ['a relay that was told another name', { publicUrl: () => 'https://other.example' }, 'host', 'foreignHost', /--public-url http:/],
    ['a web server that changes the Host', { host: 'localhost:1' }, 'host', 'foreignHost', /proxy_set_header Host/],
    [
      'a relay that was told another scheme',
      { secure: true, publicUrl: (own) => own.replace('https', 'http') },
      'page',
      'foreignOrigin',
      /scheme and port count/,
    ],
    [
      'a web server without a relay behind it',
      { instead: (_request, response) => (response.writeHead(502).end('<h1>502'), true) },
      'relay',
      'relayBehind',
      /the relay runs/,
    ],
    [
      'another program',
      { instead: (_request, response) => (response.end('<title>Welcome to nginx!'), true) },
      'relay',
      'notARelay',
      /the whole of this name/,
    ],
    [
      'a name that leads on',
      { instead: (_request, response) => (response.writeHead(301, { location: 'https://www.example/' }).end(), true) },
      'relay',
      'redirected',
      /--public-url too/,
    ],
    ['a password', { instead: (_request, response) => (response.writeHead(401).end(), true) }, 'relay', 'guarded', /passwords, bot checks/],
    [
      'a web server that takes the page’s policy off',
      { headers: (headers) => delete headers['content-security-policy'] },
      'page',
      'headersChanged',
      /Content-Security-Policy/,
    ],
    ['a web server that passes requests and no upgrade', { upgrade: 'asRequest' }, 'device', 'noUpgrade', /proxy_http_version 1\.1/],
    ['a web server that refuses upgrades itself', { upgrade: 'refuse' }, 'device', 'noUpgrade', /\/v1\/device/],
    ['a web server that answers upgrades itself', { upgrade: 'foreignAnswer' }, 'device', 'badUpgrade', /Sec-WebSocket/],
    ['a web server that holds streams back', { buffers: true }, 'stream', 'buffered', /proxy_buffering off/],
  ];
  for (const [what, options, hop, code, remedy] of faults) {
    it(`names ${what}`, async () => {
      const run = await behind(options, { authorities: selfSigned.cert });
      assert.deepEqual([run.code, run.verdict['ok'], run.verdict['hop'], run.verdict['code']], [1, false, hop, code]);
      assert.match(String(run.verdict['remedy']), remedy);
      const failed = run.hops.findIndex(({ outcome }) => outcome === 'failed');
      assert.ok(run.hops.slice(failed + 1).every(({ outcome, why }) => outcome === 'skipped' && /a hop before it failed/.test(why ?? '')));
    });
  }

  it('names a certificate that nobody vouches for', async () => {
    const { verdict } = await behind({ secure: true });
    assert.deepEqual([verdict['hop'], verdict['code']], ['certificate', 'certificate']);
    assert.match(String(verdict['message']), /signed by nobody but itself/);
  });

  it('names a web server that ends quiet links, when it is told to wait for that', async () => {
    const cut = await behind({ upgrade: 'cutSoon' }, {}, { idle: '5' });
    assert.deepEqual([cut.verdict['hop'], cut.verdict['code']], ['idle', 'linkCut']);
    await front?.stop();
    const kept = await behind({}, {}, { idle: '1' });
    assert.equal(kept.outcomes['idle'], 'passed');
    assert.equal(kept.code, 0);
  });

  it('warns, and fails nothing, where the relay works all the same', async () => {
    const hours: Clock = { ...systemClock, now: () => Date.now() + 3_600_000 };
    const run = await behind(
      { headers: (headers) => (headers['cache-control'] = 'public'), hasPage: true },
      { clock: hours, lookUp: () => Promise.resolve([]) },
    );
    assert.deepEqual([run.code, run.verdict['warnings']], [0, 2]);
    assert.deepEqual([run.outcomes['clock'], run.outcomes['page']], ['warned clock', 'warned cacheChanged']);
    await front?.stop();
    const bare = await behind({ hasPage: false });
    assert.deepEqual([bare.code, bare.outcomes['page']], [0, 'warned noPage']);
  });

  it('tries every address of a name, and tells a dead one from a family that this computer lacks', async () => {
    front = await CheckedFront.start({ secure: true, publicUrl: (own) => own.replace('localhost', 'relay.test') });
    const at = `https://relay.test:${String(front.port)}`;
    const named = (...addresses: string[]): Partial<CheckSurroundings> => ({
      authorities: selfSigned.cert,
      lookUp: () => Promise.resolve(addresses.map((address) => ({ address, family: 4 }))),
    });
    const dead = await check(at, named('127.0.0.1', '127.0.0.77'));
    assert.deepEqual([dead.outcomes['name'], dead.outcomes['network']], ['warned nearAddress', 'warned deadAddress']);
    assert.match(dead.hops.find(({ hop }) => hop === 'network')?.message ?? '', /127\.0\.0\.1 answers and 127\.0\.0\.77 does not/);
    assert.equal(dead.outcomes['certificate'], 'failed certificate'); // it is for localhost
    const none = await check(at, named('127.0.0.77'));
    assert.equal(none.verdict['code'], 'unreachable');
    const lost = await check(at, { lookUp: () => Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' })) });
    assert.deepEqual([lost.verdict['hop'], lost.verdict['code']], ['name', 'noName']);
    const mute = await check(at, { lookUp: () => new Promise(() => undefined), hopMs: 60 });
    assert.match(String(mute.verdict['message']), /no answer within 0\.1 s/);
  });

  it('names an address that cannot be one, and a path before a relay', async () => {
    for (const [address, remedy] of [
      ['https://example.org/relay', /name of its own/],
      ['http://relay.example', /looks like https/],
      ['ftp://relay.example', /looks like https/],
    ] as const) {
      const { verdict } = await check(address);
      assert.deepEqual([verdict['hop'], verdict['code']], ['address', 'badAddress'], address);
      assert.match(String(verdict['remedy']), remedy);
    }
    await assert.rejects(runCheck(undefined, {}, { env: {}, print: () => undefined }), { code: 'addressRequired' });
    await assert.rejects(check('https://relay.example', {}, { idle: 'long' }), (error: unknown) => error instanceof UserError);
  });

  it('names a server that says nothing, in the time of one hop', async () => {
    // Takes what is said, so that it hears of the end.
    const mute = createServer((socket) => void socket.resume().on('error', () => undefined));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    try {
      const { verdict } = await check(`http://127.0.0.1:${String((mute.address() as AddressInfo).port)}`, { hopMs: 700 });
      assert.deepEqual([verdict['hop'], verdict['code']], ['relay', 'silent']);
    } finally {
      mute.close();
    }
  });
});

describe('what relay check makes of answers', () => {
  const answer = (more: Partial<PublicAnswer>): PublicAnswer => ({ status: 200, headers: {}, body: '', pieces: [], ...more });

  it('reads the refusals of relays by name, and of others by status', () => {
    const refused = (error: string, status = 426): string =>
      faultOfRefusal(status, { 'sec-websocket-protocol': 'c2l.v2' }, JSON.stringify({ error, message: 'm' }), 'https://relay.example')
        .message;
    assert.equal(refused('relayVersion'), 'The relay speaks c2l.v2, this program c2l.v1.');
    assert.match(refused('foreignOrigin', 403), /does not know https:\/\/relay\.example as the address of its page/);
    assert.match(refused('foreignHost', 421), /does not know relay\.example/);
    assert.match(refused('relayDraining', 503), /restarting/);
    assert.match(refused('relayBusy', 429), /takes no more links/);
    assert.match(refused('news', 418), /HTTP 418/);
    assert.equal(faultOfRefusal(504, {}, '<h1>', 'https://relay.example').code, 'relayBehind');
    assert.equal(faultOfStatus(418, {}, 'relay.example').code, 'notARelay');
  });

  it('warns of a second policy, knows a cut stream, a busy relay, another version and a relay without a date', () => {
    const url = new URL('https://relay.example');
    const own = "default-src 'none'; connect-src 'self' wss://relay.example";
    const page = answer({ headers: { 'content-security-policy': `${own}, default-src 'self'`, 'cache-control': 'no-store' } });
    assert.equal((judgePage(page, url) as { warning: { code: string } }).warning.code, 'headersAdded');
    assert.throws(() => judgeStream(answer({ body: 'data: {}\n\n' }), 'relay.example'), { code: 'streamCut' });
    const busy = answer({ status: 503, body: '{"error":"relayBusy","message":"m"}' });
    assert.throws(() => judgeStream(busy, 'relay.example'), { code: 'relayBusy' });
    const other = judgeVersion(answer({ body: 'data: {"relay":"9.9.9","links":"c2l.v1"}\n\n' })) as { warning: { message: string } };
    assert.match(other.warning.message, /version 9\.9\.9, this program/);
    assert.deepEqual(judgeVersion(undefined), { note: 'links c2l.v1' });
    assert.deepEqual(judgeClock(answer({}), 0), { skip: 'the answers have no date' });
  });

  it('knows a relay that restarts, a page without its rules, one that is kept too long, and a clock that is off either way', () => {
    const url = new URL('https://relay.example');
    assert.throws(() => judgeReady(answer({ status: 503, body: 'draining\n' }), 'relay.example'), { code: 'relayDraining' });
    assert.throws(() => judgeReady(answer({ body: 'hello' }), 'relay.example'), { code: 'notARelay' });
    assert.deepEqual(judgeReady(answer({ body: 'ready\n', headers: { via: '1.1 a' } }), 'relay.example'), { note: 'behind 1.1 a' });
    const code = (outcome: unknown): string => (outcome as { warning: { code: string } }).warning.code;
    assert.equal(code(judgePage(answer({ status: 404, body: '{"error":"relayNotFound","message":"m"}' }), url)), 'noPage');
    assert.throws(() => judgePage(answer({}), url), { code: 'headersChanged' });
    const foreign = { 'content-security-policy': "default-src 'none'; connect-src 'self' wss://other.example" };
    assert.throws(() => judgePage(answer({ headers: foreign }), url), { code: 'foreignOrigin' });
    const own = { 'content-security-policy': "default-src 'none'; connect-src 'self' wss://relay.example" };
    for (const more of [{}, { 'cache-control': 'max-age=60' }])
      assert.equal(code(judgePage(answer({ headers: { ...own, ...more } }), url)), 'cacheChanged');
    const at = (ms: number): string =>
      (judgeClock(answer({ headers: { date: new Date(ms).toUTCString() } }), 600_000) as { warning: { message: string } }).warning.message;
    assert.match(at(0), /10 min behind/);
    assert.match(at(1_200_000), /10 min ahead of/);
  });
});
