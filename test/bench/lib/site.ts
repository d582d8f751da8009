import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../harness/paths.ts';
import { descendants } from '../../harness/processes.ts';
import { PeerMissing, type Path, type PathSite } from '../peers/peer.ts';
import { MeasuredPath, type ClientWorker } from './measure.ts';
import { Worker } from './worker.ts';

interface Listening {
  readonly type: 'listening';
  readonly port: number;
}

/** A link between the model's machine and the public server. */
export interface LinkShape {
  /** 0: as fast as loopback. */
  readonly bitsPerSecond: number;
  /** One way, ms. */
  readonly delayMs: number;
}

export interface SiteOptions {
  /** The built application. Default: dist. */
  readonly app?: string | undefined;
  /** Written profiles of our own processes. */
  readonly profileFolder?: string | undefined;
}

interface Up {
  readonly path: Path;
  readonly link: LinkShape | undefined;
  measured: MeasuredPath;
}

/** The place of a benchmark: model, paths, clients, all as processes, and the folder that they work in. */
export class Site {
  readonly folder: string;
  /** Peers that are not here, with the reason. */
  readonly missing = new Map<string, string>();
  readonly shapers: Worker<{ readonly type: 'cut' }, Listening>[] = [];
  readonly #options: SiteOptions;
  readonly #up = new Map<string, Up>();
  #upstream: Worker<never, Listening> | undefined;
  #upstreamPort = 0;
  #folders = 0;

  private constructor(folder: string, options: SiteOptions) {
    this.folder = folder;
    this.#options = options;
  }

  static async start(options: SiteOptions): Promise<Site> {
    const folder = mkdtempSync(join(tmpdir(), 'c2l-bench-'));
    const site = new Site(folder, options);
    try {
      site.#copyApp();
      const upstream = new Worker<never, Listening>('upstream/main.ts', [], { nodeFlags: site.nodeFlags('upstream') });
      site.#upstream = upstream;
      site.#upstreamPort = (await upstream.next('listening')).port;
      return site;
    } catch (error) {
      await site.stop();
      throw error;
    }
  }

  get upstreamPort(): number {
    return this.#upstreamPort;
  }

  /** The path of that name, on loopback or on the link. Undefined where the peer is missing. */
  get(name: string, link?: LinkShape): MeasuredPath | undefined {
    return this.#up.get(keyOf(name, link))?.measured;
  }

  /** Starts a path with its client; a peer that is not installed is noted. */
  async add(path: Path, link?: LinkShape): Promise<void> {
    try {
      this.#up.set(keyOf(path.name, link), { path, link, measured: await this.#start(path, link) });
    } catch (error) {
      if (!(error instanceof PeerMissing))
        throw new Error(`${path.name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      this.missing.set(path.name, error.message);
    }
  }

  /** Ends and starts a path anew. */
  async restart(name: string, link?: LinkShape): Promise<void> {
    const up = this.#up.get(keyOf(name, link));
    if (!up) return;
    await end(up.measured);
    up.measured = await this.#start(up.path, link);
  }

  async stop(): Promise<void> {
    for (const { measured } of this.#up.values()) await end(measured);
    for (const shaper of this.shapers) await shaper.stop();
    await this.#upstream?.stop();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }

  /** Everything that takes part in a run on this path. */
  pidsOn({ client, running }: MeasuredPath): number[] {
    const others = [this.#upstream, ...this.shapers].flatMap((worker) => (worker ? [worker.pid] : []));
    return [...running.hops().map(({ pid }) => pid), client.pid, ...others];
  }

  siteFor(link: LinkShape | undefined): PathSite {
    const folder = join(this.folder, String(++this.#folders));
    mkdirSync(folder);
    return {
      folder,
      upstreamPort: this.#upstreamPort,
      app: join(this.folder, 'app'),
      nodeFlags: (name) => this.nodeFlags(name),
      isLinked: link !== undefined,
      linkTo: async (port) => (link ? await this.#shape(port, link) : port),
    };
  }

  nodeFlags(name: string): readonly string[] {
    const { profileFolder } = this.#options;
    return profileFolder === undefined
      ? []
      : ['--cpu-prof', '--cpu-prof-dir', profileFolder, '--cpu-prof-name', `${name}-${String(Date.now())}.cpuprofile`];
  }

  async #start(path: Path, link: LinkShape | undefined): Promise<MeasuredPath> {
    const running = await path.start(this.siteFor(link));
    const client: ClientWorker = new Worker('client/main.ts', [], { nodeFlags: this.nodeFlags(`client-${path.name}`) });
    return new MeasuredPath(path.name, running, client, () => [process.pid, ...descendants(process.pid)]);
  }

  async #shape(port: number, { bitsPerSecond, delayMs }: LinkShape): Promise<number> {
    const shaper = new Worker<{ readonly type: 'cut' }, Listening>('peers/shaperMain.ts', [port, bitsPerSecond, delayMs].map(String));
    this.shapers.push(shaper);
    return (await shaper.next('listening')).port;
  }

  /** A copy of what is built, so that a build beside the run changes nothing in it. */
  #copyApp(): void {
    const built = this.#options.app ?? join(root, 'dist');
    if (!existsSync(join(built, 'cli.mjs'))) throw new Error(`${built} holds no cli.mjs: run \`npm run build\``);
    for (const name of ['cli.mjs', 'cli']) cpSync(join(built, name), join(this.folder, 'app', name), { recursive: true });
  }
}

function keyOf(name: string, link: LinkShape | undefined): string {
  return link ? `${name} on a link` : name;
}

async function end({ client, running }: MeasuredPath): Promise<void> {
  await client.stop();
  await running.stop();
}
