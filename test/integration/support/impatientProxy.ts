import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy that gives up like nginx on an upstream which says nothing for so long: 504 before the head, a cut after it (`proxy_read_timeout`). */
export async function startImpatientProxy(
  upstream: string,
  readTimeoutMs: number,
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const { hostname, port, host } = new URL(upstream);
  const server = createServer((near, answer) => {
    const far = httpRequest({
      ...{ hostname, port, method: near.method, path: near.url, agent: false },
      headers: { ...near.headers, host, connection: 'close' },
    });
    far.setTimeout(readTimeoutMs, () => {
      if (answer.headersSent) answer.destroy();
      else answer.writeHead(504).end();
      far.destroy();
    });
    far.on('error', () => {
      if (!answer.headersSent) answer.writeHead(502).end();
    });
    far.on('response', (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers);
      answer.flushHeaders();
      reply.pipe(answer);
      reply.on('error', () => answer.destroy());
    });
    answer.on('close', () => far.destroy());
    near.pipe(far);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
