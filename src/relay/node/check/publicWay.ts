import type { Clock } from '../../../base/clock.ts';
import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { randomBytes } from 'node:crypto';
import { exitCodes, UserError } from '../../../base/userError.ts';
import { TunnelError } from '../../../protocol/errors.ts';
import { HASH_BYTES } from '../../../protocol/linkFrames.ts';
import { isLoopbackHost, parseRelayUrl, relayPaths } from '../../../protocol/relayUrl.ts';
import { isNearAddress } from '../../addresses.ts';
import type { CheckHop, HopOutcome } from './checkWay.ts';
import { judgeClock, judgeHost, judgePage, judgeReady, judgeStream, judgeVersion } from './judgements.ts';
import { PublicLink } from './publicLink.ts';
import { ask, bareHost, portOf, readCertificate, tryAddress, unreachable, type PublicAnswer, type Surroundings } from './publicVisit.ts';
import { refusalNamed } from './refusedLink.ts';

const HOP_MS = 5_000;
/** Addresses of one name that are tried; who has more has them for load, not by mistake. */
const MAX_ADDRESSES = 8;

export interface WayOptions extends Surroundings {
  readonly clock: Clock;
  /** As a person typed it. */
  readonly address: string;
  /** How long a link is left alone; 0: not at all. */
  readonly idleMs: number;
  /** Of one hop, in place of five seconds; for tests. */
  readonly hopMs?: number;
}

/** Every hop from outside to the relay, in order. What one hop finds the next ones use; all of it ends with `signal`. */
export function publicWay(options: WayOptions, signal: AbortSignal): readonly CheckHop[] {
  const { clock, idleMs } = options;
  const boundMs = options.hopMs ?? HOP_MS;
  let origin = new URL('http://localhost');
  let addresses: readonly LookupAddress[] = [];
  let ready: PublicAnswer;
  let page: PublicAnswer;
  let stream: PublicAnswer | undefined;
  let quiet: PublicLink | undefined;

  const get = (path: string): Promise<PublicAnswer> => ask(new URL(path, origin), options, signal);
  const silent = (what: string) => (seconds: string) =>
    new UserError(
      'silent',
      `${origin.host} does not ${what} within ${seconds}.`,
      'See whether a firewall or the web server before the relay holds it back, and that server’s log.',
      exitCodes.failed,
    );

  return [
    {
      hop: 'address',
      boundMs,
      check: () => {
        origin = new URL(readAddress(options.address));
        return { note: origin.origin };
      },
      late: silent('have an address'),
    },
    {
      hop: 'name',
      boundMs,
      check: async () => {
        const host = bareHost(origin);
        if (isLoopbackHost(origin.hostname) || isIP(host) !== 0) {
          addresses = isIP(host) === 0 ? [{ address: '127.0.0.1', family: 4 }] : [{ address: host, family: isIP(host) }];
          return { skip: 'not needed at this address' };
        }
        addresses = (await resolve(host, options)).slice(0, MAX_ADDRESSES);
        return judgeAddresses(host, addresses);
      },
      late: (seconds) => noName(bareHost(origin), `no answer within ${seconds}`),
    },
    { hop: 'network', boundMs, check: (over) => reachAll(addresses, origin, over, boundMs), late: silent('answer') },
    {
      hop: 'certificate',
      boundMs,
      check: async (over) => {
        if (origin.protocol !== 'https:') return { skip: 'not needed at this address' };
        const { issuer, notBefore, notAfter, tls } = await readCertificate(origin, options, over);
        const days = Math.floor((notAfter - clock.now()) / 86_400_000);
        // authorities renew at a third of the life; who is late by half of that is not renewed by itself
        if (notAfter - clock.now() > (notAfter - notBefore) / 6) return { note: `of ${issuer}, ${String(days)} days left, ${tls}` };
        const message = `The certificate of ${origin.host} ends in ${String(days)} ${days === 1 ? 'day' : 'days'}.`;
        return { warning: { code: 'certificateEnds', message, remedy: 'Renew it, and see why it is not renewed by itself.' } };
      },
      late: silent('speak TLS'),
    },
    {
      hop: 'relay',
      boundMs,
      check: async () => {
        ready = await get(relayPaths.ready);
        return judgeReady(ready, origin.host);
      },
      late: silent('answer a request'),
    },
    { hop: 'clock', boundMs, check: () => judgeClock(ready, clock.now()), late: silent('tell the time') },
    {
      hop: 'host',
      boundMs,
      check: async () => {
        page = await get('/');
        return judgeHost(page, origin);
      },
      late: silent('give its page'),
    },
    { hop: 'page', boundMs, check: () => judgePage(page, origin), late: silent('give its page') },
    {
      hop: 'device',
      boundMs,
      check: async (over) => {
        const link = await PublicLink.open(origin.origin, 'device', false, options, over);
        await link.expect('challenge');
        link.close();
        return {};
      },
      late: silent('let a device’s link through'),
    },
    {
      hop: 'client',
      boundMs,
      check: async () => {
        quiet = await PublicLink.open(origin.origin, 'client', true, options, signal);
        const begin = clock.monotonic();
        quiet.send({ type: 'dial', hash: new Uint8Array(randomBytes(HASH_BYTES)) });
        await quiet.expect('waiting');
        if (idleMs === 0) quiet.close();
        return { note: `there and back in ${String(Math.ceil(clock.monotonic() - begin))} ms` };
      },
      late: silent('let a browser’s link through'),
    },
    {
      hop: 'stream',
      boundMs,
      check: async () => {
        const answer = await get(relayPaths.stream);
        if (answer.status === 404 && refusalNamed(answer.body) !== undefined)
          return { skip: 'this relay is older, and has no stream to look at' };
        stream = answer;
        return judgeStream(answer, origin.host);
      },
      late: silent('send its stream'),
    },
    { hop: 'version', boundMs, check: () => judgeVersion(stream), late: silent('tell its version') },
    {
      hop: 'idle',
      boundMs: idleMs + boundMs,
      check: (over) =>
        idleMs === 0 ? { skip: 'not looked at; --idle 60 leaves a link alone for a minute' } : leaveAlone(quiet, idleMs, clock, over),
      late: silent('end'),
    },
  ];
}

function readAddress(text: string): string {
  try {
    return parseRelayUrl(text);
  } catch (error) {
    const { detail = 'not an address' } = TunnelError.from(error);
    const remedy = detail.startsWith('a path')
      ? 'A relay stands at the root of its address: give it a name of its own, as https://relay.example.'
      : 'It looks like https://relay.example.';
    throw new UserError('badAddress', `${text.slice(0, 200)}: ${detail}.`, remedy, exitCodes.failed, { cause: error });
  }
}

async function resolve(host: string, { lookUp }: Surroundings): Promise<readonly LookupAddress[]> {
  try {
    return await lookUp(host);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw noName(host, code === 'ENOTFOUND' ? 'nobody has it' : `it cannot be looked up here (${code})`);
  }
}

function noName(host: string, why: string): UserError {
  const remedy = 'Make an A or AAAA entry for it that leads to the server; a new one may take an hour to be known everywhere.';
  return new UserError('noName', `The name ${host} leads nowhere: ${why}.`, remedy, exitCodes.failed);
}

function judgeAddresses(host: string, addresses: readonly LookupAddress[]): HopOutcome {
  const all = addresses.map(({ address }) => address).join(', ');
  const near = addresses.find(({ address }) => isNearAddress(address));
  if (!near) return { note: all };
  const message = `The name ${host} leads to ${near.address}, which only its own network reaches.`;
  return {
    warning: { code: 'nearAddress', message, remedy: 'For phones outside, the entry must name the address that the internet sees.' },
  };
}

/** All addresses of the name: whoever gets a dead one waits, or never comes in. */
async function reachAll(addresses: readonly LookupAddress[], origin: URL, over: AbortSignal, boundMs: number): Promise<HopOutcome> {
  const signal = AbortSignal.any([over, AbortSignal.timeout(boundMs - 500)]);
  const tried = await Promise.all(
    addresses.map(async (one) => {
      try {
        await tryAddress(one, portOf(origin), signal);
        return { ...one, error: undefined };
      } catch (error) {
        return { ...one, error: error as NodeJS.ErrnoException };
      }
    }),
  );
  // this computer has no IPv6, or no IPv4: that says nothing of the server
  const looked = tried.filter(({ error }) => !/^(ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL|EAFNOSUPPORT)$/.test(error?.code ?? ''));
  const [dead] = looked.filter(({ error }) => error !== undefined);
  const alive = looked.find(({ error }) => error === undefined);
  const port = String(portOf(origin));
  if (!alive)
    throw signal.aborted && dead ? silentPort(dead.address, port) : unreachable(tried[0]?.error ?? new Error('no address'), origin.host);
  if (!dead)
    return { note: looked.length < tried.length ? `${alive.address} port ${port}; the others cannot be tried from here` : `port ${port}` };
  return {
    warning: {
      code: 'deadAddress',
      message: `Of the addresses of ${origin.host}, ${alive.address} answers and ${dead.address} does not (port ${port}).`,
      remedy: 'Have the web server listen on both, or remove the entry that leads nowhere.',
    },
  };
}

function silentPort(address: string, port: string): UserError {
  const remedy = 'Open this port in the firewalls of the server and of its provider, and check that the address is the server’s.';
  return new UserError('silent', `Nothing answers at ${address} port ${port}, and nothing refuses.`, remedy, exitCodes.failed);
}

async function leaveAlone(link: PublicLink | undefined, idleMs: number, clock: Clock, over: AbortSignal): Promise<HopOutcome> {
  const begin = clock.monotonic();
  const isWhole = await Promise.race([
    link?.ended().then(() => false),
    new Promise<boolean>((resolve) => {
      const timer = clock.after(idleMs, () => {
        resolve(true);
      });
      over.addEventListener('abort', () => {
        timer.dispose();
      });
    }),
  ]);
  if (isWhole) {
    link?.close();
    return { note: `left alone for ${String(idleMs / 1000)} s` };
  }
  const seconds = String(Math.round((clock.monotonic() - begin) / 1000));
  throw new UserError(
    'linkCut',
    `A quiet link was ended after ${seconds} s, and not by the relay, which says something every 15 s.`,
    'Let the web server keep WebSockets that are silent for a minute (nginx: proxy_read_timeout 1h; proxy_send_timeout 1h).',
    exitCodes.failed,
  );
}
