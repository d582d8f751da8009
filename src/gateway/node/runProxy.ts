import { systemClock } from '../../base/clock.ts';
import { deferred } from '../../base/deferred.ts';
import { systemRandom } from '../../base/random.ts';
import { UserError } from '../../base/userError.ts';
import { errorCatalogue, type ErrorCode } from '../../protocol/errors.ts';
import { parseRelayUrl } from '../../protocol/relayUrl.ts';
import { parseApiKey } from '../../secure/apiKey.ts';
import { soundCrypto } from '../../secure/node/soundCrypto.ts';
import type { ConnectionState } from '../../tunnel/connectionState.ts';
import { dialWs } from '../../tunnel/node/wsLinkSocket.ts';
import { Gateway } from '../gateway.ts';
import { startProxyServer } from './proxyServer.ts';

/** Flags of `proxy`, as typed. */
export interface ProxyFlags {
  readonly key?: string;
  readonly relay?: string;
  readonly port?: string;
  readonly json?: boolean;
}

/** Ollama's own, so that programs find it without being told. */
export const DEFAULT_PROXY_PORT = 11434;

type ProxyEvent =
  | { readonly event: 'listening'; readonly url: string }
  | { readonly event: 'state'; readonly state: ConnectionState['kind']; readonly error?: ErrorCode };

/** Serves until SIGINT or SIGTERM. @returns the exit code. @throws UserError, TunnelError when it cannot start */
export async function runProxy(flags: ProxyFlags): Promise<number> {
  const { key, relay } = flags;
  if (key === undefined)
    throw missing(
      'keyRequired',
      'There is no API key.',
      'Make one with `cloudtolocalllm agent keys create NAME` at the other computer and set C2L_KEY to it.',
    );
  if (relay === undefined)
    throw missing('relayRequired', 'There is no relay.', 'Name the one that the other computer uses: --relay https://relay.example');
  parseApiKey(key);
  const origin = parseRelayUrl(relay);
  const port = readPort(flags.port);
  const stop = signalled();
  const print = printer(flags.json === true);
  const gateway = new Gateway({
    clock: systemClock,
    random: systemRandom,
    crypto: soundCrypto(),
    dial: dialWs,
    origin,
    key,
    idleMs: Infinity,
    onState: (state) => {
      print({ event: 'state', state: state.kind, ...('error' in state ? { error: state.error } : {}) });
    },
  });
  try {
    const server = await startProxyServer(gateway, port);
    try {
      print({ event: 'listening', url: server.url });
      void gateway.connect();
      await stop.promise;
    } finally {
      await server.close();
    }
    return 0;
  } finally {
    stop.dispose();
    gateway.dispose();
  }
}

function missing(code: string, message: string, remedy: string): UserError {
  return new UserError(code, message, remedy);
}

/** @throws UserError */
function readPort(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PROXY_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (port <= 65_535) return port;
  throw new UserError('badNumber', `--port ${text}: not a whole number from 0 to 65535.`, 'Leave it out for 11434.');
}

/** Resolves on the first SIGINT or SIGTERM. */
function signalled(): { readonly promise: Promise<void>; dispose(): void } {
  const { promise, resolve } = deferred<undefined>();
  const end = (): void => {
    resolve(undefined);
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  return {
    promise,
    dispose: () => {
      process.removeListener('SIGINT', end);
      process.removeListener('SIGTERM', end);
    },
  };
}

function printer(json: boolean): (event: ProxyEvent) => void {
  return (event) => {
    process.stdout.write(`${json ? JSON.stringify(event) : inWords(event)}\n`);
  };
}

function inWords(event: ProxyEvent): string {
  if (event.event === 'listening') return `Your other computer’s Ollama answers on ${event.url}`;
  return event.error === undefined ? event.state : `${event.state}: ${errorCatalogue[event.error].words}`;
}
