import type { Clock } from '../base/clock.ts';
import { deferred } from '../base/deferred.ts';
import type { DisposableStore } from '../base/disposable.ts';
import { noted } from '../base/say.ts';
import { TunnelError, type ErrorCode } from '../protocol/errors.ts';
import type { DialLink } from '../protocol/linkSocket.ts';
import { parseRelayUrl, relayPaths } from '../protocol/relayUrl.ts';
import { Link } from '../tunnel/link.ts';
import { meaningOfRefusal } from '../tunnel/upgradeRefusal.ts';
import { hopBounds, type HopCheck, type HopFinding } from './diagnose.ts';
import type { RelayAnswer, RelayVisit, VisitRelay } from './relayVisit.ts';

/** A clock that is off by less is no news: certificates and invites are good for days. */
const CLOCK_SKEW_MS = 60_000;

/** The device's end of the line while it is looked at. */
export interface DeviceEnd {
  /** Has the relay take the device in and confirm where it is found. @throws TunnelError the relay's refusal */
  admit(origin: string, signal: AbortSignal): Promise<HopFinding>;
  /** Comes to the device through the relay as any client does, and resolves to the round trip of one PING, ms. @throws TunnelError */
  ping(origin: string, signal: AbortSignal): Promise<number>;
  /** Why nobody has answered the ping yet. */
  readonly unanswered: ErrorCode;
}

export interface RelayHopsOptions {
  readonly clock: Clock;
  /** As a person typed it; undefined when no relay is set up. */
  readonly address: string | undefined;
  /** A relay has been reached there. */
  readonly isKnown: boolean;
  readonly visit: VisitRelay;
  readonly dial: DialLink;
  readonly end: DeviceEnd;
  /** Of the run: what one hop opens for the next ends with it. */
  readonly owned: DisposableStore;
}

/** The way from this device to its relay, and through it back to this device. */
export function relayHops(options: RelayHopsOptions): readonly HopCheck[] {
  const { address, isKnown, owned, end } = options;
  let origin = '';
  let visit: RelayVisit;
  return [
    {
      hop: 'address',
      check: () => {
        if (address === undefined || address === '') return Promise.resolve({ skip: 'notSetUp' });
        try {
          origin = parseRelayUrl(address);
          return Promise.resolve({ note: origin });
        } catch (error) {
          return Promise.reject(TunnelError.from(error));
        }
      },
      late: () => new TunnelError('badRelayUrl'),
    },
    {
      hop: 'network',
      check: async () => {
        visit = owned.add(options.visit(new URL(relayPaths.ready, origin).href));
        await visit.connected;
        return {};
      },
      late: (seconds) => new TunnelError('relayUnreachable', `${new URL(origin).host} does not answer within ${seconds}`),
    },
    {
      hop: 'certificate',
      check: async (): Promise<HopFinding> => {
        if (!origin.startsWith('https:')) return { skip: 'notNeeded' };
        await visit.secured;
        return {};
      },
      late: (seconds) => new TunnelError('relaySilent', `no TLS within ${seconds}`),
    },
    {
      hop: 'relay',
      check: async () => judgeAnswer(await visit.answered, isKnown, options.clock.now()),
      late: (seconds) => new TunnelError('relaySilent', `no answer within ${seconds}`),
    },
    {
      hop: 'link',
      check: (signal) => openLink(options, origin, signal),
      late: (seconds) => new TunnelError('relaySilent', `no link within ${seconds}`),
    },
    {
      hop: 'admission',
      check: (signal) => end.admit(origin, signal),
      late: (seconds) => new TunnelError('relaySilent', `no admission within ${seconds}`),
    },
    {
      hop: 'farEnd',
      check: async (signal) => ({ note: `through the relay and back in ${String(Math.ceil(await end.ping(origin, signal)))} ms` }),
      late: (seconds) => new TunnelError(end.unanswered, `within ${seconds}`),
    },
  ];
}

function judgeAnswer({ status, body, date }: RelayAnswer, isKnown: boolean, now: number): HopFinding {
  if (status === 503 && body === 'draining\n') throw new TunnelError('relayDraining');
  if (status === 200 && body !== 'ready\n')
    throw new TunnelError(isKnown ? 'relayIntercepted' : 'relayNotFound', 'another program answers there');
  if (status !== 200) throw new TunnelError(meaningOfRefusal(status, isKnown), `HTTP ${String(status)}`);
  const skewMs = date === undefined ? 0 : now - date;
  if (Math.abs(skewMs) < CLOCK_SKEW_MS) return {};
  const minutes = String(Math.round(Math.abs(skewMs) / 60_000));
  return {
    note:
      skewMs > 0
        ? `the clock of this computer is ${minutes} min ahead of the relay’s`
        : `the clock of this computer is ${minutes} min behind the relay’s`,
  };
}

/** Refusals that are no relay's own: at an address where a relay has just answered they mean what stands before it. */
const noUpgrade: ReadonlySet<ErrorCode> = new Set(['relayNotFound', 'relayIntercepted', 'relayUnreachable']);
const NO_UPGRADE = noted('it answers, but no WebSocket gets through; a proxy before it must pass the upgrade on');

/** A link of its own, up to the relay's CHALLENGE: upgrade and version. */
async function openLink({ dial, clock, isKnown }: RelayHopsOptions, origin: string, signal: AbortSignal): Promise<HopFinding> {
  const challenged = deferred<HopFinding>();
  const link = new Link(
    { dial, clock, origin, role: 'device', patienceMs: hopBounds.link, isKnown },
    {
      onOpen: () => undefined,
      onFrame: ({ type }) => {
        if (type === 'challenge') challenged.resolve({});
        else challenged.reject(new TunnelError('relayProtocol'));
      },
      onDrain: () => undefined,
      onClosed: (error) => {
        challenged.reject(new TunnelError(error, noUpgrade.has(error) ? NO_UPGRADE : undefined));
      },
    },
  );
  const stop = (): void => {
    challenged.reject(new TunnelError('cancelled'));
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await challenged.promise;
  } finally {
    signal.removeEventListener('abort', stop);
    link.dispose();
  }
}
