// One hop of the floor: a TCP pipe in Node and nothing else. Argument: the port to pass everything on to.
import { connect, createServer, type AddressInfo } from 'node:net';
import { endWithParent, say } from '../lib/childEnd.ts';

const target = Number(process.argv[2]);
const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
  const far = connect({ port: target, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  near.pipe(far).pipe(near);
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    one.on('error', () => undefined);
    one.once('close', () => other.destroy());
  }
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  say({ type: 'listening', port: (server.address() as AddressInfo).port });
});
endWithParent();
