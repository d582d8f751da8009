import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FakeOllamaKnobs } from './knobs.ts';
import type { RequestRecord } from './requestLog.ts';

const PREFIX = '/_standin/';

/** What of a stand-in can be steered from outside. */
export interface Steerable {
  readonly requests: readonly RequestRecord[];
  readonly asked: readonly RequestRecord[];
  readonly openSockets: number;
  readonly heldBack: number;
  release(count: number): void;
  set(knobs: Partial<FakeOllamaKnobs>): Promise<void>;
  restart(ms: number): Promise<void>;
}

/**
 * Lets another process steer a running stand-in. Says whether the request was its own.
 * `POST release?count=n`, `POST set` with knobs as JSON, `POST restart?ms=n`, `GET requests`, `GET state`.
 */
export function serveControl(fake: Steerable, req: IncomingMessage, res: ServerResponse): boolean {
  const url = new URL(req.url ?? '/', 'http://stand-in');
  if (!url.pathname.startsWith(PREFIX)) return false;
  void answer(fake, req, url).then(
    (body) => {
      res.writeHead(200, { 'Content-Type': 'application/json', Connection: 'close' }).end(JSON.stringify(body));
    },
    (error: unknown) => {
      res.writeHead(400, { 'Content-Type': 'text/plain', Connection: 'close' }).end(String(error));
    },
  );
  return true;
}

async function answer(fake: Steerable, req: IncomingMessage, url: URL): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of req as AsyncIterable<Buffer>) parts.push(part);
  const body = Buffer.concat(parts).toString('utf8');
  switch (`${req.method ?? ''} ${url.pathname.slice(PREFIX.length)}`) {
    case 'POST release':
      fake.release(Number(url.searchParams.get('count') ?? '1'));
      return {};
    case 'POST set':
      await fake.set(JSON.parse(body) as Partial<FakeOllamaKnobs>);
      return {};
    case 'POST restart':
      // the answer goes out before the listener does
      setImmediate(() => void fake.restart(Number(url.searchParams.get('ms') ?? '0')));
      return {};
    case 'GET requests':
      return fake.requests;
    case 'GET state':
      return { asked: fake.asked.length, heldBack: fake.heldBack, openSockets: fake.openSockets };
    default:
      throw new Error('unknown control request');
  }
}
