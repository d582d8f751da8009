import { JsonProcess, type ChildEvent } from '../../integration/support/childProcess.ts';
import { join } from 'node:path';
import { cleanEnvironment } from '../lib/worker.ts';
import { freePort } from '../lib/program.ts';
import type { Hop, Path, PathSite, RunningPath } from './peer.ts';

/** A link that is handed out stays good for at least this long. */
const LINK_LEFT_MS = 30_000;

/** A verb of the application, as people start it. */
export function startCli(
  { app, folder, nodeFlags }: PathSite,
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): JsonProcess {
  const file = join(app, 'cli.mjs');
  return new JsonProcess(process.execPath, ['--disable-warning=ExperimentalWarning', ...nodeFlags(name), file, ...args], {
    env: { ...cleanEnvironment(), ...env },
    cwd: folder,
  });
}

/** Our relay and our agent, as processes, as people start them. */
export class OwnStack {
  readonly origin: string;
  /** What clients dial. */
  readonly clientOrigin: string;
  readonly relay: JsonProcess;
  readonly agent: JsonProcess;
  #linksTaken = 0;

  private constructor(origin: string, clientOrigin: string, relay: JsonProcess, agent: JsonProcess) {
    this.origin = origin;
    this.clientOrigin = clientOrigin;
    this.relay = relay;
    this.agent = agent;
  }

  /** @param ownLine gives the clients a line of their own too, made before the device's */
  static async start(site: PathSite, relayArgs: readonly string[] = [], ownLine = false): Promise<OwnStack> {
    const { folder, upstreamPort, linkTo } = site;
    const port = await freePort();
    const at = (port: number): string => `http://127.0.0.1:${String(port)}`;
    const origin = at(port);
    const clientOrigin = ownLine ? at(await linkTo(port)) : origin;
    const dialled = at(await linkTo(port));
    // Whoever comes names the address it dials, which must be one of the relay's own.
    const names = [...new Set([origin, clientOrigin, dialled])].flatMap((url) => ['--public-url', url]);
    const relay = startCli(site, 'relay', ['relay', '--json', '--port', String(port), ...names, ...relayArgs]);
    const { invite } = await relay.first('listening');
    const upstream = `http://127.0.0.1:${String(upstreamPort)}`;
    const agent = startCli(site, 'agent', [
      ...['agent', '--json', '--pair', '--allow', '--state', join(folder, 'state'), '--relay', dialled, '--ollama', upstream],
      ...(typeof invite === 'string' ? ['--invite', invite] : []),
    ]);
    await agent.first('offer');
    return new OwnStack(origin, clientOrigin, relay, agent);
  }

  hops(): Hop[] {
    return [
      { name: 'relay', pid: this.relay.child.pid ?? 0 },
      { name: 'agent', pid: this.agent.child.pid ?? 0 },
    ];
  }

  /** A pairing link that nobody has used, with time left. */
  async link(): Promise<string> {
    const { events } = this.agent;
    let from = 0;
    for (let used = 0; used < this.#linksTaken; used++) from = events.indexOf(await this.agent.first('paired', from)) + 1;
    this.#linksTaken++;
    await this.agent.first('offer', from);
    const newest = (): ChildEvent | undefined => events.findLast(({ event }) => event === 'offer');
    if (Number(newest()?.['expiresAt']) < Date.now() + LINK_LEFT_MS) {
      const seen = events.length;
      this.agent.say('p');
      await this.agent.first('offer', seen);
    }
    return String(newest()?.['link']);
  }

  /** An API key, made anew. */
  async key(): Promise<string> {
    const seen = this.agent.events.length;
    this.agent.say(`k bench ${String(seen)}`);
    return String((await this.agent.first('key', seen))['key']);
  }

  async stop(): Promise<void> {
    await this.agent.stop();
    await this.relay.stop();
  }
}

/** Paths of ours share a relay and an agent: they are measured one after the other. On an emulated link there is another pair. */
class SharedStack {
  #stack: Promise<OwnStack> | undefined;
  #users = 0;

  async take(site: PathSite): Promise<OwnStack> {
    this.#users++;
    this.#stack ??= OwnStack.start(site, ['--gateway']);
    return await this.#stack;
  }

  async release(): Promise<void> {
    if (--this.#users > 0 || !this.#stack) return;
    const stack = await this.#stack;
    this.#stack = undefined;
    await stack.stop();
  }
}

/** Keys that the HTTP client has: as many as a thousand streams need. */
const KEYS = 4;

/** Ours: a page's code on `http` and `chat` streams, an HTTP client at the relay's gateway, and one at a proxy of its own. */
export function ownPaths(): readonly Path[] {
  const shared = { loopback: new SharedStack(), link: new SharedStack() };
  const make = (
    name: string,
    words: string,
    start: (stack: OwnStack, site: PathSite) => Promise<Pick<RunningPath, 'way'> & Partial<RunningPath>>,
  ): Path => ({
    name,
    words,
    async start(site) {
      const owner = site.isLinked ? shared.link : shared.loopback;
      const stack = await owner.take(site);
      try {
        const path = await start(stack, site);
        return {
          hops: () => stack.hops(),
          link: () => stack.link(),
          ...path,
          stop: async () => {
            await path.stop?.();
            await owner.release();
          },
        };
      } catch (error) {
        await owner.release();
        throw error;
      }
    },
  });
  return [
    make('page', 'ours, page-style client on `http` streams', ({ origin }) => Promise.resolve({ way: { kind: 'page', origin } })),
    make('http', 'ours, HTTP client at the relay’s gateway', async (stack) => {
      const keys: string[] = [];
      while (keys.length < KEYS) keys.push(await stack.key());
      return { way: { kind: 'http', target: { port: Number(new URL(stack.origin).port), keys } } };
    }),
    make('proxy', 'ours, HTTP client at `cloudtolocalllm proxy` on its own machine, 3 processes', async (stack, site) => {
      const args = ['proxy', '--json', '--port', '0', '--relay', stack.origin];
      const proxy = startCli(site, 'proxy', args, { C2L_KEY: await stack.key() });
      const { url } = await proxy.first('listening');
      return {
        way: { kind: 'http', target: { port: Number(new URL(String(url)).port) } },
        hops: () => [...stack.hops(), { name: 'proxy', pid: proxy.child.pid ?? 0 }],
        stop: async () => {
          await proxy.stop();
        },
      };
    }),
    make('chat', 'ours, `chat` stream with its durable commit', ({ origin }) => Promise.resolve({ way: { kind: 'chat', origin } })),
  ];
}

/** What the editor's panel has: a hub in its own process. */
export const panel: Path = {
  name: 'panel',
  words: 'the local panel: hub in the same process, with its durable commit',
  start: ({ folder, upstreamPort }) =>
    Promise.resolve({
      way: { kind: 'panel', stateFolder: join(folder, 'panel'), ollama: `http://127.0.0.1:${String(upstreamPort)}` },
      hops: () => [],
      stop: () => Promise.resolve(),
    }),
};
