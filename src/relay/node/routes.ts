import { Hono, type Context } from 'hono';
import type { Clock } from '../../base/clock.ts';
import { hostsOf } from '../../protocol/askedHost.ts';
import { relayPaths } from '../../protocol/relayUrl.ts';
import { securityHeaders } from './headers.ts';
import type { PageFile, PageFiles } from './pages.ts';
import { StreamProbe } from './streamProbe.ts';
import { refusalBody, refusals, type HttpRefusal } from './upgrade.ts';

export interface RoutesOptions {
  readonly origins: readonly string[];
  readonly page: PageFiles | undefined;
  readonly isDraining: () => boolean;
  readonly clock: Pick<Clock, 'after'>;
}

/** Everything the relay answers over plain HTTP. */
export function relayRoutes({ origins, page, isDraining, clock }: RoutesOptions): Hono {
  const app = new Hono();
  const headers = Object.entries(securityHeaders(origins));
  const hosts = hostsOf(origins);
  const streams = new StreamProbe(clock);

  app.use(async (c, next) => {
    await next();
    for (const [name, value] of headers) c.header(name, value);
  });

  // Probes come by address, and tell nothing: they are answered for any host.
  app.get(relayPaths.health, (c) => probe(c, 200, 'ok'));
  app.get(relayPaths.ready, (c) => (isDraining() ? probe(c, 503, 'draining') : probe(c, 200, 'ready')));

  // A name that somebody else points at this relay must not get its page (DNS rebinding).
  app.use(async (c, next) => {
    if (hosts.has((c.req.header('host') ?? '').toLowerCase())) await next();
    else return refuse(refusals.host);
    return undefined;
  });
  app.get(relayPaths.device, () => refuse(refusals.notUpgraded));
  app.get(relayPaths.dial, () => refuse(refusals.notUpgraded));
  app.get(relayPaths.stream, () => streams.answer() ?? refuse(refusals.probes));
  for (const [path, file] of page ?? []) app.get(path, (c) => serve(c, file));
  const index = page?.get('/');
  if (index) app.get(relayPaths.join, (c) => serve(c, index));
  app.notFound(() => refuse(refusals.notFound));
  return app;
}

function probe(c: Context, status: 200 | 503, word: string): Response {
  c.header('Cache-Control', 'no-store');
  return c.text(`${word}\n`, status);
}

function serve(c: Context, file: PageFile): Response {
  c.header('Content-Type', file.contentType);
  c.header('Cache-Control', file.cacheControl);
  if (!file.gzipped) return c.body(file.body);
  c.header('Vary', 'Accept-Encoding');
  if (!/\bgzip\b/.test(c.req.header('accept-encoding') ?? '')) return c.body(file.body);
  c.header('Content-Encoding', 'gzip');
  return c.body(file.gzipped);
}

function refuse({ status, error, message, headers = {} }: HttpRefusal): Response {
  const body = refusalBody(error, message);
  return new Response(body, { status, headers: { ...headers, 'Content-Type': 'application/json', 'Cache-Control': 'no-store' } });
}
