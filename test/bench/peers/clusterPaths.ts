import { hasNatsServer, NatsServer } from '../../integration/support/natsServer.ts';
import { freePort } from '../lib/program.ts';
import { OwnStack, startCli } from './ownPaths.ts';
import { PeerMissing, type Path } from './peer.ts';

/** What a second node adds: one relay alone, one that has joined NATS and needs it not, and two of which each has one end. */
export function clusterPaths(): readonly Path[] {
  return [
    {
      name: 'one',
      words: 'one relay',
      async start(site) {
        const stack = await OwnStack.start(site);
        return { ...sides(stack), way: { kind: 'page', origin: stack.origin }, stop: () => stack.stop() };
      },
    },
    {
      name: 'joined',
      words: 'one relay with `--nats`, page and device at it',
      async start(site) {
        const nats = await startNats();
        const stack = await OwnStack.start(site, ['--nats', nats.url]);
        return {
          ...sides(stack),
          way: { kind: 'page', origin: stack.origin },
          stop: async () => {
            await stack.stop();
            await nats.kill();
          },
        };
      },
    },
    {
      name: 'two',
      words: 'two relays over NATS, device at one, page at the other',
      async start(site) {
        const nats = await startNats();
        const stack = await OwnStack.start(site, ['--nats', nats.url]);
        const port = await freePort();
        const origin = `http://127.0.0.1:${String(port)}`;
        const args = ['relay', '--json', '--open', '--port', String(port), '--public-url', origin, '--nats', nats.url];
        const second = startCli(site, 'relay2', args);
        await second.first('listening');
        return {
          ...sides(stack),
          way: { kind: 'page', origin },
          hops: () => [...stack.hops(), { name: 'relay2', pid: second.child.pid ?? 0 }, { name: 'nats', pid: nats.child.pid ?? 0 }],
          stop: async () => {
            await stack.stop();
            await second.stop();
            await nats.kill();
          },
        };
      },
    },
  ];
}

function sides(stack: OwnStack): { hops: () => ReturnType<OwnStack['hops']>; link: () => Promise<string> } {
  return { hops: () => stack.hops(), link: () => stack.link() };
}

function startNats(): Promise<NatsServer> {
  if (!hasNatsServer) throw new PeerMissing('no nats-server: npm run setup fetches it');
  return NatsServer.start();
}
