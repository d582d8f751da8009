import type { FromClient, GroupResult, RunSpec, ToClient } from '../client/messages.ts';
import type { Hop, RunningPath } from '../peers/peer.ts';
import { Histogram } from './histogram.ts';
import { machineBusyNs, processTimes, residentBytes } from './processStats.ts';
import type { Worker } from './worker.ts';

export type ClientWorker = Worker<ToClient, FromClient>;

/** Figures of one run, by name. Times in µs, memory in MiB. */
export type Figures = Readonly<Record<string, number>>;

export interface Measured {
  readonly faults: readonly string[];
  readonly figures: Figures;
  readonly groups: readonly GroupResult[];
  /** Processor time per token (per request where each has but one), by process, µs. */
  readonly cpu: Readonly<Record<string, number>>;
  /** Time that the measured processes waited for a processor, per second; and what others than this benchmark used, in processors. */
  readonly noise: { readonly waitMs: number; readonly foreign: number };
}

interface Snapshot {
  readonly at: number;
  readonly runNs: ReadonlyMap<string, number>;
  readonly waitNs: number;
  readonly ownNs: number;
  readonly busyNs: number;
  readonly tokens: number;
}

/** A path with its client, as one run after the other is measured on it. */
export class MeasuredPath {
  readonly name: string;
  readonly running: RunningPath;
  readonly client: ClientWorker;
  readonly #own: () => readonly number[];

  /** @param own all processes of the benchmark, so that what others use can be told apart */
  constructor(name: string, running: RunningPath, client: ClientWorker, own: () => readonly number[]) {
    this.name = name;
    this.running = running;
    this.client = client;
    this.#own = own;
    client.on((message) => {
      if (message.type !== 'needLink') return;
      void running.link?.().then((link) => {
        client.send({ type: 'link', link });
      });
    });
    client.send({ type: 'way', way: running.way });
  }

  async prepare(streams: number): Promise<void> {
    const prepared = this.client.next('prepared');
    this.client.send({ type: 'prepare', streams });
    await prepared;
  }

  /** @throws when the client fails, or does not end in time */
  async run(spec: RunSpec, limitMs: number): Promise<Measured> {
    let begin: Snapshot | undefined;
    let end: Snapshot | undefined;
    const hops = this.running.hops();
    const memory = new MemoryWatch(hops);
    const off = this.client.on((message) => {
      if (message.type === 'window' && message.edge === 'begin') begin = this.#snapshot(hops, message.tokens);
      else if (message.type === 'window') end = this.#snapshot(hops, message.tokens);
      else if (message.type === 'stall') memory.onStall(message.edge);
    });
    try {
      const result = this.client.next('result');
      this.client.send({ type: 'run', spec, limitMs });
      const { groups, faults } = await result;
      const load = begin && end ? loadBetween(begin, end) : noLoad;
      return { faults, groups, cpu: load.cpu, noise: load.noise, figures: { ...figuresOf(groups), ...load.figures, ...memory.figures() } };
    } finally {
      off();
      memory.stop();
    }
  }

  #snapshot(hops: readonly Hop[], tokens: number): Snapshot {
    const runNs = new Map<string, number>();
    let waitNs = 0;
    for (const { name, pid } of [...hops, { name: 'client', pid: this.client.pid }]) {
      const times = processTimes(pid);
      runNs.set(name, (runNs.get(name) ?? 0) + times.runNs);
      waitNs += times.waitNs;
    }
    const ownNs = this.#own().reduce((sum, pid) => sum + processTimes(pid).runNs, 0);
    return { at: performance.now(), runNs, waitNs, ownNs, busyNs: machineBusyNs(), tokens };
  }
}

interface Load {
  readonly cpu: Readonly<Record<string, number>>;
  readonly noise: Measured['noise'];
  readonly figures: Figures;
}

const noLoad: Load = { cpu: {}, noise: { waitMs: 0, foreign: 0 }, figures: {} };

function loadBetween(begin: Snapshot, end: Snapshot): Load {
  const tokens = Math.max(1, end.tokens - begin.tokens);
  const seconds = (end.at - begin.at) / 1000;
  const cpu: Record<string, number> = {};
  let hopsUs = 0;
  for (const [name, ns] of end.runNs) {
    const perToken = (ns - (begin.runNs.get(name) ?? 0)) / 1000 / tokens;
    cpu[name] = perToken;
    if (name !== 'client') hopsUs += perToken;
  }
  const foreignNs = Math.max(0, end.busyNs - begin.busyNs - (end.ownNs - begin.ownNs));
  return {
    cpu,
    noise: { waitMs: (end.waitNs - begin.waitNs) / 1e6 / seconds, foreign: foreignNs / 1e9 / seconds },
    figures: { hopsCpu: hopsUs, clientCpu: cpu['client'] ?? 0, delivered: (end.tokens - begin.tokens) / seconds },
  };
}

/** `p50`, `p99`, … of the first group; of others with their name before it. */
function figuresOf(groups: readonly GroupResult[]): Figures {
  const figures: Record<string, number> = {};
  groups.forEach((group, index) => {
    const prefix = index === 0 ? '' : `${group.name}.`;
    const firstToken = Histogram.decode(group.firstToken);
    const latency = Histogram.decode(group.latency);
    const intended = Histogram.decode(group.intended);
    figures[`${prefix}firstTokenP50`] = firstToken.percentile(50);
    figures[`${prefix}firstTokenP99`] = firstToken.percentile(99);
    figures[`${prefix}p50`] = latency.percentile(50);
    figures[`${prefix}p99`] = latency.percentile(99);
    figures[`${prefix}intendedP50`] = intended.percentile(50);
    figures[`${prefix}intendedP99`] = intended.percentile(99);
    figures[`${prefix}rate`] = group.rate;
    figures[`${prefix}longestGapMs`] = group.longestGapMs;
  });
  return figures;
}

const MEMORY_INTERVAL_MS = 100;

/** Resident memory of the hops from the beginning of a stall to its end, above what it was before. */
class MemoryWatch {
  readonly #hops: readonly Hop[];
  #timer: NodeJS.Timeout | undefined;
  readonly #before = new Map<string, number>();
  readonly #growth = new Map<string, number>();

  constructor(hops: readonly Hop[]) {
    this.#hops = hops;
  }

  onStall(edge: 'begin' | 'end'): void {
    if (edge === 'end') {
      this.#look();
      this.stop();
      return;
    }
    for (const { name, pid } of this.#hops) this.#before.set(name, residentBytes(pid));
    this.#timer = setInterval(() => {
      this.#look();
    }, MEMORY_INTERVAL_MS);
  }

  figures(): Figures {
    if (this.#growth.size === 0) return {};
    const each = [...this.#growth].map(([name, bytes]) => [`growth ${name}`, bytes / 2 ** 20] as const);
    return { growth: Math.max(...each.map(([, megabytes]) => megabytes)), ...Object.fromEntries(each) };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const { name, pid } of this.#hops) {
      const growth = residentBytes(pid) - (this.#before.get(name) ?? 0);
      this.#growth.set(name, Math.max(this.#growth.get(name) ?? 0, growth));
    }
  }
}
