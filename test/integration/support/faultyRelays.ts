import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { systemClock } from '../../../src/base/clock.ts';
import { relayRoutes } from '../../../src/relay/node/routes.ts';
import { refusalBytes, refusals } from '../../../src/relay/node/upgrade.ts';
import { selfSigned } from '../../tunnel/node/selfSigned.ts';

/** Something at a relay's address; ending it cuts everybody off. */
export interface Faulty {
  readonly port: number;
  stop(): Promise<void>;
}

/** Takes every connection and says nothing. */
export function blackHole(): Promise<Faulty> {
  return listening(createTcpServer(() => undefined));
}

/** Another web server. */
export function webServer(status = 200, headers: Readonly<Record<string, string>> = {}): Promise<Faulty> {
  return listening(createServer((_request, response) => response.writeHead(status, headers).end('<title>Welcome</title>')));
}

/** A server with a certificate that nobody vouches for. */
export function selfSignedServer(): Promise<Faulty> {
  return listening(createSecureServer(selfSigned, relayPage()));
}

/** A relay behind a proxy that passes pages on and no upgrades. */
export function relayWithoutUpgrade(): Promise<Faulty> {
  return listening(createServer(relayPage()));
}

/** A relay that is about to go. */
export function drainingRelay(): Promise<Faulty> {
  return listening(createServer(relayPage(true)));
}

/** A relay of another time: it answers as ours do and speaks other links. */
export function relayOfAnotherVersion(): Promise<Faulty> {
  const server = createServer(relayPage());
  server.on('upgrade', (_request, socket) => {
    socket.end(refusalBytes({ ...refusals.version, headers: { 'Sec-WebSocket-Protocol': 'c2l.v9' } }), () => socket.destroy());
  });
  return listening(server);
}

/** Before a relay, whose public address it is: lets everything through but dials. */
export async function proxyWithoutDials(relayPort: () => number): Promise<Faulty> {
  return listening(
    createTcpServer((near) => {
      near.once('data', (head: Buffer) => {
        if (head.toString('latin1').startsWith('GET /v1/dial')) {
          near.destroy();
          return;
        }
        const far = connect(relayPort(), '127.0.0.1');
        far.write(head);
        near.pipe(far).pipe(near);
        for (const [one, other] of [
          [near, far],
          [far, near],
        ] as const) {
          one.on('error', () => undefined);
          one.once('close', () => other.destroy());
        }
      });
      near.on('error', () => undefined);
    }),
  );
}

function relayPage(isDraining = false): RequestListener {
  return (request, response) => {
    const origins = [`http://127.0.0.1:${String(request.socket.localPort)}`];
    const { fetch } = relayRoutes({ origins, page: undefined, isDraining: () => isDraining, clock: systemClock });
    void getRequestListener(fetch, { overrideGlobalObjects: false })(request, response);
  };
}

async function listening(server: Server | TcpServer): Promise<Faulty> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
