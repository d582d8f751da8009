import type { IncomingHttpHeaders } from 'node:http';
import * as v from 'valibot';
import { exitCodes, UserError } from '../../../base/userError.ts';
import { LINK_SUBPROTOCOL, olderOf } from '../../../protocol/versions.ts';

const relayRefusal = v.object({ error: v.string(), message: v.string() });

/** What a relay said by name, if it was a relay: its refusals are one JSON object. */
export function refusalNamed(body: string): string | undefined {
  try {
    return v.parse(relayRefusal, JSON.parse(body)).error;
  } catch {
    return undefined; // of somebody else's making
  }
}

export function foreignHost(origin: string): UserError {
  return fault(
    'foreignHost',
    `The relay does not know ${new URL(origin).host} as its own name.`,
    `Start it with --public-url ${origin}. If you do, the web server before it changes the Host: have it passed on (nginx: proxy_set_header Host $host).`,
  );
}

/** Why an answer that should be the relay's is not, by its status; of a proxy, a CDN, or another program. */
export function faultOfStatus(status: number, { location }: IncomingHttpHeaders, host: string): UserError {
  const said = `HTTP ${String(status)}`;
  if (status >= 300 && status < 400) {
    return fault(
      'redirected',
      `${host} leads on to ${(location ?? 'another address').slice(0, 200)} (${said}).`,
      'Use the address that it leads to, in --public-url too; links and keys do not follow.',
    );
  }
  if (status === 502 || status === 503 || status === 504) {
    return fault(
      'relayBehind',
      `The web server answers, but does not reach the relay behind it (${said}).`,
      'Check that the relay runs, and that the web server passes on to its address and port (127.0.0.1:8787 unless --host and --port say otherwise).',
    );
  }
  if (status === 401 || status === 403 || status === 407 || status === 429) {
    return fault(
      'guarded',
      `Something before the relay keeps visitors out (${said}).`,
      'Take passwords, bot checks and address rules off this name: programs cannot pass them, and the relay has its own.',
    );
  }
  return fault(
    'notARelay',
    `Another program answers at ${host} (${said}).`,
    'Have the web server pass the whole of this name on to the relay.',
  );
}

/** Why an upgrade was refused. @param body the beginning of it */
export function faultOfRefusal(status: number, headers: IncomingHttpHeaders, body: string, origin: string): UserError {
  const { host } = new URL(origin);
  switch (refusalNamed(body)) {
    case 'foreignHost':
      return foreignHost(origin);
    case 'foreignOrigin':
      return fault(
        'foreignOrigin',
        `The relay does not know ${origin} as the address of its page.`,
        `Start it with --public-url ${origin}, to the letter: scheme and port count.`,
      );
    case 'relayVersion': {
      const spoken = headers['sec-websocket-protocol'] ?? '';
      const older = olderOf(spoken);
      if (!older) {
        return fault(
          'noSubprotocol',
          'The web server takes the header Sec-WebSocket-Protocol off, by which relay and program agree on a version.',
          'Have it pass all headers Sec-WebSocket-* on to the relay.',
        );
      }
      return fault(
        'relayVersion',
        `The relay speaks ${spoken.slice(0, 100)}, this program ${LINK_SUBPROTOCOL}.`,
        older === 'relay' ? 'Update the relay.' : 'Update this program.',
      );
    }
    case 'relayDraining':
      return fault('relayDraining', 'The relay is restarting.', 'Wait a minute, then look again.');
    case 'relayBusy':
      return fault('relayBusy', 'The relay takes no more links from this address now.', 'Wait a few minutes, then look again.');
    case 'upgradeRequired':
      return fault(
        'noUpgrade',
        'The web server passes requests on to the relay, but not the WebSocket upgrade.',
        'nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade". Caddy does it by itself; other servers need WebSocket support switched on.',
      );
    case undefined:
      return status === 400 || status === 426 || status === 200 || status === 404
        ? fault(
            'noUpgrade',
            `No WebSocket gets through (HTTP ${String(status)}), though the relay answers.`,
            'Have the web server pass the upgrade of /v1/device and /v1/dial on to the relay, by HTTP/1.1.',
          )
        : faultOfStatus(status, headers, host);
    default:
      return fault('linkRefused', `The relay refuses the link (HTTP ${String(status)}).`, 'Update the older of relay and this program.');
  }
}

function fault(code: string, message: string, remedy: string): UserError {
  return new UserError(code, message, remedy, exitCodes.failed);
}
