import * as v from 'valibot';
import { exitCodes, UserError } from '../../../base/userError.ts';
import { LINK_SUBPROTOCOL, PRODUCT_VERSION } from '../../../protocol/versions.ts';
import { STREAM_PROBE } from '../streamProbe.ts';
import type { HopOutcome } from './checkWay.ts';
import type { PublicAnswer } from './publicVisit.ts';
import { faultOfStatus, foreignHost, refusalNamed } from './refusedLink.ts';

/** A clock that is off by less harms nothing: invites and certificates are good for days. */
const CLOCK_SKEW_MS = 60_000;

/** GET /readyz. */
export function judgeReady({ status, body, headers }: PublicAnswer, host: string): HopOutcome {
  if (status === 503 && body === 'draining\n') throw fault('relayDraining', 'The relay is restarting.', 'Wait a minute, then look again.');
  if (status !== 200) throw faultOfStatus(status, headers, host);
  if (body !== 'ready\n') throw faultOfStatus(200, headers, host);
  const before = [headers['server'], headers['via']].filter((name) => name !== undefined && name !== '').join(', ');
  return before === '' ? {} : { note: `behind ${before.slice(0, 100)}` };
}

/** @param nowMs when the answer had come, as this computer's clock says */
export function judgeClock({ headers }: PublicAnswer, nowMs: number): HopOutcome {
  const skewMs = nowMs - Date.parse(headers['date'] ?? '');
  if (Number.isNaN(skewMs)) return { skip: 'the answers have no date' };
  if (Math.abs(skewMs) < CLOCK_SKEW_MS) return {};
  const minutes = String(Math.round(Math.abs(skewMs) / 60_000));
  const message = `The server’s clock is ${minutes} min ${skewMs > 0 ? 'behind' : 'ahead of'} this computer’s.`;
  return { warning: { code: 'clock', message, remedy: 'See which of the two is wrong (timedatectl); invites end by the server’s clock.' } };
}

/** GET / : the relay is asked by its own name. */
export function judgeHost({ status }: PublicAnswer, { origin }: URL): HopOutcome {
  if (status === 421) throw foreignHost(origin);
  return {};
}

/** GET / : the page comes, and with it the rules that the relay gives it. */
export function judgePage({ status, body, headers }: PublicAnswer, { origin, host }: URL): HopOutcome {
  if (status === 404 && refusalNamed(body) === 'relayNotFound') {
    const message = 'The relay has no page: it serves links only.';
    return { warning: { code: 'noPage', message, remedy: 'Copy the whole folder dist to the server, with dist/page in it.' } };
  }
  if (status !== 200) throw faultOfStatus(status, headers, host);
  const policy = String(headers['content-security-policy'] ?? '');
  if (!policy.includes("default-src 'none'")) {
    const remedy = 'Take out what removes or replaces Content-Security-Policy; the relay sends all headers that its page needs.';
    throw fault('headersChanged', 'The page comes without the relay’s own security policy.', remedy);
  }
  if (!policy.includes(origin.replace(/^http/, 'ws')) && !origin.includes('[')) {
    const remedy = `Start it with --public-url ${origin}, to the letter: scheme and port count.`;
    throw fault('foreignOrigin', `The page’s policy does not name ${origin}, so browsers open no link.`, remedy);
  }
  if (policy.split('default-src').length > 2 || policy.split('connect-src').length > 2) {
    const message = 'A second security policy was added to the page’s own; browsers obey both.';
    return { warning: { code: 'headersAdded', message, remedy: 'Take the Content-Security-Policy of the web server off this name.' } };
  }
  if (headers['cache-control'] !== 'no-store') {
    const message = `The page comes with Cache-Control: ${headers['cache-control'] ?? 'none'}, so an old one may stay in use.`;
    return { warning: { code: 'cacheChanged', message, remedy: 'Leave the relay’s Cache-Control as it is, and cache nothing before it.' } };
  }
  return {};
}

/** GET /streamz : whether its events came apart, as they were sent. */
export function judgeStream({ status, body, headers, pieces }: PublicAnswer, host: string): HopOutcome {
  if (status !== 200) throw status === 503 && refusalNamed(body) === 'relayBusy' ? busyProbes() : faultOfStatus(status, headers, host);
  if (body.split('\n\n').length - 1 !== STREAM_PROBE.events) {
    throw fault('streamCut', 'The stream that the relay sends does not arrive whole.', 'See the web server’s log for what it ended.');
  }
  const first = pieces[0]?.atMs ?? 0;
  const spreadMs = (pieces.at(-1)?.atMs ?? 0) - first;
  const sentMs = (STREAM_PROBE.events - 1) * STREAM_PROBE.everyMs;
  if (spreadMs >= sentMs / 2) return { note: `${String(STREAM_PROBE.events)} events over ${String(Math.round(spreadMs))} ms` };
  throw fault(
    'buffered',
    `Streams are held back: events sent over ${String(sentMs)} ms came within ${String(Math.round(spreadMs))} ms.`,
    'Switch buffering and compression off for this name (nginx: proxy_buffering off; gzip off), or answers through the gateway come in one piece.',
  );
}

const firstEvent = v.object({ relay: v.string(), links: v.string() });

/** What the stream's first event says of who speaks. */
export function judgeVersion(stream: PublicAnswer | undefined): HopOutcome {
  const spoken = v.safeParse(firstEvent, eventOf(stream?.body ?? ''));
  if (!spoken.success) return { note: `links ${LINK_SUBPROTOCOL}` };
  const { relay, links } = spoken.output;
  if (relay === PRODUCT_VERSION) return { note: `${relay}, links ${links}` };
  const message = `The relay is version ${relay.slice(0, 32)}, this program ${PRODUCT_VERSION}; their links work together (${links.slice(0, 32)}).`;
  return { warning: { code: 'otherVersion', message, remedy: 'Update the older of the two when it suits you.' } };
}

function eventOf(body: string): unknown {
  try {
    return JSON.parse(/^data: (.*)$/m.exec(body)?.[1] ?? '');
  } catch {
    return undefined;
  }
}

function busyProbes(): UserError {
  return fault('relayBusy', 'Too many look at this relay now.', 'Wait a moment, then look again.');
}

function fault(code: string, message: string, remedy: string): UserError {
  return new UserError(code, message, remedy, exitCodes.failed);
}
