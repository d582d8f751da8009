import { isLive } from '../../../src/tunnel/connectionState.ts';
import type { ClientTunnel } from '../../../src/tunnel/clientTunnel.ts';
import { farmClient, machineMs } from './farm.ts';
import { FarmStream, percentile } from './farmStream.ts';
import type { ProbedProcess } from './probedProcess.ts';
import { startFarm } from './startFarm.ts';

const STREAMS = 5;
const EVERY_MS = 20;

/** What the neighbours of something unpleasant noticed of it. */
export interface Noticed {
  /** Of a stamp every 20 ms on each stream, from the device to the client, ms. */
  readonly p99Ms: number;
  readonly stamps: number;
  /** Streams that ended, and tunnels that were cut. */
  readonly dropped: number;
  /** How long a new client took to its device, each try, ms; longer than ten seconds is Infinity. */
  readonly newcomersMs: readonly number[];
}

/** A device and two clients at a relay with streams that go on, and a third client that comes again and again. */
export class Bystanders {
  readonly #url: string;
  readonly #farm: ProbedProcess;
  readonly #clients: readonly ClientTunnel[];
  readonly #streams: readonly FarmStream[];
  #cuts = 0;

  private constructor(url: string, farm: ProbedProcess, clients: readonly ClientTunnel[]) {
    this.#url = url;
    this.#farm = farm;
    this.#clients = clients;
    this.#streams = clients.flatMap((client) =>
      Array.from({ length: STREAMS }, () => new FarmStream(client, { kind: 'paced', everyMs: EVERY_MS })),
    );
    for (const { supervisor } of clients)
      supervisor.onDidChange((state) => {
        if (!isLive(state)) this.#cuts++;
      });
  }

  static async start(url: string): Promise<Bystanders> {
    const farm = await startFarm(url, 1);
    const clients = [farmClient(url, 0, 0), farmClient(url, 0, 1)];
    await Promise.all(clients.map((client) => client.supervisor.connect()));
    return new Bystanders(url, farm, clients);
  }

  /** Watches while `work` goes on. */
  async during(work: () => Promise<unknown>): Promise<Noticed> {
    for (const { latencies } of this.#streams) latencies.length = 0;
    this.#cuts = 0;
    const newcomersMs: number[] = [];
    let isOver = false;
    const newcomers = async (): Promise<void> => {
      while (!isOver) {
        newcomersMs.push(await this.#newcomer());
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    };
    const coming = newcomers();
    try {
      await work();
    } finally {
      isOver = true;
      await coming;
    }
    const latencies = this.#streams.flatMap((stream) => stream.latencies);
    const ended = this.#streams.filter((stream) => stream.isOver).length;
    return { p99Ms: percentile(latencies, 0.99), stamps: latencies.length, dropped: ended + this.#cuts, newcomersMs };
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.dispose();
    await this.#farm.stop();
  }

  async #newcomer(): Promise<number> {
    const began = machineMs();
    const client = farmClient(this.#url, 0, 2);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<number>((resolve) => {
      timer = setTimeout(resolve, 10_000, Infinity);
    });
    try {
      return await Promise.race([client.supervisor.connect().then(() => machineMs() - began), late]);
    } finally {
      clearTimeout(timer);
      client.dispose();
    }
  }
}
