import type { RunSpec } from '../client/messages.ts';
import { MeasuredPath, type ClientWorker, type Figures } from '../lib/measure.ts';
import type { Site } from '../lib/site.ts';
import { Worker } from '../lib/worker.ts';
import { OwnStack } from '../peers/ownPaths.ts';

/** A line that can be cut, as fast as loopback. */
const CUTTABLE = { bitsPerSecond: 0, delayMs: 0 };
const RATE = 200;
const CUT_AFTER_MS = 1000;

interface Listening {
  readonly type: 'listening';
  readonly port: number;
}
type Cutter = Worker<{ readonly type: 'cut' }, Listening>;

/** Cuts the line of the device, and that of the page, in the middle of an answer; the longest silence in it is the recovery. */
export class RecoveryScenario {
  readonly #stack: OwnStack;
  readonly #client: ClientWorker;
  readonly #path: MeasuredPath;
  readonly #cutters: Readonly<Record<'device' | 'page', Cutter>>;

  private constructor(stack: OwnStack, client: ClientWorker, path: MeasuredPath, cutters: Readonly<Record<'device' | 'page', Cutter>>) {
    this.#stack = stack;
    this.#client = client;
    this.#path = path;
    this.#cutters = cutters;
  }

  static async start(site: Site): Promise<RecoveryScenario> {
    const stack = await OwnStack.start(site.siteFor(CUTTABLE), [], true);
    const [page, device] = site.shapers.slice(-2);
    if (!page || !device) throw new Error('the ends dial no cutters');
    const client: ClientWorker = new Worker('client/main.ts');
    const running = {
      way: { kind: 'page', origin: stack.clientOrigin },
      hops: () => stack.hops(),
      link: () => stack.link(),
      stop: () => stack.stop(),
    } as const;
    return new RecoveryScenario(stack, client, new MeasuredPath('page', running, client, () => []), { device, page });
  }

  /** @returns the longest silence for either cut, and faults of the answer, which must be exact */
  async run(): Promise<{ readonly figures: Figures; readonly faults: readonly string[] }> {
    const figures: Record<string, number> = {};
    const faults: string[] = [];
    await this.#path.prepare(1);
    for (const end of ['device', 'page'] as const) {
      const spec: RunSpec = {
        kind: 'streams',
        groups: [{ name: 'stream', streams: 1, rate: RATE, count: RATE * 4, rampMs: 0 }],
        settleMs: CUT_AFTER_MS,
      };
      const off = this.#client.on((message) => {
        if (message.type === 'window' && message.edge === 'begin') this.#cutters[end].send({ type: 'cut' });
      });
      const measured = await this.#path.run(spec, 30_000);
      off();
      figures[`cut ${end}`] = measured.figures['longestGapMs'] ?? NaN;
      faults.push(...measured.faults.map((fault) => `cut of the ${end}’s line: ${fault}`));
    }
    return { figures, faults };
  }

  async stop(): Promise<void> {
    await this.#client.stop();
    await this.#stack.stop();
  }
}
